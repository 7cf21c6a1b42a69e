/** Releases: what leaves the company, on record, state by state. */
import { useState } from "preact/hooks";
import { label, memberName, showDateTime, showDay } from "../show.ts";
import { me, say } from "../state.ts";
import { l } from "../words-later.ts";
import { RequestDialog } from "./release-form.tsx";
import { StepDialog } from "./release-steps.tsx";
import type { Release, Step } from "./shares-api.ts";
import { partText } from "./part.tsx";

type Props = { id: string; recordings: [string, string][]; releases: Release[]; asks: boolean; changed: () => void };

/** What is done next stands last; taking it back stands apart from it. */
const STEPS: Step[] = ["withdraw", "refuse", "delivered", "link", "approve"];
const CLASSES: Record<Step, string> = { withdraw: "plain", refuse: "", delivered: "", link: "primary", approve: "primary" };

export function Releases({ id, recordings, releases, asks, changed }: Props) {
  const w = l().releases;
  const [isAsking, setAsking] = useState(false);
  if (releases.length === 0 && (!asks || recordings.length === 0)) return null;
  const done = (said: string) => {
    setAsking(false);
    say(said);
    changed();
  };
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <p class="note">{w.lead}</p>
      <ul class="found">
        {releases.map((one) => (
          <One key={one.id} id={id} one={one} changed={changed} />
        ))}
      </ul>
      {asks && recordings.length > 0 && (
        <p class="actions">
          <button type="button" onClick={() => setAsking(true)}>
            {w.begin}
          </button>
        </p>
      )}
      {isAsking && <RequestDialog id={id} recordings={recordings} close={() => setAsking(false)} done={() => done(w.requested)} />}
    </section>
  );
}

function One({ id, one, changed }: { id: string; one: Release; changed: () => void }) {
  const w = l().releases;
  const [step, setStep] = useState<Step>();
  const rows: [string, string][] = [
    [w.basis, [label(w.bases, one.basis), one.reference, one.basis_date && showDay(one.basis_date)].filter(Boolean).join(" / ")],
    [w.reason, one.reason],
    [w.parts, one.items.map((item) => partText(item) + (item.has_transcript ? w.withTranscript : "")).join(" / ")],
    [w.requestedBy, by(one.requested)],
    [w.approvedBy, by(one.approved)],
    [w.refusedBy, by(one.refused)],
    [w.withdrawnBy, by(one.withdrawn)],
    [w.linkUntil, one.link_expires_at ? showDateTime(one.link_expires_at) : ""],
    [w.deliveredTo, one.delivered ? [one.delivered.received_by, one.delivered.channel, showDateTime(one.delivered.at)].join(" / ") : ""],
    [w.opened, one.opened > 0 ? w.times(one.opened) : ""],
    [w.failure, label(l().shares.failure, one.failure)],
  ];
  const note = label(w.next, one.state === "requested" && one.requested.by === me.value!.id ? "mine" : one.state);
  return (
    <li class="whole">
      <span>
        <strong>
          <bdi>{one.recipient}</bdi>
        </strong>{" "}
        <span class={one.state === "requested" || one.state === "failed" ? "tag warn" : "tag"}>{label(w.state, one.state)}</span>
        {note && <p class="note">{note}</p>}
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
      </span>
      <p class="actions">
        {STEPS.filter((next) => one.can.includes(next)).map((next) => (
          <button key={next} type="button" class={CLASSES[next]} onClick={() => setStep(next)}>
            {w.step[next]}
          </button>
        ))}
      </p>
      {step && <StepDialog id={id} release={one} step={step} close={() => setStep(undefined)} changed={changed} />}
    </li>
  );
}

function by(step: Release["requested"] | null): string {
  return step ? [memberName(step.by), showDateTime(step.at), step.reason].filter(Boolean).join(" / ") : "";
}
