import type { ComponentChildren } from "preact";
import type { CallDetail } from "../api.ts";
import { Icon } from "../icons.tsx";
import { showNumber } from "../number.ts";
import { className, counterpartOf, label, memberName, purposeName, showBytes, showDateTime, showExpiry, teamName } from "../show.ts";
import { t } from "../state.ts";
import { clock } from "../time.ts";
import { copyText } from "../ui.tsx";

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Copy({ text, what }: { text: string; what: string }) {
  return (
    <button type="button" class="copy" aria-label={`${t().frame.copy}: ${what}`} onClick={() => void copyText(text)}>
      <Icon name="copy" />
    </button>
  );
}

export function Facts({ call }: { call: CallDetail }) {
  const w = t().call;
  const codes = t().codes;
  const text = (value: string | null | undefined) => <bdi>{value}</bdi>;
  return (
    <section class="card">
      <h2>{w.facts}</h2>
      <dl class="facts">
        <Fact name={w.counterpart}>
          {text(counterpartOf(call))}
          {call.counterpart && <Copy text={call.counterpart} what={w.counterpart} />}
        </Fact>
        <Fact name={w.when}>{showDateTime(call.started_at)}</Fact>
        <Fact name={w.direction}>{label(codes.direction, call.direction)}</Fact>
        <Fact name={w.duration}>{clock(call.duration_seconds)}</Fact>
        {call.staff && <Fact name={w.staff}>{text(memberName(call.staff, call.staff_name))}</Fact>}
        {call.team && <Fact name={w.team}>{text(teamName(call.team, call.team_name))}</Fact>}
        {call.line && <Fact name={w.line}>{text(call.line)}</Fact>}
        <Fact name={w.notice}>{label(codes.notice, call.notice)}</Fact>
        <Fact name={w.expiry}>
          <Until call={call} />
        </Fact>
      </dl>
      <Conflicts call={call} />
      <details>
        <summary>{w.more}</summary>
        <dl class="facts">
          <Fact name={w.state}>{label(codes.state, call.state)}</Fact>
          <Fact name={w.purpose}>{purposeName(call.purpose)}</Fact>
          <Fact name={w.retentionClass}>{text(className(call.retention_class))}</Fact>
          {call.our_number && <Fact name={w.ourNumber}>{text(showNumber(call.our_number))}</Fact>}
          {call.extension && <Fact name={w.extension}>{text(call.extension)}</Fact>}
          {call.queue && <Fact name={w.queue}>{text(call.queue)}</Fact>}
          {call.content_type && (
            <Fact name={w.format}>
              {text(call.content_type)} {call.channels ? w.channels(call.channels) : ""}
            </Fact>
          )}
          <Fact name={w.size}>{showBytes(call.size)}</Fact>
          <Fact name={w.source}>{text(call.source)}</Fact>
          <Fact name={w.callId}>
            {text(call.call_id)}
            <Copy text={call.call_id} what={w.callId} />
          </Fact>
          {call.sha256 && (
            <Fact name={w.sha}>
              <code>{call.sha256.slice(0, 16)}…</code>
              <Copy text={call.sha256} what={w.sha} />
            </Fact>
          )}
        </dl>
        <Ignored call={call} />
      </details>
    </section>
  );
}

function Until({ call }: { call: CallDetail }) {
  const w = t();
  const expiry = showExpiry(call);
  if (!expiry) return <>{call.holds > 0 ? w.call.expiryNone : w.call.expiryUnknown}</>;
  return (
    <>
      {w.calls.until(expiry.until)} <small class={expiry.left <= 7 ? "soon" : ""}>{w.calls.left(expiry.left)}</small>
      {call.holds > 0 && <span class="tag info">{w.calls.held}</span>}
    </>
  );
}

function Conflicts({ call }: { call: CallDetail }) {
  const w = t().call;
  const { fact, origin } = t().codes;
  if (call.conflicts.length === 0) return null;
  return (
    <div class="banner warn">
      <strong>{w.conflicts}</strong>
      <ul>
        {call.conflicts.map((one) => (
          <li key={`${one.fact} ${one.refused}`}>{w.conflict(label(fact, one.fact), label(origin, one.stands), label(origin, one.refused))}</li>
        ))}
      </ul>
    </div>
  );
}

function Ignored({ call }: { call: CallDetail }) {
  const w = t().call;
  if (call.ignored.length === 0) return null;
  return (
    <>
      <h3>{w.ignored}</h3>
      <ul class="plain-list">
        {call.ignored.map(({ name, value }) => (
          <li key={`${name} ${value}`}>
            <bdi>{label(t().codes.fact, name)}</bdi>: <bdi>{value}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
