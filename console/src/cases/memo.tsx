/** The memo: what a member of staff writes on a phone, in a minute. */
import { useEffect, useState } from "preact/hooks";
import { may } from "../api.ts";
import { readNumber, showNumber } from "../number.ts";
import { placeOf } from "../router.ts";
import { daysAgo, today } from "../show.ts";
import { directory, me, memoFrom, say, unsaved, zone } from "../state.ts";
import { addDays, dayOf, daysBetween, zoned } from "../time.ts";
import { Banner, Choice, Field, ShowProblem, Title, useAct, useUnsaved } from "../ui.tsx";
import { l } from "../words-later.ts";
import { KINDS, type Kind, type Memo, link, writeMemo } from "./api.ts";

/** As many as the API takes. */
const SUMMARY_LIMIT = 2000;
const LONGEST_DAYS = 31;
const ABSENT = ["withheld", "payphone", "out_of_area"] as const;

type Draft = { kind: Kind | ""; day: string; time: string; isRange: boolean; from: string; to: string; number: string; staff: string; team: string; summary: string };

function empty(): Draft {
  const blank: Draft = { kind: "", day: today(), time: "", isRange: false, from: daysAgo(6), to: today(), number: "", staff: "", team: "", summary: "" };
  const call = memoFrom.peek();
  if (!call) return blank;
  const time = call.started_at.slice(11, 16);
  const absent = ABSENT.find((one) => one === call.counterpart_absent);
  return { ...blank, day: dayOf(call.started_at, zone()), time, number: call.counterpart ? showNumber(call.counterpart) : absent ? l().cases.absent[absent] : "", staff: call.staff ?? "", team: call.team ?? "" };
}

/** The API's word for why there was no number, out of what a person wrote. */
const absentOf = (text: string) => ABSENT.find((one) => l().cases.absent[one] === text.trim());

function daysAreRight({ isRange, day, from, to }: Draft): boolean {
  if (!isRange) return day !== "" && day <= today();
  return from !== "" && from <= to && to <= today() && daysBetween(from, to) < LONGEST_DAYS;
}

function memoOf(draft: Draft): Memo {
  const { kind, day, time, isRange, from, to, staff, team } = draft;
  const number = readNumber(draft.number);
  const party = absentOf(draft.number) ? { number: absentOf(draft.number) } : number === "unreadable" ? {} : number;
  const when = isRange ? { from, to } : { happened_at: time ? zoned(`${day}T${time}`, zone()) : day };
  return { kind: kind as Kind, ...when, ...party, summary: draft.summary.trim(), ...(staff && { staff }), ...(team && { team }) };
}

export function MemoScreen() {
  const w = l().cases;
  const call = memoFrom.value;
  const [draft, setDraft] = useState(empty);
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const isTyped = draft.summary !== "";
  useUnsaved(isTyped);
  useEffect(() => () => void (memoFrom.value = null), []);
  const isNumber = Boolean(absentOf(draft.number)) || readNumber(draft.number) !== "unreadable";
  const isRight = draft.kind !== "" && daysAreRight(draft) && isNumber && draft.summary.trim() !== "";
  const send = () =>
    run(async () => {
      const made = await writeMemo(memoOf(draft));
      unsaved.value = false;
      say(await addCall(made.id, call?.id));
      location.hash = placeOf(["cases", made.id]);
    });
  return (
    <>
      <Title lead={w.memoLead}>{w.memoTitle}</Title>
      {call && <Banner kind="info" title={w.fromCall} />}
      <form
        class="card memo"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (isRight) send();
          else requestAnimationFrame(() => document.querySelector<HTMLElement>(".wrong button, [aria-invalid]")?.focus());
        }}
      >
        <Kinds kind={draft.kind} choose={(kind) => set({ kind })} isMissing={isChecked && draft.kind === ""} />
        <When draft={draft} set={set} isWrong={isChecked && !daysAreRight(draft)} />
        <Field label={w.numberLabel} hint={w.numberHint} error={isChecked && !isNumber ? w.numberWrong : undefined}>
          {(ids) => <input {...ids} type="text" inputMode="tel" maxLength={64} autocomplete="off" value={draft.number} onInput={(event) => set({ number: event.currentTarget.value })} />}
        </Field>
        <p class="suggestions">
          {ABSENT.map((one) => (
            <button key={one} type="button" class="chip" onClick={() => set({ number: w.absent[one] })}>
              {w.absent[one]}
            </button>
          ))}
        </p>
        <Field
          label={w.summaryLabel}
          hint={draft.summary.length > SUMMARY_LIMIT - 200 ? w.summaryLeft(SUMMARY_LIMIT - draft.summary.length) : w.summaryHint}
          error={isChecked && draft.summary.trim() === "" ? w.summaryMissing : undefined}
        >
          {(ids) => <textarea {...ids} rows={4} maxLength={SUMMARY_LIMIT} value={draft.summary} onInput={(event) => set({ summary: event.currentTarget.value })} />}
        </Field>
        <Whose draft={draft} set={set} />
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <a class="button" href={placeOf(call ? ["calls", call.id] : ["cases"])}>
            {w.cancel}
          </a>
          <button type="submit" class="primary" disabled={isBusy}>
            {w.send}
          </button>
        </p>
      </form>
    </>
  );
}

