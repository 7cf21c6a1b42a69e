import { useState } from "preact/hooks";
import { say } from "../state.ts";
import { Choice, Dialog, Field, ShowProblem, useAct } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type CaseDetail, type Outcome, closeCase, needsReason, outcomesOf } from "./api.ts";

const REASON_LIMIT = 500;

/** How it ended. A closed case does not change, so it is asked for in a dialogue of its own. */
export function Close({ one, closed }: { one: CaseDetail; closed: (one: CaseDetail) => void }) {
  const w = l().cases;
  const [isAsking, setAsking] = useState(false);
  return (
    <section class="card">
      <h2>{w.close}</h2>
      <p class="note">{w.closeLead}</p>
      <p class="actions">
        <button type="button" onClick={() => setAsking(true)}>
          {w.close}
        </button>
      </p>
      {isAsking && <Asking one={one} cancel={() => setAsking(false)} closed={closed} />}
    </section>
  );
}

function Asking({ one, cancel, closed }: { one: CaseDetail; cancel: () => void; closed: (one: CaseDetail) => void }) {
  const w = l().cases;
  const outcomes = outcomesOf(one.kind);
  const [outcome, setOutcome] = useState<Outcome>(outcomes[0]!);
  const [reason, setReason] = useState("");
  const [isChecked, setChecked] = useState(false);
  const { run, isBusy, problem } = useAct();
  const isMissing = needsReason(outcome) && !reason.trim();
  const send = () =>
    run(async () => {
      closed(await closeCase(one.id, reason.trim() ? { outcome, reason: reason.trim() } : { outcome }));
      say(w.closed);
    });
  return (
    <Dialog title={w.closeAsk} close={cancel}>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          setChecked(true);
          if (!isMissing) send();
        }}
      >
        <p>{w.closeLead}</p>
        <Choice label={w.outcomeLabel} value={outcome} options={outcomes.map((code): [string, string] => [code, w.outcome[code]])} change={(code) => setOutcome(code as Outcome)} />
        <Field label={w.closeReason} hint={needsReason(outcome) ? w.closeReasonNeeded : w.closeReasonHint} error={isChecked && isMissing ? w.closeReasonMissing : undefined}>
          {(ids) => <textarea {...ids} rows={3} maxLength={REASON_LIMIT} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />}
        </Field>
        {problem && <ShowProblem problem={problem} />}
        <p class="actions">
          <button type="button" onClick={cancel}>
            {w.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {w.close}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
