import type { Call, Note } from "../api.ts";
import { placeOf } from "../router.ts";
import { counterpartOf, memberName, showShort, showTime, teamName } from "../show.ts";
import { t } from "../state.ts";
import { excerptOf } from "./excerpt.ts";

/** The calls of which a note has the words, each with what its notes say. */
export function NotedList({ items, notes, wanted }: { items: Call[]; notes: Map<string, Note[]>; wanted: string }) {
  return (
    <ul class="noted" aria-label={t().calls.list}>
      {items.map((call) => (
        <li key={call.id} class="card">
          <p class="of-call">
            <a href={placeOf(["calls", call.id])}>
              {showShort(call.started_at)} {showTime(call.started_at)} <bdi>{counterpartOf(call)}</bdi>
            </a>
            <small>
              <bdi>{[memberName(call.staff, call.staff_name), teamName(call.team, call.team_name)].filter(Boolean).join(t().frame.join)}</bdi>
            </small>
          </p>
          {notes.get(call.id)?.map((note) => (
            <blockquote key={note.event_id}>
              <p class="text">
                <bdi>{excerptOf(note.text, wanted).map(({ text, isWanted }) => (isWanted ? <mark>{text}</mark> : text))}</bdi>
              </p>
              <p class="by">
                <bdi>{memberName(note.staff, note.staff_name)}</bdi>
                <time dateTime={note.at}>
                  {showShort(note.at)} {showTime(note.at)}
                </time>
              </p>
            </blockquote>
          ))}
        </li>
      ))}
    </ul>
  );
}