/** Who begins from a call means that call: it is added at once, where one may. */
async function addCall(made: string, recording: string | undefined): Promise<string> {
  const w = l().cases;
  if (!recording || !may(me.value!, "work_on_cases")) return w.sent;
  try {
    await link(made, recording);
    return w.linkedToo;
  } catch {
    return w.linkFailed;
  }
}

function Kinds({ kind, choose, isMissing }: { kind: Kind | ""; choose: (kind: Kind) => void; isMissing: boolean }) {
  const w = l().cases;
  return (
    <fieldset class={isMissing ? "choices wrong" : "choices"} aria-describedby="kind-note">
      <legend>{w.kindLabel}</legend>
      {KINDS.map((one) => (
        <button key={one} type="button" aria-pressed={kind === one} onClick={() => choose(one)}>
          {w.kind[one]}
        </button>
      ))}
      <p id="kind-note" class={isMissing ? "note error" : "note"} role={isMissing ? "alert" : undefined}>
        {isMissing ? w.kindMissing : kind ? w.kindNote[kind] : w.kindHint}
      </p>
    </fieldset>
  );
}

function When({ draft, set, isWrong }: { draft: Draft; set: (part: Partial<Draft>) => void; isWrong: boolean }) {
  const w = l().cases;
  const date = (part: "day" | "from" | "to", text: string, error?: string) => (
    <Field label={text} error={error}>
      {(ids) => <input {...ids} type="date" max={today()} value={draft[part]} onInput={(event) => set({ [part]: event.currentTarget.value })} />}
    </Field>
  );
  const wrong = isWrong ? w.daysWrong : undefined;
  return (
    <fieldset>
      <legend>{w.whenLabel}</legend>
      <div class="row">
        {draft.isRange ? (
          <>
            {date("from", w.from)}
            {date("to", w.to, wrong)}
          </>
        ) : (
          <>
            {date("day", w.day, wrong)}
            <Field label={w.time} hint={w.timeHint}>
              {(ids) => <input {...ids} type="time" value={draft.time} onInput={(event) => set({ time: event.currentTarget.value })} />}
            </Field>
          </>
        )}
      </div>
      <label class="check">
        <input type="checkbox" checked={draft.isRange} onChange={(event) => set({ isRange: event.currentTarget.checked, from: draft.day ? addDays(draft.day, -6) : daysAgo(6), to: draft.day || today() })} />
        {w.range}
      </label>
    </fieldset>
  );
}

/** Whose call it was, and who is to work on it: seldom asked for, so folded away. */
function Whose({ draft, set }: { draft: Draft; set: (part: Partial<Draft>) => void }) {
  const w = l().cases;
  const { members, teams } = directory.value;
  const list = (first: string, named: { id: string; name: string }[]): [string, string][] => [["", first], ...named.map((one): [string, string] => [one.id, one.name])];
  const hasTeam = teams.some((one) => one.id === draft.team);
  return (
    <details>
      <summary>{w.more}</summary>
      <div class="row">
        <Choice label={w.staffLabel} value={members.some((one) => one.id === draft.staff) ? draft.staff : ""} options={list(w.staffNobody, members)} change={(staff) => set({ staff })} />
        {teams.length > 0 && <Choice label={w.teamLabel} value={hasTeam ? draft.team : ""} options={list(w.teamOwn, teams)} change={(team) => set({ team })} />}
      </div>
    </details>
  );
}
