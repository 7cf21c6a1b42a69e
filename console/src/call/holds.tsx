import { useState } from "preact/hooks";
import { type CallDetail, type Hold, liftHold, may, placeHold, readHolds } from "../api.ts";
import { memberName, showDateTime, showDay, today } from "../show.ts";
import { me, say, t, zone } from "../state.ts";
import { addDays, lastDay, startOf } from "../time.ts";
import { Field, Loading, ShowProblem, useLoad } from "../ui.tsx";
import { ReasonDialog } from "./reason.tsx";

/** What stops the deletion of a call. The list is read by a press: reading it is an event of its own. */
export function Holds({ call, count, setCount }: { call: CallDetail; count: number; setCount: (count: number) => void }) {
  const w = t().holds;
  const [isOpen, setOpen] = useState(false);
  const [isPlacing, setPlacing] = useState(false);
  /** Counts what was done here: the list is read again. */
  const [round, setRound] = useState(0);
  const done = (step: number, said: string) => {
    setCount(Math.max(count + step, 0));
    setRound(round + 1);
    say(said);
  };
  return (
    <section class="card">
      <h2>{w.holds}</h2>
      <p>{count > 0 ? w.holdsSome(count) : w.holdsNone}</p>
      {isOpen && <HoldList key={round} call={call} lifted={() => done(-1, w.lifted)} />}
      {!isOpen && count > 0 && <p class="note">{w.holdsNote}</p>}
      <p class="actions">
        {!isOpen && count > 0 && (
          <button type="button" onClick={() => setOpen(true)}>
            {w.holdsShow}
          </button>
        )}
        <button type="button" onClick={() => setPlacing(true)}>
          {w.place}
        </button>
      </p>
      {isPlacing && (
        <Placing
          call={call}
          close={() => setPlacing(false)}
          placed={() => {
            setPlacing(false);
            done(1, w.placed);
          }}
        />
      )}
    </section>
  );
}

function Placing({ call, close, placed }: { call: CallDetail; close: () => void; placed: () => void }) {
  const w = t().holds;
  const [day, setDay] = useState("");
  const isPast = day !== "" && day <= today();
  const act = async (reason: string) => {
    // The hold ends with that day: at the first second of the next.
    await placeHold(call.id, day ? { reason, until: startOf(addDays(day, 1), zone()) } : { reason });
    placed();
  };
  return (
    <ReasonDialog title={w.place} lead={w.placeLead} hint={w.reasonHint} button={w.place} close={close} act={act} isReady={!isPast}>
      <Field label={w.until} hint={w.untilHint} error={isPast ? w.untilPast : undefined}>
        {(ids) => <input {...ids} type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} />}
      </Field>
    </ReasonDialog>
  );
}

function HoldList({ call, lifted }: { call: CallDetail; lifted: () => void }) {
  const w = t().holds;
  const { value, problem, isLoading, reload } = useLoad(call.id, () => readHolds(call.id));
  const [lifting, setLifting] = useState<Hold>();
  if (isLoading) return <Loading />;
  if (problem) return <ShowProblem problem={problem} retry={reload} />;
  return (
    <>
      <ul class="note-list">
        {(value ?? []).map((hold) => (
          <li key={hold.hold_id}>
            <p class="by">
              <strong>{w.kind[hold.kind] ?? hold.kind}</strong>
              <span>{hold.until ? w.untilDay(showDay(lastDay(hold.until, zone()))) : w.untilLifted}</span>
            </p>
            <p class="text">
              <bdi>{hold.reason}</bdi>
            </p>
            <p class="note">
              <bdi>{w.byAt(memberName(hold.placed_by, hold.placed_by_name), showDateTime(hold.placed_at))}</bdi>
            </p>
            {may(me.value!, "lift_hold") && hold.kind !== "case" && (
              <p>
                <button type="button" onClick={() => setLifting(hold)}>
                  {w.lift}
                </button>
              </p>
            )}
          </li>
        ))}
      </ul>
      {lifting && (
        <ReasonDialog
          title={w.liftAsk}
          lead={w.liftLead}
          hint=""
          button={w.lift}
          close={() => setLifting(undefined)}
          act={async (reason) => {
            await liftHold(call.id, lifting.hold_id, reason);
            lifted();
          }}
        />
      )}
    </>
  );
}
