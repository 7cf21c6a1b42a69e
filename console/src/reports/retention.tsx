/** What is kept, and when it will be gone. */
import { addDays, dayOf, daysBetween } from "../time.ts";
import { className, showBytes, showDateTime, showDay } from "../show.ts";
import { locale, t, zone } from "../state.ts";
import { exportFile } from "../api.ts";
import { Banner, Loading, ShowProblem, Title, saveFile, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { ReportTabs } from "./completeness.tsx";
import { type Retention, readRetention } from "./kept-api.ts";
import { showDollars, showEstimate } from "./estimate.ts";
import { HeldCalls } from "./held.tsx";
import { Columns } from "./plots.tsx";

/** Up to so many days each has a column; beyond, each week has. */
const DAYS_ALONE = 45;

/** What is gone from a day on, by class. */
type Group = { from: string; to: string; calls: number; classes: Map<string, number> };

export function groupsOf(items: Retention["items"]): Group[] {
  const days = items.map((item) => item.day).toSorted();
  if (days.length === 0) return [];
  const [first, last] = [days[0]!, days.at(-1)!];
  const length = daysBetween(first, last) < DAYS_ALONE ? 1 : 7;
  const count = Math.floor(daysBetween(first, last) / length) + 1;
  const groups: Group[] = Array.from({ length: count }, (_, at) => ({ from: addDays(first, at * length), to: addDays(first, (at + 1) * length - 1), calls: 0, classes: new Map() }));
  for (const { day, class: kept, calls } of items) {
    const group = groups[Math.floor(daysBetween(first, day) / length)]!;
    group.calls += calls;
    group.classes.set(kept, (group.classes.get(kept) ?? 0) + calls);
  }
  return groups;
}

function pendingTitle({ version, effective_at, awaits_second_admin }: NonNullable<Retention["pending"]>): string {
  const w = l().kept;
  return awaits_second_admin ? w.pendingAwaits(version) : w.pending(version, showDateTime(effective_at));
}

export function RetentionScreen() {
  const w = l().kept;
  const act = useAct();
  const { value, problem, isLoading, reload } = useLoad("retention", readRetention);
  const groups = groupsOf(value?.items ?? []);
  return (
    <>
      <Title lead={w.retentionLead}>{t().reports.title}</Title>
      <ReportTabs at="retention" />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && (
        <>
          {value.pending && (
            <Banner kind="warn" title={pendingTitle(value.pending)}>
              <p>{w.pendingDetail(value.pending.sooner, value.pending.later)}</p>
              {value.pending.sooner > 0 && value.pending.sooner_storage && <p>{w.pendingSooner(showEstimate(value.pending.sooner_storage))}</p>}
              {value.pending.later > 0 && value.pending.later_storage && <p>{w.pendingLater(showEstimate(value.pending.later_storage))}</p>}
            </Banner>
          )}
          <dl class="facts figures">
            <div>
              <dt>{w.calls}</dt>
              <dd>{value.calls.toLocaleString(locale.value)}</dd>
            </div>
            {value.storage && (
              <>
                <div>
                  <dt>{w.storage}</dt>
                  <dd>{showBytes(value.storage.bytes)}</dd>
                </div>
                <div>
                  <dt>{w.cost}</dt>
                  <dd>{showDollars(value.storage.cents_a_month)}</dd>
                </div>
              </>
            )}
          </dl>
          {groups.length === 0 ? <Banner kind="info" title={w.nothing} /> : <Calendar groups={groups} />}
          {value.by_class.length > 0 && <ByClass classes={value.by_class} />}
          <HeldCalls held={value.held} />
          <p class="filter row">
            <button type="button" class="plain" disabled={act.isBusy} onClick={() => act.run(async () => saveFile(await exportFile("/reports/retention", {}), `${w.csvName}-${dayOf(new Date(), zone())}.csv`))}>
              {t().reports.csv}
            </button>
          </p>
          {act.problem && <ShowProblem problem={act.problem} />}
          <p class="note">{w.countedAt(value.counted_at ? showDateTime(value.counted_at) : showDay(dayOf(new Date(), zone())))}</p>
        </>
      )}
    </>
  );
}

const nameOf = ({ from, to }: Group) => (from === to ? showDay(from) : `${showDay(from)} – ${showDay(to)}`);

function Calendar({ groups }: { groups: Group[] }) {
  const w = l().kept;
  const classes = [...new Set(groups.flatMap((group) => [...group.classes.keys()]))];
  return (
    <section class="card">
      <h2>{w.calendar}</h2>
      <Columns bars={groups.map((group) => ({ name: nameOf(group), value: group.calls }))} />
      <div class="scroll" tabIndex={0} role="region" aria-label={w.calendar}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.goneOn}</th>
              <th scope="col" class="number">
                {w.calls}
              </th>
              {classes.map((one) => (
                <th key={one} scope="col" class="number">
                  <bdi>{className(one)}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups
              .filter((group) => group.calls > 0)
              .map((group) => (
                <tr key={group.from}>
                  <th scope="row">{nameOf(group)}</th>
                  <td class="number">{group.calls}</td>
                  {classes.map((one) => (
                    <td key={one} class="number">
                      {group.classes.get(one) ?? <span class="zero">0</span>}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ByClass({ classes }: { classes: Retention["by_class"] }) {
  const w = l().kept;
  return (
    <section class="card">
      <h2>{w.byClass}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t().call.retentionClass}</th>
            <th scope="col" class="number">
              {w.calls}
            </th>
            <th scope="col">{w.storage}</th>
          </tr>
        </thead>
        <tbody>
          {classes.map((one) => (
            <tr key={one.class}>
              <th scope="row">
                <bdi>{className(one.class)}</bdi>
              </th>
              <td class="number">{one.calls.toLocaleString(locale.value)}</td>
              <td>{showEstimate(one.storage) || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">{w.byClassNote}</p>
    </section>
  );
}
