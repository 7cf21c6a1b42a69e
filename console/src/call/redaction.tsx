import { useState } from "preact/hooks";
import { type CallDetail, type Deletion, requestRedaction } from "../api.ts";
import { memberName } from "../show.ts";
import { needed, t } from "../state.ts";
import { clock, readClock } from "../time.ts";
import { Banner, Field } from "../ui.tsx";
import { ReasonDialog } from "./reason.tsx";

/** Asks that a part of a recording is silenced for good: the one that is marked, where one is. */
export function RequestRedaction({ call }: { call: CallDetail }) {
  const w = t().deletions;
  const [isOpen, setOpen] = useState(false);
  const [part, setPart] = useState({ from: "", to: "" });
  const [made, setMade] = useState<Deletion>();
  if (made) {
    return (
      <Banner kind="good" title={w.redactRequested}>
        <p>
          <bdi>{w.approvers(made.approvers.map((id) => memberName(id)).join(t().frame.join))}</bdi>
        </p>
      </Banner>
    );
  }
  const [from, to] = [readClock(part.from), readClock(part.to)];
  const isRight = from != null && to != null && from < to;
  const open = () => {
    const marked = needed.peek();
    if (marked?.recording === call.id) setPart({ from: clock(Math.floor(marked.from)), to: clock(Math.ceil(marked.to)) });
    setOpen(true);
  };
  const time = (name: "from" | "to", label: string) => (
    <Field label={label} hint={w.redactHint} error={(part.from || part.to) && !isRight ? w.redactWrong : undefined}>
      {(ids) => <input {...ids} type="text" autocomplete="off" maxLength={10} value={part[name]} onInput={(event) => setPart({ ...part, [name]: event.currentTarget.value })} />}
    </Field>
  );
  return (
    <>
      <p>
        <button type="button" class="plain" onClick={open}>
          {w.redact}
        </button>
      </p>
      {isOpen && (
        <ReasonDialog
          title={w.redact}
          lead={w.redactLead}
          hint={w.redactReasonHint}
          button={w.requestDo}
          close={() => setOpen(false)}
          isReady={isRight}
          act={async (reason) => {
            setMade(await requestRedaction(call.id, { reason, mute: [{ from_seconds: from!, to_seconds: to! }] }));
            setOpen(false);
          }}
        >
          <div class="pair">
            {time("from", w.redactFrom)}
            {time("to", w.redactTo)}
          </div>
        </ReasonDialog>
      )}
    </>
  );
}
