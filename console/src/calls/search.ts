/** One search, kept in memory while one looks at its calls: going back asks nothing again, for every search is recorded. */
import { signal } from "@preact/signals";
import { type Call, type Deleted, type Note, searchCalls, searchNotes } from "../api.ts";
import { readNumber } from "../number.ts";
import { Problem } from "../problem.ts";
import { daysAgo, today } from "../show.ts";
import { zone } from "../state.ts";
import { addDays, daysBetween, startOf } from "../time.ts";
import { asProblem } from "../ui.tsx";

export type Period = "today" | "7d" | "30d" | "400d" | "custom";
export type Filters = {
  period: Period;
  from: string;
  to: string;
  number: string;
  staff: string;
  team: string;
  line: string;
  /** `true` for calls that have notes alone. */
  notes: string;
  /** What a note says. */
  text: string;
};
export type Search = {
  filters: Filters;
  from: string;
  to: string;
  items: Call[];
  /** Where notes are searched: those of each call that have the text. */
  notes: Map<string, Note[]>;
  /** What was deleted of the number, where nothing is found. */
  deleted: Deleted[];
  cursor: string | null;
  isLoading: boolean;
  problem?: Problem;
};

/** The API searches at most this far in one request. */
export const LONGEST_DAYS = 400;
/** Empty pages that are followed by themselves; then the person decides. */
const EMPTY_PAGES = 8;
const PAGE = 50;

export const search = signal<Search | null>(null);

export const noFilters = (): Filters => ({ period: "7d", from: "", to: "", number: "", staff: "", team: "", line: "", notes: "", text: "" });

/** Whether something beside the period and the number is asked for. */
export const isNarrowed = ({ staff, team, line, notes, text }: Filters) => Boolean(staff || team || line || notes || text.trim());

/** Filters out of a fragment. No number and nothing of a note is in one: addresses are kept by browsers and copied by people. */
export function filtersOf(query: Record<string, string>): Filters {
  const periods: Period[] = ["today", "7d", "30d", "400d", "custom"];
  const period = periods.find((one) => one === query.period) ?? "7d";
  const { from = "", to = "", staff = "", team = "", line = "", notes = "" } = query;
  return { period, from, to, staff, team, line, notes: notes === "true" ? notes : "", number: "", text: "" };
}

export function queryOf(filters: Filters): Record<string, string> {
  const { number: _, text: __, period, from, to, ...rest } = filters;
  const dates: Record<string, string> = period === "custom" ? { from, to } : {};
  return { ...rest, ...dates, ...(period === "7d" ? {} : { period }) };
}

export function sameQuery(one: Filters, other: Filters): boolean {
  return JSON.stringify(queryOf(one)) === JSON.stringify(queryOf(other));
}

/** The first and the last day. */
export function daysOf(filters: Filters): { from: string; to: string } | "unreadable" {
  const back = { today: 0, "7d": 6, "30d": 29, "400d": LONGEST_DAYS - 2 };
  if (filters.period !== "custom") return { from: daysAgo(back[filters.period]), to: today() };
  const { from, to } = filters;
  const day = /^\d{4}-\d\d-\d\d$/;
  if (!day.test(from) || !day.test(to) || from > to || daysBetween(from, to) > LONGEST_DAYS - 2) return "unreadable";
  return { from, to };
}

function requestOf(filters: Filters, days: { from: string; to: string }) {
  const number = readNumber(filters.number);
  const text = filters.text.trim();
  return {
    from: startOf(days.from, zone()),
    to: startOf(addDays(days.to, 1), zone()),
    ...(number === "unreadable" ? {} : number),
    staff: filters.staff,
    team: filters.team,
    line: filters.line,
    // What has a note that says something has notes.
    ...(text ? { text } : { notes: filters.notes }),
  };
}
export const requestOfSearch = (found: Search) => requestOf(found.filters, found);

let current: AbortController | undefined;

export async function startSearch(filters: Filters) {
  const days = daysOf(filters);
  if (days === "unreadable" || readNumber(filters.number) === "unreadable") return;
  search.value = { filters, ...days, items: [], notes: new Map(), deleted: [], cursor: null, isLoading: true };
  await next(search.value, undefined);
}

export async function showMore() {
  const found = search.value;
  if (!found?.cursor || found.isLoading) return;
  search.value = { ...found, isLoading: true, problem: undefined };
  await next(search.value, found.cursor);
}

type Found = { calls: Call[]; noted: [string, Note[]][]; deleted: Deleted[]; next: string | null };

async function readPage(filters: Filters, query: ReturnType<typeof requestOf> & { cursor?: string | null }, signal: AbortSignal): Promise<Found> {
  if (!filters.text.trim()) {
    const { items, deleted = [], next_cursor } = await searchCalls({ ...query, limit: PAGE }, signal);
    return { calls: items, noted: [], deleted, next: next_cursor ?? null };
  }
  const { items, next_cursor } = await searchNotes({ ...query, limit: PAGE }, signal);
  return { calls: items.map(({ recording }) => recording), noted: items.map(({ recording, notes }) => [recording.id, notes]), deleted: [], next: next_cursor ?? null };
}

/** Follows pages until one has something: a page may be empty while there is more. */
async function next(found: Search, cursor: string | undefined) {
  current?.abort();
  const mine = (current = new AbortController());
  let items = found.items;
  let { deleted, notes } = found;
  let at: string | null | undefined = cursor;
  try {
    for (let round = 0; round < EMPTY_PAGES; round += 1) {
      const page = await readPage(found.filters, { ...requestOf(found.filters, found), cursor: at }, mine.signal);
      items = [...items, ...page.calls];
      notes = new Map([...notes, ...page.noted]);
      deleted = [...deleted, ...page.deleted];
      at = page.next;
      if (page.calls.length > 0 || !at) break;
    }
    search.value = { ...found, items, notes, deleted, cursor: at ?? null, isLoading: false };
  } catch (error) {
    if (mine.signal.aborted) return;
    search.value = { ...found, items, notes, cursor: at ?? null, isLoading: false, problem: asProblem(error) };
  }
}
