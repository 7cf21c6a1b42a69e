import { useState } from "preact/hooks";
import { type Custody as Chain, type CustodyEvent, readCustody } from "../api.ts";
import { label, memberName, purposeName, showDateTime, showShort, showTime } from "../show.ts";
import { t } from "../state.ts";
import { Banner, Loading, ShowProblem, useLoad } from "../ui.tsx";

/** Asked for by a press: reading it is an event of its own. */
export function Custody({ id }: { id: string }) {
  const w = t().call;
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="card">
      <h2>{w.custody}</h2>
      {isOpen ? (
        <CustodyList id={id} />
      ) : (
        <>
          <p class="note">{w.custodyNote}</p>
          <p>
            <button type="button" onClick={() => setOpen(true)}>
              {w.custodyShow}
            </button>
          </p>
        </>
      )}
    </section>
  );
}

/** Every page of it: a chain says something only as a whole. */
export async function readWhole(id: string): Promise<Chain> {
  let chain = await readCustody(id);
  while (chain.next_cursor) {
    const page = await readCustody(id, chain.next_cursor);
    chain = { items: [...chain.items, ...page.items], next_cursor: page.next_cursor, verified: chain.verified && page.verified };
  }
  return chain;
}

export function CustodyList({ id }: { id: string }) {
  const w = t().call;
  const { value, problem, isLoading, reload } = useLoad(id, () => readWhole(id));
  if (isLoading) return <Loading />;
  if (problem) return <ShowProblem problem={problem} retry={reload} />;
  if (!value) return null;
  return (
    <>
      {value.verified ? <p class="verified">{w.verified}</p> : <Banner kind="error" title={w.broken} />}
      <ol class="custody">
        {value.items.map((event) => (
          <Event key={event.event_id} event={event} />
        ))}
      </ol>
    </>
  );
}

const FUNCTIONS = ["index", "ingest", "jobs", "sweep", "retrieve", "govern", "cases", "clip", "deliver", "seal"];

function Event({ event }: { event: CustodyEvent }) {
  const w = t().call;
  const { codes } = t();
  const who = FUNCTIONS.includes(event.actor) ? w.system : memberName(event.actor, event.actor_name);
  const what = label(codes.custody, event.kind);
  const { continues, use, quarantine_reason: reason, rulebook_version: version, object_gone_at: gone } = event.facts;
  const notes = [
    continues && w.renewal,
    typeof use === "string" && purposeName(use),
    typeof reason === "string" && label(codes.quarantine, reason),
    typeof gone === "string" && w.goneSince(showDateTime(gone)),
    typeof version === "number" && w.byRulebook(version),
  ].filter(Boolean);
  return (
    <li>
      <time dateTime={event.at}>
        {showShort(event.at)} {showTime(event.at)}
      </time>
      <p>
        <strong>{what}</strong> <bdi>{who}</bdi>
        {notes.length > 0 && <span class="note"> {notes.join(" / ")}</span>}
      </p>
      {event.texts.reason && (
        <p class="text">
          <bdi>{event.texts.reason}</bdi>
        </p>
      )}
    </li>
  );
}
