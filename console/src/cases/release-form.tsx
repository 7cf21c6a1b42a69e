/** The request of a release: to whom, under what, and which parts. */
import { useState } from "preact/hooks";
import { today } from "../show.ts";
import { Choice, Dialog, Field, ShowProblem, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { BASES, type Basis, requestRelease } from "./shares-api.ts";
import { PartFields, type PartDraft, partOf, requestOf } from "./part.tsx";

const NAME_LIMIT = 128;
const REASON_LIMIT = 500;
const TRANSCRIPT_LIMIT = 20_000;
/** As many as the API takes. */
const MOST_PARTS = 20;

type Item = { part: PartDraft; transcript: string };
type Props = { id: string; recordings: [string, string][]; close: () => void; done: () => void };

export function RequestDialog({ id, recordings, close, done }: Props) {
  const w = l().releases;
  const fresh = (): Item => ({ part: partOf(recordings.map(([one]) => one)), transcript: "" });
  const [draft, setDraft] = useState({ recipient: "", basis: BASES[0]!, reference: "", basis_date: "", reason: "" });
  const [items, setItems] = useState<Item[]>(() => [fresh()]);
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const change = (at: number, part: Partial<Item>) => setItems(items.map((item, index) => (index === at ? { ...item, ...part } : item)));
  const requests = items.map(({ part, transcript }) => {
    const request = requestOf(part);
    return request && { ...request, ...(transcript.trim() && { transcript: transcript.trim() }) };
  });
  const parts = requests.filter((one) => one !== null);
  const isRight = draft.recipient.trim() !== "" && draft.reason.trim() !== "" && parts.length === requests.length;
  const send = () =>
    run(async () => {
      const { recipient, basis, reference, basis_date, reason } = draft;
      await requestRelease(id, {
        recipient: recipient.trim(),
        basis,
        reason: reason.trim(),
        items: parts,
        ...(reference.trim() && { reference: reference.trim() }),
        ...(basis_date && { basis_date }),
      });
      done();
    });
  const text = (name: "recipient" | "reference" | "reason", label: string, hint: string, isNeeded: boolean) => (
    <Field label={label} hint={hint} error={isChecked && isNeeded && !draft[name].trim() ? w.missing : undefined}>
      {(ids) => <input {...ids} type="text" maxLength={name === "reason" ? REASON_LIMIT : NAME_LIMIT} autocomplete="off" value={draft[name]} onInput={(event) => set({ [name]: event.currentTarget.value })} />}
    </Field>
  );
  return (
    <Dialog title={w.begin} close={close}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (isRight) send();
        }}
      >
        <p>{w.ask}</p>
        {text("recipient", w.recipient, w.recipientHint, true)}
        <Choice label={w.basis} value={draft.basis} options={BASES.map((one): [string, string] => [one, w.bases[one]])} change={(basis) => set({ basis: basis as Basis })} />
        <div class="pair">
          {text("reference", w.reference, w.referenceHint, false)}
          <Field label={w.basisDate}>{(ids) => <input {...ids} type="date" max={today()} value={draft.basis_date} onInput={(event) => set({ basis_date: event.currentTarget.value })} />}</Field>
        </div>
        {text("reason", w.reason, w.reasonHint, true)}
        {items.map(({ part, transcript }, at) => (
          <fieldset key={at} class="part-of">
            <legend>{w.partAt(at + 1)}</legend>
            <PartFields part={part} set={(next) => change(at, { part: next })} recordings={recordings} isWrong={isChecked && requests[at] === null} />
            <details>
              <summary>{w.transcript}</summary>
              <Field label={w.transcriptLabel} hint={w.transcriptHint}>
                {(ids) => <textarea {...ids} rows={4} maxLength={TRANSCRIPT_LIMIT} value={transcript} onInput={(event) => change(at, { transcript: event.currentTarget.value })} />}
              </Field>
            </details>
          </fieldset>
        ))}
        {items.length < MOST_PARTS && (
          <p>
            <button type="button" class="plain" onClick={() => setItems([...items, fresh()])}>
              {w.addPart}
            </button>
            {items.length > 1 && (
              <button type="button" class="plain" onClick={() => setItems(items.slice(0, -1))}>
                {w.dropPart}
              </button>
            )}
          </p>
        )}
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <button type="button" onClick={close}>
            {l().cases.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {w.send}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
