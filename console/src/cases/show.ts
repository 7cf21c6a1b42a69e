/** What a case says of its call, in words. */
import { label, memberName, showDateTime, showDay, showShort, showTime } from "../show.ts";
import { showNumber } from "../number.ts";
import { t, zone } from "../state.ts";
import { dayOf } from "../time.ts";
import { l } from "../words-later.ts";
import type { CaseItem } from "./api.ts";

const isStart = (at: string) => /T00:00:00/.test(at);
const isEnd = (at: string) => /T23:59:59/.test(at);

/** A moment, a day, or from one to another. */
export function timeOf({ from, to }: CaseItem): string {
  const w = l().cases;
  if (from === to) return `${showShort(from)} ${showTime(from)}`;
  const [first, last] = [dayOf(from, zone()), dayOf(new Date(Date.parse(to) - 1000), zone())];
  const isWhole = isStart(from) && (isEnd(to) || isStart(to));
  if (first === last && isWhole) return showDay(first);
  return isWhole ? w.between(showDay(first), showDay(last)) : w.between(showDateTime(from), showDateTime(to));
}

/** The other party's number, its end, why there was none, or nothing. */
export function partyOf({ counterpart, counterpart_absent, last4 }: CaseItem): string {
  if (counterpart) return showNumber(counterpart);
  if (last4) return l().cases.last4(last4);
  return label(t().codes.absent, counterpart_absent);
}

export const writerOf = ({ writer, writer_name }: CaseItem) => memberName(writer, writer_name);
export const ownerOf = ({ owner, owner_name }: CaseItem) => memberName(owner, owner_name);
