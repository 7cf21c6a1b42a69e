/** What holds keep, and why. */
import { placeOf } from "../router.ts";
import { label, showDateTime } from "../show.ts";
import { locale, t } from "../state.ts";
import { Banner } from "../ui.tsx";
import { l } from "../words-later.ts";
import { showEstimate } from "./estimate.ts";
import type { Retention } from "./kept-api.ts";

type Held = Retention["held"];

const kindOf = (kind: string) => label(t().holds.kind, kind);

export function HeldCalls({ held }: { held: Held }) {
  const w = l().kept;
  const [calls, recordings] = [held.calls.toLocaleString(locale.value), held.recordings.toLocaleString(locale.value)];
  return (
    <section class="card">
      <h2>{w.held}</h2>
      {held.calls === 0 && <Banner kind="info" title={w.heldNone} />}
      {held.calls > 0 && (
        <>
          <p>{w.heldSum(calls, recordings)}</p>
          {held.storage && <p>{w.heldAbout(showEstimate(held.storage))}</p>}
          {!held.is_exact && <p class="note">{w.heldMore}</p>}
          <Kinds held={held} />
          <List items={held.items} />
        </>
      )}
    </section>
  );
}

function Kinds({ held }: { held: Held }) {
  const w = l().kept;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={w.held}>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.heldWhy}</th>
            <th scope="col" class="number">
              {w.calls}
            </th>
            <th scope="col" class="number">
              {w.heldRecordings}
            </th>
            <th scope="col">{w.storage}</th>
            <th scope="col">{w.heldOldest}</th>
            <th scope="col">{w.heldNext}</th>
          </tr>
        </thead>
        <tbody>
          {held.by_kind.map((one) => (
            <tr key={one.kind}>
              <th scope="row">{kindOf(one.kind)}</th>
              <td class="number">{one.calls || <span class="zero">0</span>}</td>
              <td class="number">{one.recordings || <span class="zero">0</span>}</td>
              <td>{(one.calls > 0 && showEstimate(one.storage)) || "–"}</td>
              <td>{one.oldest_at ? showDateTime(one.oldest_at) : "–"}</td>
              <td>{one.next_end_at ? showDateTime(one.next_end_at) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function List({ items }: { items: Held["items"] }) {
  const w = l().kept;
  const hasNames = items.some((item) => item.recording_id);
  return (
    <>
      <h3>{w.heldList}</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label={w.heldList}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.heldSince}</th>
              <th scope="col">{w.heldWhy}</th>
              <th scope="col">{w.heldUntil}</th>
              {hasNames && <th scope="col">{w.heldLinks}</th>}
            </tr>
          </thead>
          <tbody>
            {items.map((item, at) => (
              <tr key={at}>
                <th scope="row">{showDateTime(item.placed_at)}</th>
                <td>{kindOf(item.kind)}</td>
                <td>{item.until ? showDateTime(item.until) : w.heldOpen}</td>
                {hasNames && (
                  <td>
                    {item.recording_id && <a href={placeOf(["calls", item.recording_id])}>{w.heldCall}</a>}
                    {item.recording_id && item.case_id && " / "}
                    {item.case_id && <a href={placeOf(["cases", item.case_id])}>{w.heldCase}</a>}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!hasNames && <p class="note">{w.heldAdmins}</p>}
    </>
  );
}
