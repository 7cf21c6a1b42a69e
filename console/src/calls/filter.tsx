import { useState } from "preact/hooks";
import { readNumber } from "../number.ts";
import { daysAgo, today } from "../show.ts";
import { directory, me, t } from "../state.ts";
import { Choice, Field } from "../ui.tsx";
import { type Filters, type Period, daysOf, isNarrowed, noFilters } from "./search.ts";

export function Filter({ filters, run }: { filters: Filters; run: (filters: Filters) => void }) {
  const w = t().calls;
  const [draft, setDraft] = useState(filters);
  const [isChecked, setChecked] = useState(false);
  const isNarrow = isNarrowed(filters);
  const [isOpen, setOpen] = useState(isNarrow);
  const set = (part: Partial<Filters>) => setDraft({ ...draft, ...part });
  const badNumber = readNumber(draft.number) === "unreadable";
  const badDates = daysOf(draft) === "unreadable";
  const send = (next: Filters) => {
    setChecked(true);
    if (readNumber(next.number) !== "unreadable" && daysOf(next) !== "unreadable") run(next);
  };
  const choose = (period: Period) => {
    if (period !== "custom") return send({ ...draft, period });
    const days = daysOf({ ...draft, period: draft.period === "custom" ? "7d" : draft.period });
    set({ period, ...(days === "unreadable" ? { from: daysAgo(6), to: today() } : days) });
  };
  return (
    <form
      class="filter"
      role="search"
      aria-label={w.title}
      onSubmit={(event) => {
        event.preventDefault();
        send(draft);
      }}
    >
      <div class="first-row">
        <Periods period={draft.period} choose={choose} />
        <div class="row">
          <Field label={w.number} id="number" error={isChecked && badNumber ? w.numberUnreadable : undefined} class="grow">
            {(ids) => (
              <input
                {...ids}
                type="text"
                inputMode="tel"
                autocomplete="off"
                placeholder={w.numberHint}
                value={draft.number}
                onInput={(event) => set({ number: event.currentTarget.value })}
              />
            )}
          </Field>
          <button type="submit" class="primary search">
            {w.search}
          </button>
        </div>
      </div>
      {draft.period === "custom" && (
        <div class="dates">
          <Field label={w.from}>
            {(ids) => <input {...ids} type="date" required value={draft.from} max={draft.to} onInput={(event) => set({ from: event.currentTarget.value })} />}
          </Field>
          <Field label={w.to} error={isChecked && badDates ? w.datesUnreadable : undefined}>
            {(ids) => <input {...ids} type="date" required value={draft.to} onInput={(event) => set({ to: event.currentTarget.value })} />}
          </Field>
        </div>
      )}
      <details class="narrow" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{w.narrow}</summary>
        <div class="row">
          {me.value?.role !== "staff" && <Narrow draft={draft} set={set} />}
          <OfNotes draft={draft} set={set} />
          {(isNarrow || filters.number) && (
            <button type="button" class="plain" onClick={() => run({ ...noFilters(), period: filters.period, from: filters.from, to: filters.to })}>
              {w.clear}
            </button>
          )}
        </div>
      </details>
    </form>
  );
}

function Periods({ period, choose }: { period: Period; choose: (period: Period) => void }) {
  const w = t().calls;
  const chips: [Period, string][] = [
    ["today", w.today],
    ["7d", w.days(7)],
    ["30d", w.days(30)],
    ...(period === "400d" ? ([["400d", w.days(400)]] as [Period, string][]) : []),
    ["custom", w.custom],
  ];
  return (
    <fieldset class="chips">
      <legend>{w.period}</legend>
      {chips.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={period === value} onClick={() => choose(value)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}

/** Who, which team, which line: by name where the API gives names, else by what one knows. */
function Narrow({ draft, set }: { draft: Filters; set: (part: Partial<Filters>) => void }) {
  const w = t().calls;
  const { members, teams, lines } = directory.value;
  const list = (named: { id: string; name: string }[]): [string, string][] => [["", w.any], ...named.map((one): [string, string] => [one.id, one.name])];
  const own = (me.value?.manages ?? []).map((id) => ({ id, name: id }));
  const pick = teams.length > 0 ? teams : own;
  return (
    <>
      {members.length > 0 ? (
        <Choice label={w.staff} value={draft.staff} options={list(members)} change={(staff) => set({ staff })} />
      ) : (
        <Text label={w.staffId} value={draft.staff} change={(staff) => set({ staff })} />
      )}
      {pick.length > 0 ? (
        <Choice label={w.team} value={draft.team} options={list(pick)} change={(team) => set({ team })} />
      ) : (
        <Text label={w.team} value={draft.team} change={(team) => set({ team })} />
      )}
      {lines.length > 0 ? (
        <Choice label={w.line} value={draft.line} options={list(lines)} change={(line) => set({ line })} />
      ) : (
        <Text label={w.line} value={draft.line} change={(line) => set({ line })} />
      )}
    </>
  );
}

/** What the notes say, or that there are any. */
function OfNotes({ draft, set }: { draft: Filters; set: (part: Partial<Filters>) => void }) {
  const w = t().calls;
  return (
    <>
      <Field label={w.text}>
        {(ids) => <input {...ids} type="text" maxLength={128} autocomplete="off" placeholder={w.textHint} value={draft.text} onInput={(event) => set({ text: event.currentTarget.value })} />}
      </Field>
      <label class="check">
        <input type="checkbox" checked={draft.notes === "true"} onChange={(event) => set({ notes: event.currentTarget.checked ? "true" : "" })} />
        {w.hasNotes}
      </label>
    </>
  );
}

function Text({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  return (
    <Field label={label}>
      {(ids) => <input {...ids} type="text" maxLength={128} autocomplete="off" value={value} onInput={(event) => change(event.currentTarget.value.trim())} />}
    </Field>
  );
}
