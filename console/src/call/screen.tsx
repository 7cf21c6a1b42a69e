import { useRef, useState } from "preact/hooks";
import { type CallDetail, type Tombstone, may, readCall } from "../api.ts";
import { placeOf } from "../router.ts";
import { counterpartOf, rangesOf, showDateTime } from "../show.ts";
import { me, memoFrom, t } from "../state.ts";
import { Banner, Loading, ShowProblem, Title, useLoad } from "../ui.tsx";
import { queryOf, search } from "../calls/search.ts";
import { Certificate } from "./certificate.tsx";
import { Custody } from "./custody.tsx";
import { RequestDeletion } from "./deletion.tsx";
import { RequestRedaction } from "./redaction.tsx";
import { Download } from "./download.tsx";
import { Facts } from "./facts.tsx";
import { Holds } from "./holds.tsx";
import { Listen } from "./listen.tsx";
import { Notes } from "./notes.tsx";
import type { PlayerHandle } from "./player.tsx";

export function CallScreen({ id }: { id: string }) {
  const w = t().call;
  const { value, problem, isLoading, reload } = useLoad(id, () => readCall(id));
  const back = placeOf(["calls"], search.value ? queryOf(search.value.filters) : {});
  return (
    <>
      <p class="back">
        <a href={back}>← {w.back}</a>
      </p>
      {isLoading && <Loading />}
      {problem?.status === 410 && <Certificate tombstone={problem.body.deleted as Tombstone} />}
      {problem && problem.status !== 410 && (
        <>
          <Title>{w.title}</Title>
          <ShowProblem problem={problem} retry={reload} />
        </>
      )}
      {value && <Found call={value} />}
    </>
  );
}

function Found({ call }: { call: CallDetail }) {
  const w = t().call;
  const player = useRef<PlayerHandle | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  const [holds, setHolds] = useState(call.holds);
  const [noteText, setNoteText] = useState("");
  const mine = me.value!;
  const jump = seconds === null ? undefined : (at: number) => player.current?.playFrom(at);
  const writePart = (text: string) => {
    setNoteText((old) => (old ? `${old} ${text}` : `${text} `));
    document.getElementById("note")?.focus();
  };
  return (
    <>
      <Title>
        <bdi>{counterpartOf(call)}</bdi> <span class="sub">{showDateTime(call.started_at)}</span>
      </Title>
      {call.object_gone_at && <Banner kind="error" title={w.gone(showDateTime(call.object_gone_at))} />}
      {call.redacted_from && (
        <Banner kind="info" title={t().deletions.redacted(rangesOf(call.redacted_from.silences), showDateTime(call.redacted_from.at))} />
      )}
      <Legs call={call} />
      <div class="columns">
        <div class="main-column">
          {may(mine, "play") ? (
            <Listen call={call} handle={player} ready={setSeconds} writePart={writePart} />
          ) : (
            <Banner kind="info" title={w.cannotHear} />
          )}
          <Notes call={call} jump={jump} text={noteText} setText={setNoteText} />
          {may(mine, "custody") && <Custody id={call.id} />}
        </div>
        <aside aria-label={w.facts}>
          <Facts call={call} />
          {may(mine, "write_memo") && <BeginMemo call={call} />}
          {may(mine, "download") && call.state === "active" && <Download call={call} />}
          {may(mine, "hold") && call.state !== "deleting" && <Holds call={call} count={holds} setCount={setHolds} />}
          {may(mine, "request_deletion") && call.state === "active" && holds === 0 && (
            <>
              <RequestRedaction call={call} />
              <RequestDeletion call={call} />
            </>
          )}
        </aside>
      </div>
    </>
  );
}

/** A complaint or a request begins a case, with what the call says already filled in. */
function BeginMemo({ call }: { call: CallDetail }) {
  const w = t().call;
  return (
    <section class="card">
      <h2>{w.memo}</h2>
      <p class="note">{w.memoLead}</p>
      <p class="actions">
        <a class="button" href={placeOf(["cases", "new"])} onClick={() => (memoFrom.value = call)}>
          {w.memoBegin}
        </a>
      </p>
    </section>
  );
}

/** A call that was put through, parked or recorded twice has more than one recording. */
function Legs({ call }: { call: CallDetail }) {
  const w = t().call;
  if (call.legs.length < 2) return null;
  return (
    <nav class="legs" aria-label={w.legs(call.legs.length)}>
      <span>{w.legs(call.legs.length)}</span>
      {call.legs.map((leg, index) => (
        <a key={leg} href={placeOf(["calls", leg])} aria-current={leg === call.id ? "page" : undefined}>
          {w.leg(index + 1)}
          {leg === call.id && <small>{w.thisLeg}</small>}
        </a>
      ))}
    </nav>
  );
}
