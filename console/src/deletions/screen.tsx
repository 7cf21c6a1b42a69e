import { useState } from "preact/hooks";
import { type Deletion, approveDeletion, readDeletions, refuseDeletion } from "../api.ts";
import { RecordingLink } from "../audit/parts.tsx";
import { ReasonDialog } from "../call/reason.tsx";
import { Tabs } from "../reports/parts.tsx";
import { placeOf } from "../router.ts";
import { label, memberName, rangesOf, showDateTime, showDay, teamName } from "../show.ts";
import { me, say, t } from "../state.ts";
import { Banner, Dialog, Loading, ShowProblem, Title, useAct, useLoad } from "../ui.tsx";

type At = "waiting" | "approved" | "days" | "proofs";

export function DeletionTabs({ at }: { at: At }) {
  const w = t().deletions;
  const tab = (name: At, path: string[]): [string, string, boolean] => [placeOf(["deletions", ...path]), w[name], at === name];
  return <Tabs label={w.title} tabs={[tab("waiting", []), tab("approved", ["approved"]), tab("days", ["days"]), tab("proofs", ["proofs"])]} />;
}

/** What waits for a second person, or is approved and not carried out yet. */
export function DeletionsScreen({ state }: { state: "waiting" | "approved" }) {
  const w = t().deletions;
  const { value, problem, isLoading, reload, set } = useLoad(state, () => readDeletions(state));
  const act = useAct();
  const items = value?.items ?? [];
  const more = () =>
    act.run(async () => {
      const page = await readDeletions(state, value!.next_cursor!);
      set({ ...page, items: [...items, ...page.items] });
    });
  return (
    <>
      <Title lead={w.lead}>{w.title}</Title>
      <DeletionTabs at={state} />
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && items.length === 0 && !value.next_cursor && (
        <Banner kind="good" title={state === "waiting" ? w.noneWaiting : w.noneApproved}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {items.map((item) => (
        <Request key={item.id} item={item} done={() => set({ ...value!, items: items.filter((other) => other !== item) })} />
      ))}
      {value?.next_cursor && (
        <p class="center">
          <button type="button" disabled={act.isBusy} onClick={more}>
            {t().frame.more20}
          </button>
        </p>
      )}
      {act.problem && <ShowProblem problem={act.problem} />}
    </>
  );
}

function Request({ item, done }: { item: Deletion; done: () => void }) {
  const w = t().deletions;
  const [asking, setAsking] = useState<"approve" | "refuse">();
  const mine = me.value!.id;
  const mayApprove = item.approvers.includes(mine);
  const isWaiting = item.state === "waiting";
  const finish = (said: string) => {
    setAsking(undefined);
    say(said);
    done();
  };
  return (
    <section class="card">
      <h2>{w.callOf(showDay(item.day))}</h2>
      <p class="note">
        <bdi>{teamName(item.team) || "–"}</bdi> / {item.silences ? w.redaction : w.recordings(item.recordings.length)}
      </p>
      {item.silences && <p>{w.silences(rangesOf(item.silences))}</p>}
      <p class="legs">
        {item.recordings.map((id) => (
          <RecordingLink key={id} id={id} />
        ))}
      </p>
      <p class="text">
        <bdi>{item.reason}</bdi>
      </p>
      <dl class="facts">
        <div>
          <dt>{w.requestedBy}</dt>
          <dd>
            <bdi>{memberName(item.requested_by, item.requested_by_name)}</bdi> <small>{label(t().codes.role, item.requested_by_role)}</small>
            <br />
            {showDateTime(item.requested_at)}
          </dd>
        </div>
        {item.decided_by && (
          <div>
            <dt>{w.decidedBy}</dt>
            <dd>
              <bdi>{memberName(item.decided_by, item.decided_by_name)}</bdi>
              <br />
              {item.decided_at && showDateTime(item.decided_at)}
            </dd>
          </div>
        )}
      </dl>
      {isWaiting && !mayApprove && <p class="note">{w.notYou}</p>}
      {isWaiting && (
        <p class="actions">
          <button type="button" class="plain" onClick={() => setAsking("refuse")}>
            {item.requested_by === mine ? w.takeBack : w.refuse}
          </button>
          {mayApprove && (
            <button type="button" class="primary" onClick={() => setAsking("approve")}>
              {w.approve}
            </button>
          )}
        </p>
      )}
      {asking === "approve" && <Approving item={item} close={() => setAsking(undefined)} approved={() => finish(w.approvedDone)} />}
      {asking === "refuse" && (
        <ReasonDialog
          title={item.requested_by === mine ? w.takeBack : w.refuse}
          lead={w.refuseAsk}
          hint=""
          button={item.requested_by === mine ? w.takeBack : w.refuse}
          close={() => setAsking(undefined)}
          act={async (reason) => {
            await refuseDeletion(item.id, reason);
            finish(w.refusedDone);
          }}
        />
      )}
    </section>
  );
}

function Approving({ item, close, approved }: { item: Deletion; close: () => void; approved: () => void }) {
  const w = t().deletions;
  const { run, isBusy, problem } = useAct();
  const approve = () =>
    run(async () => {
      await approveDeletion(item.id);
      approved();
    });
  return (
    <Dialog title={item.silences ? w.redactAsk : w.approveAsk} close={close}>
      <p>
        {w.callOf(showDay(item.day))} / {item.silences ? w.silences(rangesOf(item.silences)) : w.recordings(item.recordings.length)}
      </p>
      <p>{item.silences ? w.redactApproveLead : w.approveLead}</p>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={approve}>
          {w.approve}
        </button>
      </p>
    </Dialog>
  );
}
