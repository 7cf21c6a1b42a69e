import { useState } from "preact/hooks";
import { type Call, searchCalls } from "../api.ts";
import { placeOf } from "../router.ts";
import { daysAgo, label, showBytes, showDateTime, today } from "../show.ts";
import { t, zone } from "../state.ts";
import { addDays, clock, startOf } from "../time.ts";
import { Banner, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";

/** What the API searches at most in one request. */
const DAYS = 398;

function look(cursor?: string) {
  const query = { state: "quarantined", from: startOf(daysAgo(DAYS), zone()), to: startOf(addDays(today(), 1), zone()), limit: 100, cursor };
  return searchCalls(query);
}

export function ReviewScreen() {
  const w = t().review;
  const { value, problem, isLoading, reload, set } = useLoad("review", () => look());
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = await look(value!.next_cursor!);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <Title lead={w.lead}>{w.title}</Title>
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind="good" title={w.none}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {items.length > 0 && (
        <p role="status" class="summary">
          <strong>{value?.next_cursor ? w.countMore(items.length) : w.count(items.length)}</strong>
        </p>
      )}
      {byReason(items).map(([reason, group]) => (
        <Group key={reason} reason={reason} items={group} />
      ))}
      {value?.next_cursor && (
        <p class="center">
          <button type="button" onClick={more}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
      <p class="apart">
        <a href={placeOf(["review", "source"])}>{w.sourceOpen}</a>
      </p>
    </>
  );
}

function byReason(items: Call[]): [string, Call[]][] {
  const groups = new Map<string, Call[]>();
  for (const item of items) {
    const reason = item.quarantine_reason ?? "";
    groups.set(reason, [...(groups.get(reason) ?? []), item]);
  }
  return [...groups].sort(([, one], [, other]) => other.length - one.length);
}

function Group({ reason, items }: { reason: string; items: Call[] }) {
  const w = t().review;
  const [shown, setShown] = useState(10);
  return (
    <section class="card group">
      <h2>
        {label(t().codes.quarantine, reason)} <span class="tag warn">{w.count(items.length)}</span>
      </h2>
      {items[0]?.quarantine_fix && (
        <p class="fix">
          <strong>{w.fix}</strong> {items[0].quarantine_fix}
        </p>
      )}
      <ul class="rows">
        {items.slice(0, shown).map((call) => (
          <li key={call.id}>
            <a href={placeOf(["review", call.id])}>
              <span class="name">
                <bdi>{call.object?.key ?? `${call.source} ${call.id.slice(0, 8)}`}</bdi>
              </span>
              <span class="note">
                {w.taken(showDateTime(call.object?.uploaded_at ?? call.started_at))}
                {call.duration_seconds != null && ` / ${clock(call.duration_seconds)}`}
                {call.object?.size != null && ` / ${showBytes(call.object.size)}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {items.length > shown && (
        <button type="button" class="plain" onClick={() => setShown(items.length)}>
          {t().frame.more20}
        </button>
      )}
    </section>
  );
}
