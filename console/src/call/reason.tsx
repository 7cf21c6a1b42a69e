import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../state.ts";
import { Dialog, Field, ShowProblem, useAct } from "../ui.tsx";

const REASON_LIMIT = 500;

type Props = {
  title: string;
  lead: string;
  button: string;
  hint: string;
  close: () => void;
  act: (reason: string) => Promise<void>;
  /** What else is asked; whether it is right is said by `isReady`. */
  children?: ComponentChildren;
  isReady?: boolean;
};

/** A dialogue that asks why before something is done. */
export function ReasonDialog({ title, lead, button, hint, close, act, children, isReady = true }: Props) {
  const w = t().deletions;
  const [reason, setReason] = useState("");
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  return (
    <Dialog title={title} close={close}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (reason.trim() && isReady) run(() => act(reason.trim()));
        }}
      >
        <p>{lead}</p>
        <Field label={w.reason} hint={hint} error={isChecked && !reason.trim() ? w.reasonMissing : undefined}>
          {(ids) => (
            <input {...ids} type="text" maxLength={REASON_LIMIT} autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
          )}
        </Field>
        {children}
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <button type="button" onClick={close}>
            {w.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {button}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
