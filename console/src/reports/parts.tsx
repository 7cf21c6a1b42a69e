/** What both reports share. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Counted, exportFile } from "../api.ts";
import { placeOf } from "../router.ts";
import { daysAgo, showDay } from "../show.ts";
import { t } from "../state.ts";
import { Dialog, Field, ShowProblem, saveFile, useAct } from "../ui.tsx";

export type Range = { from: string; to: string };

/** Two weeks up to yesterday: today is computed tomorrow. */
export function rangeOf(query: Record<string, string>): Range {
  const day = /^\d{4}-\d\d-\d\d$/;
  const from = day.test(query.from ?? "") ? query.from! : daysAgo(14);
  const to = day.test(query.to ?? "") ? query.to! : daysAgo(1);
  return { from, to: to < from ? from : to };
}

export function Tabs({ label, tabs }: { label: string; tabs: [string, string, boolean][] }) {
  const nav = useRef<HTMLElement>(null);
  const at = tabs.find(([, , isHere]) => isHere)?.[0];
  useEffect(() => {
    // On a phone they are wider than the screen: where one is, is in sight.
    const here = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (here) nav.current!.scrollLeft = here.offsetLeft - nav.current!.offsetLeft - 48;
  }, [at]);
  return (
    <nav ref={nav} class="tabs" aria-label={label}>
      {tabs.map(([href, text, isHere]) => (
        <a key={href} href={href} aria-current={isHere ? "page" : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}

export function RangeForm({ range, path, file, name }: { range: Range; path: string[]; file: string; name: string }) {
  const w = t().reports;
  const [draft, setDraft] = useState(range);
  const { run, isBusy, problem } = useAct();
  const date = (part: keyof Range, label: string) => (
    <Field label={label}>
      {(ids) => <input {...ids} type="date" required value={draft[part]} onInput={(event) => setDraft({ ...draft, [part]: event.currentTarget.value })} />}
    </Field>
  );
  return (
    <form
      class="filter row"
      onSubmit={(event) => {
        event.preventDefault();
        location.hash = placeOf(path, draft);
      }}
    >
      {date("from", w.from)}
      {date("to", w.to)}
      <button type="submit" class="primary">
        {w.show}
      </button>
      <button
        type="button"
        class="plain"
        disabled={isBusy}
        onClick={() => run(async () => saveFile(await exportFile(file, range), `${name}-${range.from}-${range.to}.csv`))}
      >
        {w.csv}
      </button>
      {problem && <ShowProblem problem={problem} />}
    </form>
  );
}

/** How much of a whole: a bar, and the same in words. */
export function Share({ part, whole, text }: { part: number; whole: number; text: string }) {
  const width = whole > 0 ? (part / whole) * 100 : 0;
  return (
    <div class="share">
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="whole" width="100" height="4" />
        <rect class="part" width={width} height="4" />
      </svg>
      <p>{text}</p>
    </div>
  );
}

/** A count; where there are ids behind it, a button that shows them. */
export function Count({ counted, title, isFault = true }: { counted: Counted; title: string; isFault?: boolean }) {
  const w = t().reports;
  const [isOpen, setOpen] = useState(false);
  if (counted.count === 0) return <span class="zero">0</span>;
  const ids = counted.ids ?? [];
  return (
    <>
      <button type="button" class={isFault ? "count fault" : "count"} aria-label={`${title}: ${counted.count}`} onClick={() => setOpen(true)}>
        {counted.count}
      </button>
      {isOpen && (
        <Dialog title={title} close={() => setOpen(false)}>
          <p>
            <strong>{w.ids(counted.count)}</strong>
          </p>
          {ids.length === 0 && <p class="note">{w.idsNone}</p>}
          <ul class="ids">
            {ids.map((id) => (
              <li key={id}>{/^[a-z2-7]{26}$/.test(id) ? <a href={placeOf(["calls", id])}>{id}</a> : <code>{id}</code>}</li>
            ))}
          </ul>
          {ids.length > 0 && <p class="note">{w.idsNote}</p>}
          <p class="actions">
            <button type="button" onClick={() => setOpen(false)}>
              {t().frame.close}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}

export const total = (counts: Counted[]): Counted => ({
  count: counts.reduce((sum, one) => sum + one.count, 0),
  ids: counts.flatMap((one) => one.ids ?? []),
});

export function PendingDays({ days }: { days: string[] }) {
  if (days.length === 0) return null;
  return <p class="note">{t().reports.pending(days.map(showDay).join(", "))}</p>;
}
