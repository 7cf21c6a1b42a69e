import { useState } from "preact/hooks";
import { type AuditItem, exportFile, readAudit } from "../api.ts";
import { placeOf } from "../router.ts";
import { daysAgo, label, memberName, purposeName, showDay, showShort, showTime, today } from "../show.ts";
import { t, zone } from "../state.ts";
import { dayOf } from "../time.ts";
import { Banner, Choice, Loading, ShowProblem, Title, saveFile, useAct, useLoad } from "../ui.tsx";
import { AuditTabs, Day, Member, RecordingLink } from "./parts.tsx";

type Query = { day: string; staff: string; from: string; to: string; action: string; outcome: string };

function requestOf({ day, staff, from, to, action, outcome }: Query) {
  return staff ? { staff, from, to, action, outcome } : { day, action, outcome };
}

export function AuditScreen({ query }: { query: Record<string, string> }) {
  const w = t().audit;
  const { day = today(), staff = "", from = daysAgo(29), to = today(), action = "", outcome = "" } = query;
  const asked: Query = { day, staff, from, to, action, outcome };
  const request = requestOf(asked);
  const key = JSON.stringify(request);
  const { value, problem, isLoading, reload, set } = useLoad(key, () => readAudit({ ...request, limit: 100 }));
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = await readAudit({ ...request, limit: 100, cursor: value!.next_cursor });
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <Title lead={w.lead}>{w.title}</Title>
      <AuditTabs at="log" />
      <Filter key={key} asked={asked} />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind="info" title={w.none}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {items.length > 0 && <Events items={items} />}
      {value?.next_cursor && (
        <p class="center">
          <button type="button" disabled={act.isBusy} onClick={more}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
    </>
  );
}

function Filter({ asked }: { asked: Query }) {
  const w = t().audit;
  const [draft, setDraft] = useState(asked);
  const { run, isBusy, problem } = useAct();
  const set = (part: Partial<Query>) => setDraft({ ...draft, ...part });
  const options = (table: Record<string, string>): [string, string][] => [["", w.any], ...Object.entries(table)];
  const csv = () => run(async () => saveFile(await exportFile("/audit", requestOf(asked)), `${w.csvName}-${asked.staff ? asked.from : asked.day}.csv`));
  return (
    <form
      class="filter row"
      onSubmit={(event) => {
        event.preventDefault();
        location.hash = placeOf(["audit"], requestOf(draft));
      }}
    >
      <Member value={draft.staff} change={(staff) => set({ staff })} everybody={w.everybody} />
      {draft.staff ? (
        <>
          <Day label={w.from} value={draft.from} change={(from) => set({ from })} />
          <Day label={w.to} value={draft.to} change={(to) => set({ to })} />
        </>
      ) : (
        <Day label={w.day} value={draft.day} change={(day) => set({ day })} />
      )}
      <Choice label={w.action} value={draft.action} options={options(t().codes.action)} change={(action) => set({ action })} />
      <Choice label={w.outcome} value={draft.outcome} options={options(t().codes.outcome)} change={(outcome) => set({ outcome })} />
      <button type="submit" class="primary">
        {w.show}
      </button>
      <button type="button" class="plain" disabled={isBusy} onClick={csv}>
        {w.csv}
      </button>
      {problem && <ShowProblem problem={problem} />}
    </form>
  );
}

function Events({ items }: { items: AuditItem[] }) {
  const w = t().audit;
  return (
    <table class="events">
      <caption class="hidden">{w.log}</caption>
      <thead>
        <tr>
          {[w.when, w.who, w.what, w.about, w.detail].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item, at) => (
          <tr key={`${item.at} ${at}`} class={item.outcome}>
            <th scope="row" class="when">
              {showShort(item.at)} <span class="time">{showTime(item.at)}</span>
            </th>
            <td class="who-did">
              <bdi>{memberName(item.staff, item.staff_name)}</bdi>
              {item.role && <small>{label(t().codes.role, item.role)}</small>}
            </td>
            <td class="what">
              {label(t().codes.action, item.action)}
              {item.outcome === "refused" && <span class="tag warn">{label(t().codes.outcome, item.outcome)}</span>}
            </td>
            <td class="about">{item.recording && <RecordingLink id={item.recording} />}</td>
            <td class="detail">
              <bdi>{detailOf(item)}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What was searched for, what for, why not: in words. */
function detailOf({ filters, facts, reason }: AuditItem): string {
  const w = t().audit;
  const parts = Object.entries(filters).map(([name, value]) => {
    if (value === "true") return w.filters[name] ?? name;
    const shown = /^\d{4}-\d\d-\d\dT/.test(value) ? showDay(dayOf(value, zone())) : name === "staff" ? memberName(value) : value;
    return `${w.filters[name] ?? name} ${shown}`;
  });
  const { use, of_staff: staff, rows, version } = facts;
  if (typeof use === "string") parts.push(purposeName(use));
  if (typeof staff === "string") parts.push(memberName(staff));
  if (typeof rows === "number") parts.push(w.rows(rows));
  if (typeof version === "number") parts.push(t().frame.rulebookVersion(version));
  if (reason) parts.push(label(t().codes.refusal, reason));
  return parts.join(" / ");
}
