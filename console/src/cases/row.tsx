import { placeOf } from "../router.ts";
import { label, showDay, showShort, teamName, today } from "../show.ts";
import { zone } from "../state.ts";
import { dayOf, daysBetween } from "../time.ts";
import { l } from "../words-later.ts";
import { type CaseItem, isHeldNow } from "./api.ts";
import { ownerOf, partyOf, timeOf, writerOf } from "./show.ts";

/** 3 days: a reply that is due is written with some time left. */
const SOON_DAYS = 3;

/** A case in a list; its heading is one below the list's. */
export function Row({ one, level: Level = "h2" }: { one: CaseItem; level?: "h2" | "h3" }) {
  const w = l().cases;
  const party = partyOf(one);
  return (
    <li>
      <p class="tags">
        <span class="tag info">{label(w.kind, one.kind)}</span>
        <span class={one.state === "new" ? "tag warn" : "tag"}>{w.state[one.state]}</span>
        <Due one={one} />
        <Held one={one} />
      </p>
      <Level>
        <a href={placeOf(["cases", one.id])}>
          <bdi>{one.excerpt}</bdi>
        </a>
      </Level>
      <p>
        {w.about(timeOf(one))}
        {party && (
          <>
            {" / "}
            <bdi class="one-line">{party}</bdi>
          </>
        )}
      </p>
      <p class="note">
        <bdi>{w.writtenBy(writerOf(one), showShort(one.written_at))}</bdi>
        {one.team && (
          <>
            {" / "}
            <bdi>{teamName(one.team)}</bdi>
          </>
        )}
        {" / "}
        <bdi>{one.owner ? w.ownedBy(ownerOf(one)) : w.noOwner}</bdi>
      </p>
    </li>
  );
}

/** Until when somebody must be answered. */
export function Due({ one }: { one: CaseItem }) {
  const w = l().cases;
  if (!one.due_on || one.state === "closed") return null;
  const isSoon = daysBetween(today(), one.due_on) <= SOON_DAYS;
  return <span class={isSoon ? "tag warn" : "tag"}>{w.due(showDay(one.due_on))}</span>;
}

/** Until when what it may mean is kept, if nobody decides. */
export function Held({ one }: { one: CaseItem }) {
  if (!isHeldNow(one)) return null;
  const day = dayOf(one.provisional_until!, zone());
  return <span class={daysBetween(today(), day) <= SOON_DAYS ? "tag warn" : "tag"}>{l().cases.heldUntil(showDay(day))}</span>;
}
