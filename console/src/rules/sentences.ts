/** A rulebook's policy, in sentences. It is read here to be shown; what it means is decided by the API alone. */
import { label, purposeName, showDay } from "../show.ts";
import { t } from "../state.ts";
import { l } from "../words-later.ts";
import { type Table, parseToml } from "./toml.ts";

export type Section = { title: string; lines: string[] };
export type Reading = { company: string; sections: Section[]; isWhole: boolean };

const table = (value: unknown): Table => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {});
const list = (value: unknown): Table[] => (Array.isArray(value) ? value.map(table) : []);
const text = (value: unknown, other = ""): string => (typeof value === "string" ? value : other);
const count = (value: unknown, other: number): number => (typeof value === "number" ? value : other);

/** What these sentences tell. Anything else in a policy is only in its text. */
const TOLD = ["company", "purpose", "retention", "keeping", "access", "limits", "handover", "deputy", "line", "notice", "origin_copy"];

/** The name of a member, by the id. */
type NameOf = (id: string) => string;

/** `null` where it is no TOML. */
export function readPolicy(policy: string, nameOf: NameOf): Reading | null {
  let read: Table;
  try {
    read = parseToml(policy);
  } catch {
    return null;
  }
  const w = l().rules;
  const purpose = table(read.purpose);
  const others = (Array.isArray(purpose.others) ? purpose.others : []).map((one) => purposeName(text(one)));
  const keeping = table(read.keeping);
  const limits = table(read.limits);
  const sections = [
    { title: w.purposes, lines: [w.purposeIs(purposeName(text(purpose.default))), others.length > 0 ? w.purposeOthers(others.join(t().frame.join)) : ""] },
    {
      title: w.periods,
      lines: [...periods(list(read.retention)), w.settle(count(keeping.settle_hours, 72)), w.quarantine(count(keeping.quarantine_days, 90)), w.auditKeep(count(keeping.audit_days, 1096))],
    },
    { title: w.permission, lines: permission(table(read.access)) },
    { title: w.standIns, lines: [...list(read.handover).map((one) => handover(one, nameOf)), ...list(read.deputy).map((one) => deputy(one, nameOf))] },
    { title: w.limits, lines: [w.perHour(count(limits.plays_per_hour, 60), count(limits.downloads_per_hour, 20), count(limits.exports_per_hour, 20))] },
    { title: w.lines, lines: list(read.line).map((line) => [text(line.name), text(line.number), text(line.queue), text(line.team)].filter(Boolean).join(" / ")) },
    { title: t().call.notice, lines: list(read.notice).map(notice) },
    { title: w.origin, lines: list(read.origin_copy).map(originCopy) },
  ];
  return {
    company: text(table(read.company).name),
    sections: sections.map(({ title, lines }) => ({ title, lines: lines.filter(Boolean) })).filter(({ lines }) => lines.length > 0),
    isWhole: Object.keys(read).every((name) => TOLD.includes(name)),
  };
}

function periods(rules: Table[]): string[] {
  const w = l().rules;
  return rules.map((rule) => {
    const when = table(rule.when);
    const days = count(rule.keep_days, 0);
    const parts = [text(when.team), text(when.line) && w.whenLine(text(when.line)), text(when.direction) && label(t().codes.direction, text(when.direction))];
    const said = parts.filter(Boolean).join(t().frame.join);
    if (said) return w.keepWhen(said, days);
    return rules.length === 1 ? w.keepAll(days) : w.keepRest(days);
  });
}

function permission(access: Table): string[] {
  const w = l().rules;
  const days = count(access.staff_view_days, 7);
  return [
    w.admins(count(access.admin_limit, 2)),
    access.manager_download === true ? w.managersDownload : w.managersHear,
    access.staff === "own_calls" ? w.staffOwn(days) : w.staffNone(days),
    typeof access.age_limit_days === "number" ? w.ageLimit(access.age_limit_days) : "",
  ];
}

/** From a first day until a last one, or without an end. */
function between(from: string, until: string): string {
  const w = l().rules;
  return until ? w.fromUntil(showDay(from), showDay(until)) : w.fromOn(showDay(from));
}

function handover(one: Table, nameOf: NameOf): string {
  return l().rules.handover(nameOf(text(one.to)), nameOf(text(one.from)), between(text(one.since), text(one.until)));
}

function deputy(one: Table, nameOf: NameOf): string {
  return l().rules.deputy(nameOf(text(one.member)), text(one.team), between(text(one.from), text(one.until)));
}

function notice(one: Table): string {
  const w = l().rules;
  const said = text(one.text);
  const where = [text(one.line) && w.whenLine(text(one.line)), text(one.direction) && label(t().codes.direction, text(one.direction)), label(t().codes.notice, text(one.placed))];
  return `${where.filter(Boolean).join(t().frame.join)}${said ? `: ${said}` : ""}`;
}

function originCopy(one: Table): string {
  const w = l().rules;
  const kept = typeof one.kept === "number" ? w.originDays(one.kept) : ["none", "なし"].includes(text(one.kept)) ? w.originNone : w.originUnknown;
  const by = text(one.checked_by);
  return `${text(one.source)}: ${kept}${by ? w.originBy(by, text(one.checked_on)) : ""}`;
}
