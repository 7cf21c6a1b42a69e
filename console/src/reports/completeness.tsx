import { type CompletenessItem, may, readCompleteness } from "../api.ts";
import { placeOf } from "../router.ts";
import { label, showDay, teamName } from "../show.ts";
import { language, me, t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { Count, PendingDays, RangeForm, Share, Tabs, rangeOf, total } from "./parts.tsx";

/** Managers see the reports of their teams; those of the whole company are the admins' and the auditors'. */
export function ReportTabs({ at }: { at: "completeness" | "notice" | "age" | "retention" | "permissions" }) {
  const w = t().reports;
  const whole = may(me.value!, "audit");
  const tab = (name: "age" | "retention" | "permissions"): [string, string, boolean][] => (whole ? [[placeOf(["reports", name]), w[name], at === name]] : []);
  return (
    <Tabs
      label={w.title}
      tabs={[
        [placeOf(["reports"]), w.completeness, at === "completeness"],
        [placeOf(["reports", "notice"]), w.notice, at === "notice"],
        ...tab("age"),
        ...tab("retention"),
        ...tab("permissions"),
      ]}
    />
  );
}

export function CompletenessScreen({ query }: { query: Record<string, string> }) {
  const w = t().reports;
  const range = rangeOf(query);
  const { value, problem, isLoading, reload } = useLoad(`${range.from} ${range.to}`, () => readCompleteness(range));
  const items = value?.items ?? [];
  const lost = items.reduce((sum, item) => sum + item.lost.count, 0);
  const sum = (name: "answered" | "recorded") => items.reduce((all, item) => all + item[name], 0);
  const unlogged = value?.sources.filter((one) => !one.has_call_log).map((one) => one.source) ?? [];
  return (
    <>
      <Title lead={w.lead}>{w.title}</Title>
      <ReportTabs at="completeness" />
      <RangeForm key={`${range.from} ${range.to}`} range={range} path={["reports"]} file="/reports/completeness" name={w.csvName} />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && (
        <Banner kind="info" title={w.none}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {value && items.length > 0 && (
        <>
          <Banner kind={lost > 0 ? "warn" : "good"} title={lost > 0 ? w.someLost(lost) : w.allGood}>
            <Share part={sum("recorded")} whole={sum("answered")} text={w.coverage(sum("recorded"), sum("answered"))} />
          </Banner>
          <Grid items={items} />
          <Days items={items} />
        </>
      )}
      {value && (
        <div class="remarks">
          <PendingDays days={value.pending_days} />
          {unlogged.length > 0 && <p class="note">{w.noLog(unlogged.join(", "))}</p>}
          <p class="note">{value.coverage[language.value]}</p>
          {value.bad_rows.length > 0 && (
            <details>
              <summary>{w.badRows(value.bad_rows.length)}</summary>
              <ul class="plain-list">
                {value.bad_rows.map((row) => (
                  <li key={`${row.log_id} ${row.line}`}>{w.badRow(row.source, row.line, row.reason)}</li>
                ))}
              </ul>
            </details>
          )}
        </div>
      )}
    </>
  );
}

/** Days down, teams across; a cell opens the ids behind its count. */
function Grid({ items }: { items: CompletenessItem[] }) {
  const w = t().reports;
  const days = [...new Set(items.map((item) => item.day))].sort().reverse();
  const teams = [...new Set(items.map((item) => item.team ?? ""))].sort();
  const name = (team: string) => teamName(team) || w.noTeam;
  return (
    <section class="card">
      <h2>{w.grid}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={w.grid}>
        <table class="grid-table">
          <thead>
            <tr>
              <th scope="col">{w.day}</th>
              {teams.map((team) => (
                <th key={team} scope="col" class="number">
                  <bdi>{name(team)}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day}>
                <th scope="row">{showDay(day)}</th>
                {teams.map((team) => {
                  const here = items.filter((item) => item.day === day && (item.team ?? "") === team);
                  return (
                    <td key={team} class="number">
                      {here.length > 0 ? <Count counted={total(here.map((item) => item.lost))} title={`${showDay(day)} ${name(team)} ${w.lost}`} /> : <span class="zero">–</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Days({ items }: { items: CompletenessItem[] }) {
  const w = t().reports;
  const columns = [
    ["lost", w.lost],
    ["orphan", w.orphan],
    ["duplicate", w.duplicate],
    ["silent", w.silent],
    ["length_mismatch", w.lengthMismatch],
  ] as const;
  return (
    <details class="card">
      <summary>{w.table}</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={w.table}>
        <table>
          <thead>
            <tr>
              {[w.day, w.team, t().call.source].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {[w.answered, w.recorded, w.awaited, ...columns.map(([, name]) => name)].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={`${item.day} ${item.source} ${item.team}`}>
                <th scope="row">{showDay(item.day)}</th>
                <td>
                  <bdi>{teamName(item.team, item.team_name) || w.noTeam}</bdi>
                </td>
                <td>
                  <bdi>{label({}, item.source)}</bdi>
                </td>
                {[item.answered, item.recorded, item.awaited].map((count, at) => (
                  <td key={at} class="number">
                    {count}
                  </td>
                ))}
                {columns.map(([column, name]) => (
                  <td key={column} class="number">
                    <Count counted={item[column]} title={`${showDay(item.day)} ${name}`} isFault={column === "lost"} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
