import { useState } from "preact/hooks";
import { type CallDetail, type Deletion, requestDeletion } from "../api.ts";
import { memberName } from "../show.ts";
import { t } from "../state.ts";
import { Banner } from "../ui.tsx";
import { ReasonDialog } from "./reason.tsx";

/** Asks for the end of a whole call before its time. Nothing is deleted before another person approves. */
export function RequestDeletion({ call }: { call: CallDetail }) {
  const w = t().deletions;
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<Deletion>();
  if (made) {
    return (
      <Banner kind="good" title={w.requested}>
        <p>
          <bdi>{w.approvers(made.approvers.map((id) => memberName(id)).join(t().frame.join))}</bdi>
        </p>
      </Banner>
    );
  }
  return (
    <>
      <p>
        <button type="button" class="plain" onClick={() => setOpen(true)}>
          {w.request}
        </button>
      </p>
      {isOpen && (
        <ReasonDialog
          title={w.request}
          lead={w.requestLead(call.legs.length)}
          hint={w.reasonHint}
          button={w.requestDo}
          close={() => setOpen(false)}
          act={async (reason) => {
            setMade(await requestDeletion(call.id, reason));
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
