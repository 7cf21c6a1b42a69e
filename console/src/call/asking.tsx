import { useState } from "preact/hooks";
import { purposeName } from "../show.ts";
import { me, t } from "../state.ts";
import { Choice, Field } from "../ui.tsx";

const REASON_LIMIT = 500;

/** What for, and why: asked before every link, for the trace comes first. */
export function Asking({ send, isBusy, button, note }: { send: (use: string, reason: string) => void; isBusy: boolean; button: string; note: string }) {
  const w = t().call;
  const purposes = me.value!.purposes;
  const [use, setUse] = useState(purposes[0] ?? "");
  const [reason, setReason] = useState("");
  const [isChecked, setChecked] = useState(false);
  return (
    <form
      class="asking"
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (reason.trim()) send(use, reason.trim());
      }}
    >
      {purposes.length > 1 ? (
        <Choice label={w.use} value={use} options={purposes.map((one): [string, string] => [one, purposeName(one)])} change={setUse} />
      ) : (
        <p class="fixed">
          <span class="label">{w.use}</span> {purposeName(use)}
        </p>
      )}
      <Field label={w.reason} hint={w.reasonHint} error={isChecked && !reason.trim() ? w.reasonMissing : undefined} class="grow">
        {(ids) => (
          <input {...ids} type="text" maxLength={REASON_LIMIT} autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <div class="suggestions">
        {w.reasons.map((text) => (
          <button key={text} type="button" class="chip" onClick={() => setReason(text)}>
            {text}
          </button>
        ))}
      </div>
      <p class="note">{note}</p>
      <p class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          {button}
        </button>
      </p>
    </form>
  );
}
