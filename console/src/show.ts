/** Values in the words of the language and in the company's zone. */
import { addDays, clock, dayOf, daysBetween, lastDay } from "./time.ts";
import { directory, locale, t, zone } from "./state.ts";
import { showNumber } from "./number.ts";
import type { Call } from "./api.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: Date, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale.value} ${zone()} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale.value, { timeZone: zone(), ...options })));
  return made.format(at);
}

const DATE: Intl.DateTimeFormatOptions = { year: "numeric", month: "numeric", day: "numeric", weekday: "short" };
const SHORT: Intl.DateTimeFormatOptions = { month: "numeric", day: "numeric", weekday: "short" };
const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export const showTime = (at: string | Date) => format(new Date(at), TIME);
export const showDate = (at: string) => format(new Date(at), DATE);
export const showDateTime = (at: string) => `${format(new Date(at), DATE)} ${showTime(at)}`;
/** This year's dates need no year. */
export function showShort(at: string): string {
  const sameYear = dayOf(at, zone()).slice(0, 4) === dayOf(new Date(), zone()).slice(0, 4);
  return format(new Date(at), sameYear ? SHORT : DATE);
}
/** A day of the company, without a time. Noon is the same day in every zone that is near. */
export function showDay(day: string): string {
  const at = new Date(`${day}T12:00:00Z`);
  const made = new Intl.DateTimeFormat(locale.value, { timeZone: "UTC", ...SHORT, year: yearOf(day) });
  return Number.isNaN(at.getTime()) ? day : made.format(at);
}
/** The same with its year always: what is kept on paper is read in other years. */
export const showFullDay = (day: string) => format(new Date(`${day}T12:00:00Z`), DATE);
function yearOf(day: string): "numeric" | undefined {
  return day.slice(0, 4) === dayOf(new Date(), zone()).slice(0, 4) ? undefined : "numeric";
}

export const today = () => dayOf(new Date(), zone());
export const daysAgo = (days: number) => addDays(today(), -days);

/** Until when it can be heard, and how many days that is. */
export function showExpiry(call: Call): { until: string; left: number } | null {
  if (!call.expires_at) return null;
  const last = lastDay(call.expires_at, zone());
  return { until: showDay(last), left: daysBetween(today(), last) };
}

export function memberName(id: string | null | undefined, name?: string | null): string {
  if (!id) return "";
  return name || directory.value.members.find((member) => member.id === id)?.name || id;
}
export function teamName(id: string | null | undefined, name?: string | null): string {
  if (!id) return "";
  return name || directory.value.teams.find((team) => team.id === id)?.name || id;
}
export function lineName(id: string | null | undefined): string {
  if (!id) return "";
  return directory.value.lines.find((line) => line.id === id)?.name || id;
}
export function className(id: string): string {
  return directory.value.classes.find((one) => one.id === id)?.name || id;
}
export function purposeName(id: string): string {
  const words = t().codes.purpose as Record<string, string>;
  return directory.value.purposes.find((one) => one.id === id)?.name || words[id] || id;
}
export function label(table: Record<string, string>, code: string | null | undefined): string {
  return code ? (table[code] ?? code) : "";
}

/** The other party: a number, or why there is none. */
export function counterpartOf(call: Pick<Call, "counterpart" | "counterpart_absent">): string {
  if (call.counterpart) return showNumber(call.counterpart);
  return label(t().codes.absent, call.counterpart_absent ?? "unknown");
}

export function showBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${size.toLocaleString(locale.value, { maximumFractionDigits: 1 })} ${unit}`;
}

/** Ranges of a recording: `0:42–1:10`. */
export const rangesOf = (ranges: { from_seconds: number; to_seconds: number }[]) =>
  ranges.map(({ from_seconds, to_seconds }) => `${clock(from_seconds)}–${clock(to_seconds)}`).join(t().frame.join);
