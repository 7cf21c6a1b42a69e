/** The needed part of a recording, as people say times: `0:42`, `1:02:03`. */
import { Choice, Field } from "../ui.tsx";
import { clock, readClock } from "../time.ts";
import { needed } from "../state.ts";
import { l } from "../words-later.ts";
import type { Part, PartRequest } from "./shares-api.ts";

export type PartDraft = { recording: string; from: string; to: string; mute: string };

/** Ranges, one a line or between commas: `0:12-0:18`. */
export function readRanges(text: string): { from_seconds: number; to_seconds: number }[] | undefined {
  const ranges = [];
  for (const one of text.normalize("NFKC").split(/[\n,、]/)) {
    if (one.trim() === "") continue;
    const [from, to, more] = one.split(/[-–〜~]/).map(readClock);
    if (from == null || to == null || more !== undefined || to <= from) return undefined;
    ranges.push({ from_seconds: from, to_seconds: to });
  }
  return ranges;
}

/** The part that was marked on the call's page, where it was of one of these recordings. */
export function partOf(recordings: string[]): PartDraft {
  const marked = needed.peek();
  const isOne = marked !== null && recordings.includes(marked.recording);
  if (!isOne) return { recording: recordings[0] ?? "", from: "", to: "", mute: "" };
  return { recording: marked.recording, from: clock(marked.from), to: clock(Math.ceil(marked.to)), mute: "" };
}

/** As the API takes it; `null` where something in it is no time. */
export function requestOf({ recording, from, to, mute }: PartDraft): PartRequest | null {
  const [from_seconds, to_seconds, ranges] = [readClock(from), readClock(to), readRanges(mute)];
  if (from_seconds === undefined || to_seconds === undefined || ranges === undefined) return null;
  if (to_seconds !== null && to_seconds <= (from_seconds ?? 0)) return null;
  return {
    recording_id: recording,
    ...(from_seconds !== null && { from_seconds }),
    ...(to_seconds !== null && { to_seconds }),
    ...(ranges.length > 0 && { mute: ranges }),
  };
}

/** `0:42–1:10`, or that it is all of it; and how much of it is silenced. */
export function partText({ from_seconds, to_seconds, mute }: Part): string {
  const w = l().parts;
  const range = from_seconds == null && to_seconds == null ? w.whole : `${clock(from_seconds ?? 0)}–${to_seconds == null ? "" : clock(to_seconds)}`;
  return mute.length > 0 ? `${range} (${w.muted(mute.length)})` : range;
}

type Props = { part: PartDraft; set: (part: PartDraft) => void; recordings: [string, string][]; isWrong: boolean };

export function PartFields({ part, set, recordings, isWrong }: Props) {
  const w = l().parts;
  const time = (name: "from" | "to", label: string, hint: string) => (
    <Field label={label} hint={hint}>
      {(ids) => <input {...ids} type="text" autocomplete="off" maxLength={10} value={part[name]} onInput={(event) => set({ ...part, [name]: event.currentTarget.value })} />}
    </Field>
  );
  return (
    <>
      {recordings.length > 1 && <Choice label={w.recording} value={part.recording} options={recordings} change={(recording) => set({ ...part, recording })} />}
      <div class="pair">
        {time("from", w.from, w.fromHint)}
        {time("to", w.to, w.toHint)}
      </div>
      {isWrong && (
        <p class="note error" role="alert">
          {w.wrong}
        </p>
      )}
      <details>
        <summary>{w.mute}</summary>
        <Field label={w.muteLabel} hint={w.muteHint}>
          {(ids) => <textarea {...ids} rows={2} maxLength={1000} value={part.mute} onInput={(event) => set({ ...part, mute: event.currentTarget.value })} />}
        </Field>
      </details>
    </>
  );
}
