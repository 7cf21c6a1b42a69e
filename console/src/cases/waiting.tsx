/** What waits for one: approvals that only a second person can give, memos that nobody works on, and the cases one owns. */
import type { ComponentChildren } from "preact";
import { type Deletion, may, readDeletions } from "../api.ts";
import type { Problem } from "../problem.ts";
import { placeOf } from "../router.ts";
import { label, memberName, showDay, showShort, teamName } from "../show.ts";
import { me } from "../state.ts";
import { Banner, Loading, ShowProblem, asProblem, useLoad } from "../ui.tsx";
import { l } from "../words-later.ts";
import { type CaseItem, type Correction, isHeldNow, listCases, listCorrections, worksOn } from "./api.ts";
import { Row } from "./row.tsx";
import { type WaitingRelease, listWaitingReleases } from "./shares-api.ts";

type Page<T> = { items: T[]; next_cursor?: string | null };
/** Some of what waits, or why it can't be told. `hasMore`: there are others that were not read. */
type Waiting<T> = { items: T[]; hasMore: boolean; problem?: Problem };
type All = { releases: Waiting<WaitingRelease>; deletions: Waiting<Deletion>; corrections: Waiting<Correction>; memos: Waiting<CaseItem>; owned: Waiting<CaseItem> };

const nothing = { items: [], hasMore: false };

/** What can't be read does not hide the rest. */
async function settle<T>(page: Promise<Page<T>>, is: (one: T) => boolean = () => true): Promise<Waiting<T>> {
  try {
    const { items, next_cursor } = await page;
    return { items: items.filter(is), hasMore: Boolean(next_cursor) };
  } catch (error) {
    return { ...nothing, problem: asProblem(error) };
  }
}

/** The day that comes first of those by which something must be done. */
const urgency = (one: CaseItem) => [one.due_on ?? "9", isHeldNow(one) ? one.provisional_until! : "9"].toSorted()[0]!;
const byUrgency = (list: Waiting<CaseItem>) => ({ ...list, items: list.items.toSorted((one, other) => urgency(one).localeCompare(urgency(other))) });

async function load(): Promise<All> {
  const mine = me.value!;
  const [releases, deletions, corrections, memos, owned] = await Promise.all([
    settle(listWaitingReleases()),
    may(mine, "approve_deletion") ? settle(readDeletions("waiting"), (one) => one.approvers.includes(mine.id)) : nothing,
    may(mine, "correct") ? settle(listCorrections(), (one) => one.corrected_by !== mine.id) : nothing,
    settle(listCases("new"), (one) => worksOn(mine, one)),
    settle(listCases("in_progress"), (one) => one.owner === mine.id),
  ]);
  return { releases, deletions, corrections, memos: byUrgency(memos), owned: byUrgency(owned) };
}

const idOf = (name: string) => `waits-${name}`;

export function WaitingView() {
  const w = l().cases;
  const { value, isLoading, reload } = useLoad("waiting", load);
  if (isLoading || !value) return <Loading />;
  const names = Object.keys(value) as (keyof All)[];
  const isFree = names.every((name) => value[name].items.length === 0 && !value[name].problem && !value[name].hasMore);
  const link = (to: string[], title: string, note: string) => (
    <li>
      <h3>
        <a href={placeOf(to)}>
          <bdi>{title}</bdi>
        </a>
      </h3>
      <p class="note">
        <bdi>{note}</bdi>
      </p>
    </li>
  );
  const part = <T,>(name: keyof All, list: Waiting<T>, row: (one: T) => ComponentChildren) => <Part key={name} name={name} list={list} retry={reload} row={row} />;
  return (
    <>
      <p class="note above">{w.waitingNote}</p>
      <p class="counts">
        {names.map(
          (name) =>
            value[name].items.length > 0 && (
              <button key={name} type="button" class="plain" onClick={() => show(name)}>
                {w.waits[name]} <strong>{w.count(value[name].items.length, value[name].hasMore)}</strong>
              </button>
            ),
        )}
      </p>
      {isFree && (
        <Banner kind="good" title={w.none.waiting}>
          <p>{w.noneDetail}</p>
        </Banner>
      )}
      {part("releases", value.releases, (one) =>
        link(["cases", one.case_id], one.recipient, [label(l().releases.bases, one.basis), w.askedBy(memberName(one.requested.by), showShort(one.requested.at))].join(" / ")),
      )}
      {part("deletions", value.deletions, (one) =>
        link(["deletions"], w.callOf(showDay(one.day)), [teamName(one.team), one.reason, w.askedBy(memberName(one.requested_by, one.requested_by_name), showShort(one.requested_at))].filter(Boolean).join(" / ")),
      )}
      {part("corrections", value.corrections, (one) =>
        link(["review", one.recording_id], w.correction, w.correctedBy(memberName(one.corrected_by, one.corrected_by_name), showShort(one.corrected_at))),
      )}
      {part("memos", value.memos, (one) => (
        <Row one={one} level="h3" />
      ))}
      {part("owned", value.owned, (one) => (
        <Row one={one} level="h3" />
      ))}
    </>
  );
}

function show(name: string) {
  const heading = document.getElementById(idOf(name));
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView();
}

function Part<T>({ name, list, retry, row }: { name: keyof All; list: Waiting<T>; retry: () => void; row: (one: T) => ComponentChildren }) {
  const w = l().cases;
  if (list.items.length === 0 && !list.problem && !list.hasMore) return null;
  return (
    <section class="waits">
      <h2 id={idOf(name)} tabIndex={-1}>
        {w.waits[name]} {!list.problem && <span class="sub">{w.count(list.items.length, list.hasMore)}</span>}
      </h2>
      {list.problem ? <ShowProblem problem={list.problem} retry={retry} /> : <ol class="cases">{list.items.map(row)}</ol>}
    </section>
  );
}
