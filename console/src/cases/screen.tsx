/** One case, from its memo to its close. */
import { useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { placeOf } from "../router.ts";
import { counterpartOf, label, memberName, showDateTime, showDay, showShort, showTime, teamName } from "../show.ts";
import { me, say, t, zone } from "../state.ts";
import { clock, lastDay } from "../time.ts";
import { may } from "../api.ts";
import { Banner, Dialog, Loading, ShowProblem, Title, asProblem, useAct, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type Ability, type CaseDetail, link, readCase, unlink } from "./api.ts";
import { Close } from "./close.tsx";
import { Due, Held } from "./row.tsx";
import { Releases } from "./releases.tsx";
import { Shares } from "./shares.tsx";
import { ownerOf, partyOf, timeOf, writerOf } from "./show.ts";

/** What is known of a recording: of a candidate, all but its length. */
type About = Omit<CaseDetail["linked"][number], "duration_seconds"> & { duration_seconds?: number | null };

export function CaseScreen({ id }: { id: string }) {
  const w = l().cases;
  const { value, problem, isLoading, reload, set } = useLoad(id, () => readCase(id));
  return (
    <>
      <p class="back">
        <a href={placeOf(["cases"])}>← {may(me.value!, "work_on_cases") ? w.back : w.backOwn}</a>
      </p>
      {isLoading && <Loading />}
      {problem && (
        <>
          <Title>{w.title}</Title>
          <ShowProblem problem={problem} retry={reload} />
        </>
      )}
      {value && <Found one={value} set={set} />}
    </>
  );
}

/** What a list of them says of a recording: when, and with whom. */
function nameOf(one: About): [string, string] {
  return [one.recording_id, `${showShort(one.started_at)} ${showTime(one.started_at)} ${counterpartOf(one)}`];
}

function Found({ one, set }: { one: CaseDetail; set: (one: CaseDetail) => void }) {
  const w = l().cases;
  const can = (what: Ability) => one.can.includes(what) && one.state !== "closed";
  const [links, recordings] = [can("link"), one.linked.map(nameOf)];
  const changed = () => void readCase(one.id).then(set, asProblem);
  return (
    <>
      <Title>
        {label(w.kind, one.kind)} <span class="sub">{w.about(timeOf(one))}</span>
      </Title>
      <p class="tags">
        <span class={one.state === "new" ? "tag warn" : "tag"}>{w.state[one.state]}</span>
        <Due one={one} />
        <Held one={one} />
      </p>
      {one.outcome ? <Ended one={one} /> : <Next one={one} works={links} />}
      <div class="columns">
        <div class="main-column">
          <section class="card">
            <h2>{w.memo}</h2>
            <p class="text">
              <bdi>{one.summary}</bdi>
            </p>
          </section>
          {(one.linked.length > 0 || !links || one.candidates.length === 0) && <Recordings one={one} set={links ? set : undefined} />}
          <Shares id={one.id} recordings={recordings} shares={one.shares} works={one.can.includes("share")} isOpen={can("share")} changed={changed} />
          <Releases id={one.id} recordings={recordings} releases={one.releases} asks={can("release")} changed={changed} />
          {links && (one.candidates.length > 0 || one.linked.length === 0) && <Candidates one={one} set={set} />}
        </div>
        <aside aria-label={w.facts}>
          <Facts one={one} />
          {can("close") && <Close one={one} closed={set} />}
        </aside>
      </div>
    </>
  );
}

/** The one thing to do now. */
function Next({ one, works }: { one: CaseDetail; works: boolean }) {
  const w = l().cases;
  const toLink = one.candidates.length > 0 ? w.nextNew : w.nextNoCandidate;
  return (
    <Banner kind="info" title={w.next}>
      <p>{!works ? w.nextWriter : one.linked.length > 0 ? w.nextLinked : toLink}</p>
    </Banner>
  );
}

function Ended({ one }: { one: CaseDetail }) {
  const w = l().cases;
  return (
    <Banner kind="good" title={`${w.outcomeLabel}: ${label(w.outcome, one.outcome)}`}>
      {one.outcome_reason && (
        <p>
          <bdi>{one.outcome_reason}</bdi>
        </p>
      )}
      {one.closed_at && <p>{w.closedAt(memberName(one.closed_by), showDateTime(one.closed_at))}</p>}
    </Banner>
  );
}

function Facts({ one }: { one: CaseDetail }) {
  const w = l().cases;
  const rows: [string, string][] = [
    [w.when, timeOf(one)],
    [w.counterpart, partyOf(one) || w.unknown],
    [w.staffLabel, memberName(one.staff) || w.unknown],
    [w.teamName, teamName(one.team) || "–"],
    [w.owner, ownerOf(one) || w.noOwner],
    [w.writer, writerOf(one)],
    [w.written, showDateTime(one.written_at)],
    [w.dueLabel, one.due_on ? showDay(one.due_on) : ""],
    [w.ended, one.ends_at ? showDay(lastDay(one.ends_at, zone())) : ""],
  ];
  return (
    <section class="card">
      <h2>{w.facts}</h2>
      <dl class="facts">
        {rows.map(
          ([name, text]) =>
            text && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{text}</bdi>
                </dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

function Recordings({ one, set }: { one: CaseDetail; set?: (one: CaseDetail) => void }) {
  const w = l().cases;
  const [leaving, setLeaving] = useState<string>();
  return (
    <section class="card">
      <h2>{w.recordings}</h2>
      {one.linked.length === 0 && <p class="note">{w.noRecordings}</p>}
      <ul class="found">
        {one.linked.map((linked) => (
          <li key={linked.recording_id}>
            <Recording about={linked} />
            <span class="does">
              <a class="button" href={placeOf(["calls", linked.recording_id])}>
                {w.listen}
              </a>
              {set && (
                <button type="button" class="plain" onClick={() => setLeaving(linked.recording_id)}>
                  {w.unlink}
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {leaving && set && <Leaving one={one} recording={leaving} close={() => setLeaving(undefined)} set={set} />}
    </section>
  );
}

/** When, how long, and who with whom. */
function Recording({ about }: { about: About }) {
  const direction = label(t().codes.direction, about.direction);
  return (
    <span>
      <strong>
        {showShort(about.started_at)} {showTime(about.started_at)}
      </strong>{" "}
      <span class="direction" title={direction}>
        <Icon name={about.direction} />
        <span class="hidden">{direction}</span>
      </span>
      <bdi class="one-line">{counterpartOf(about)}</bdi> <small>{[memberName(about.staff, about.staff_name), about.duration_seconds && clock(about.duration_seconds)].filter(Boolean).join(" / ")}</small>
    </span>
  );
}

function Candidates({ one, set }: { one: CaseDetail; set: (one: CaseDetail) => void }) {
  const w = l().cases;
  const { run, isBusy, problem } = useAct();
  const add = (recording: string) =>
    run(async () => {
      set(await link(one.id, recording));
      say(w.linked);
    });
  return (
    <section class="card">
      <h2>{w.candidates}</h2>
      <p class="note">{one.candidates.length > 0 ? w.candidatesNote : w.noCandidates}</p>
      {problem && <ShowProblem problem={problem} />}
      <ul class="found">
        {one.candidates.map((candidate) => (
          <li key={candidate.recording_id}>
            <span>
              <Recording about={candidate} />
              <span class="tags">
                {candidate.reasons.map((reason) => (
                  <span key={reason} class="tag">
                    {w.reason[reason]}
                  </span>
                ))}
              </span>
            </span>
            <span class="does">
              <a class="button" href={placeOf(["calls", candidate.recording_id])}>
                {w.listen}
              </a>
              <button type="button" class="primary" disabled={isBusy} onClick={() => add(candidate.recording_id)}>
                {w.link}
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Leaving({ one, recording, close, set }: { one: CaseDetail; recording: string; close: () => void; set: (one: CaseDetail) => void }) {
  const w = l().cases;
  const { run, isBusy, problem } = useAct();
  const leave = () =>
    run(async () => {
      set(await unlink(one.id, recording));
      say(w.unlinked);
      close();
    });
  return (
    <Dialog title={w.unlinkAsk} close={close}>
      <p>{w.unlinkLead}</p>
      {problem && <ShowProblem problem={problem} />}
      <p class="actions">
        <button type="button" onClick={close}>
          {w.cancel}
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={leave}>
          {w.unlink}
        </button>
      </p>
    </Dialog>
  );
}
