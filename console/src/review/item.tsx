import { useRef, useState } from "preact/hooks";
import { type CallDetail, type CustodyEvent, correct, may, readCall, readCustody } from "../api.ts";
import { Facts } from "../call/facts.tsx";
import { Listen } from "../call/listen.tsx";
import { CustodyList } from "../call/custody.tsx";
import type { PlayerHandle } from "../call/player.tsx";
import { placeOf } from "../router.ts";
import { label, memberName, showDateTime } from "../show.ts";
import { directory, me, t, zone } from "../state.ts";
import { zoned } from "../time.ts";
import { Banner, Choice, Field, Loading, ShowProblem, Title, useAct, useLoad, useUnsaved } from "../ui.tsx";

export function ReviewItemScreen({ id }: { id: string }) {
  const w = t().review;
  const { value, problem, isLoading, reload } = useLoad(id, async () => {
    const [call, custody] = await Promise.all([readCall(id), readCustody(id)]);
    return { call, waiting: waitingOf(custody.items) };
  });
  return (
    <>
      <p class="back">
        <a href={placeOf(["review"])}>← {w.back}</a>
      </p>
      <Title>{w.itemTitle}</Title>
      {isLoading && <Loading />}
      {problem && <ShowProblem problem={problem} retry={reload} />}
      {value && <Found call={value.call} waiting={value.waiting} />}
    </>
  );
}

/** A correction that a second admin has not confirmed. */
function waitingOf(events: CustodyEvent[]): CustodyEvent | undefined {
  const asked = (event: CustodyEvent) => ["correction_asked", "correction_requested"].includes(event.kind);
  const last = events.findLast((event) => asked(event) || event.kind === "corrected");
  return last && asked(last) ? last : undefined;
}

function Found({ call, waiting }: { call: CallDetail; waiting?: CustodyEvent }) {
  const w = t().review;
  const player = useRef<PlayerHandle | null>(null);
  return (
    <>
      {call.quarantine_reason && (
        <Banner kind="warn" title={label(t().codes.quarantine, call.quarantine_reason)}>
          {call.quarantine_fix && <p>{call.quarantine_fix}</p>}
        </Banner>
      )}
      {waiting && (
        <Banner kind="info" title={w.waiting}>
          <p>{w.waitingDetail(memberName(waiting.actor), showDateTime(waiting.at))}</p>
        </Banner>
      )}
      <p class="file">
        <span class="label">{w.file}</span> <bdi class="key">{call.object?.key ?? w.fileUnknown}</bdi>
      </p>
      <div class="columns">
        <div class="main-column">
          {may(me.value!, "play") && <Listen call={call} handle={player} ready={() => {}} writePart={() => {}} />}
          <Correction call={call} />
        </div>
        <aside aria-label={t().call.facts}>
          <Facts call={call} />
          <section class="card">
            <h2>{t().call.custody}</h2>
            <CustodyList id={call.id} />
          </section>
        </aside>
      </div>
    </>
  );
}

type Draft = { started_at: string; direction: string; counterpart: string; our_number: string; extension: string; staff: string };
const empty: Draft = { started_at: "", direction: "", counterpart: "", our_number: "", extension: "", staff: "" };

function factsOf(draft: Draft): Record<string, string> {
  const facts = Object.entries(draft).filter(([, value]) => value.trim() !== "");
  return Object.fromEntries(facts.map(([name, value]) => [name, name === "started_at" ? zoned(value, zone()) : value.trim()]));
}

function Correction({ call }: { call: CallDetail }) {
  const w = t().review;
  const { fact } = t().codes;
  const [draft, setDraft] = useState(empty);
  const [reason, setReason] = useState("");
  const [isChecked, setChecked] = useState(false);
  const [result, setResult] = useState("");
  const { run, isBusy, problem } = useAct();
  const facts = factsOf(draft);
  const isEmpty = Object.keys(facts).length === 0;
  useUnsaved(!isEmpty && !result);
  const set = (name: keyof Draft, value: string) => {
    setDraft({ ...draft, [name]: value });
  };
  const text = (name: keyof Draft, hint?: string, mode?: "tel") => (
    <Field label={fact[name]} hint={hint}>
      {(ids) => (
        <input {...ids} type="text" maxLength={128} inputMode={mode} autocomplete="off" value={draft[name]} onInput={(event) => set(name, event.currentTarget.value)} />
      )}
    </Field>
  );
  const send = () =>
    run(async () => {
      const { state } = await correct(call.id, { facts, reason: reason.trim() });
      setResult(state === "corrected" ? w.corrected : w.second);
    });
  if (result) return <Banner kind="good" title={result} />;
  const directions: [string, string][] = [["", w.unchanged], ...(["inbound", "outbound", "internal"] as const).map((one): [string, string] => [one, t().codes.direction[one]])];
  return (
    <form
      class="card correction"
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (!isEmpty && reason.trim()) send();
      }}
    >
      <h2>{w.correct}</h2>
      <p class="note">{w.correctLead}</p>
      <div class="grid">
        <Field label={w.startedAt} hint={w.startedAtHint}>
          {(ids) => <input {...ids} type="datetime-local" step={1} value={draft.started_at} onInput={(event) => set("started_at", event.currentTarget.value)} />}
        </Field>
        <Choice label={w.direction} value={draft.direction} options={directions} change={(value) => set("direction", value)} />
        {text("counterpart", undefined, "tel")}
        {text("our_number", undefined, "tel")}
        {text("extension")}
        {directory.value.members.length > 0 ? (
          <Choice
            label={w.staff}
            value={draft.staff}
            options={[["", w.unchanged], ...directory.value.members.map((one): [string, string] => [one.id, one.name])]}
            change={(value) => set("staff", value)}
          />
        ) : (
          text("staff", w.staffHint)
        )}
      </div>
      <Field label={w.reason} hint={w.reasonHint} error={isChecked && !reason.trim() ? w.reasonMissing : isChecked && isEmpty ? w.nothing : undefined}>
        {(ids) => <input {...ids} type="text" maxLength={500} autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />}
      </Field>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          {w.save}
        </button>
      </p>
    </form>
  );
}
