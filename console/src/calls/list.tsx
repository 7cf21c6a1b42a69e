import type { Call } from "../api.ts";
import { Icon } from "../icons.tsx";
import { placeOf } from "../router.ts";
import { counterpartOf, label, memberName, showExpiry, showShort, showTime, teamName } from "../show.ts";
import { t } from "../state.ts";
import { clock } from "../time.ts";

/** A table on a wide screen; CSS makes cards of its rows on a phone. */
export function CallList({ items }: { items: Call[] }) {
  const w = t().calls;
  return (
    <table class="calls">
      <caption class="hidden">{w.list}</caption>
      <thead>
        <tr>
          <th scope="col">{w.when}</th>
          <th scope="col">{w.counterpart}</th>
          <th scope="col">{w.staff}</th>
          <th scope="col" class="number">
            {w.duration}
          </th>
          <th scope="col">{w.expiry}</th>
          <th scope="col">{w.state}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((call) => (
          <Row key={call.id} call={call} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ call }: { call: Call }) {
  const direction = label(t().codes.direction, call.direction);
  return (
    <tr>
      <th scope="row" class="when">
        <a href={placeOf(["calls", call.id])}>
          <span>{showShort(call.started_at)}</span> <span class="time">{showTime(call.started_at)}</span>
        </a>
      </th>
      <td class="party">
        <span class="direction" title={direction}>
          <Icon name={call.direction} />
          <span class="hidden">{direction}</span>
        </span>
        <bdi>{counterpartOf(call)}</bdi>
      </td>
      <td class="staff">
        <bdi>{memberName(call.staff, call.staff_name)}</bdi>
        {call.team && (
          <small>
            <bdi>{teamName(call.team, call.team_name)}</bdi>
          </small>
        )}
      </td>
      <td class="number long">{clock(call.duration_seconds)}</td>
      <td class="until">
        <Expiry call={call} />
      </td>
      <td class="state">
        <States call={call} />
      </td>
    </tr>
  );
}

export function Expiry({ call }: { call: Call }) {
  const w = t().calls;
  const expiry = showExpiry(call);
  if (!expiry) return <span>–</span>;
  return (
    <>
      <span class="date">{w.until(expiry.until)}</span> <small class={expiry.left <= 7 ? "soon" : ""}>{w.left(expiry.left)}</small>
    </>
  );
}

function States({ call }: { call: Call }) {
  const w = t().calls;
  return (
    <>
      {call.state !== "active" && <span class="tag warn">{label(t().codes.state, call.state)}</span>}
      {call.holds > 0 && <span class="tag info">{w.held}</span>}
      {call.objection && <span class="tag warn">{w.objection}</span>}
      {!!call.notes && <span class="tag">{w.notes(call.notes)}</span>}
    </>
  );
}
