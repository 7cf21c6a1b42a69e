/** Times are the company's: every function takes its zone, none uses the browser's. */

export type Day = string; // yyyy-mm-dd
const DAY_MS = 86_400_000;

function parts(at: Date, zone: string): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

/** The day of a moment in a zone. */
export function dayOf(at: Date | string, zone: string): Day {
  const p = parts(new Date(at), zone);
  return `${p.year}-${p.month}-${p.day}`;
}

/** A day some days later, or earlier. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Days from one day to another. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

function offsetMinutes(at: Date, zone: string): number {
  const p = parts(at, zone);
  const local = Date.UTC(+p.year!, +p.month! - 1, +p.day!, +p.hour!, +p.minute!, +p.second!);
  return Math.round((local - at.getTime()) / 60_000);
}

/** A clock's time in a zone (`2026-11-03T14:05`) as RFC 3339 with its offset. */
export function zoned(local: string, zone: string): string {
  const seconds = /T\d\d:\d\d$/.test(local) ? `${local}:00` : local;
  const naive = Date.parse(`${seconds}Z`);
  // The second look settles the hour beside a change of the clocks.
  let offset = offsetMinutes(new Date(naive), zone);
  offset = offsetMinutes(new Date(naive - offset * 60_000), zone);
  const sign = offset < 0 ? "-" : "+";
  const size = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${seconds}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The first moment of a day. */
export function startOf(day: Day, zone: string): string {
  return zoned(`${day}T00:00:00`, zone);
}

/** `0:42`, `1:02:03`. */
export function clock(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The times that a text names, for jumping to them: `0:42`, `12:05`, `1:02:03`. */
export function timesIn(text: string): { at: number; length: number; seconds: number }[] {
  const found = [];
  for (const hit of text.matchAll(/(?<![\d:])(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)(?![\d:])/g)) {
    found.push({
      at: hit.index,
      length: hit[0].length,
      seconds: Number(hit[1] ?? 0) * 3600 + Number(hit[2]) * 60 + Number(hit[3]),
    });
  }
  return found;
}

/** The last day on which something that expires at this moment can be heard. */
export function lastDay(expires: string, zone: string): Day {
  return dayOf(new Date(Date.parse(expires) - 1000), zone);
}

const CLOCK = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,3}(?:\.\d{1,3})?)$/;

/** Seconds; `null` for nothing, `undefined` for what is no time. */
export function readClock(text: string): number | null | undefined {
  const plain = text.normalize("NFKC").trim();
  if (plain === "") return null;
  const found = CLOCK.exec(plain);
  if (!found || (found[2] !== undefined && Number(found[3]) >= 60)) return undefined;
  return Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + Number(found[3]);
}
