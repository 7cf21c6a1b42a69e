/** The report of who may do what, brought into the rows and figures that people read. */
import type { components } from "../../dist/openapi.d.ts";

type Wire = components["schemas"];
export type Permissions = Wire["Permissions"];
export type Person = Wire["MemberItem"];
export type Right = Wire["RightItem"];

/** What may be done, in the order in which it weighs. */
export const ACTIONS = ["play", "download", "share", "release", "view", "read_notes", "custody", "hold", "delete"] as const;
export type Action = (typeof ACTIONS)[number];

/** With some recordings the same may be done: whose they are, together. */
export type Row = { whose: Right[]; isEverything: boolean; can: string[] };

const ROLES: Wire["Role"][] = ["admin", "manager", "staff", "auditor"];

export const teamsOf = (items: Person[]) => [...new Set(items.flatMap(({ rights }) => rights.flatMap(({ team }) => team ?? [])))].sort();

/** One's own calls and those that were handed over may be of any team. */
const reaches = (right: Right, team: string) => (right.whose === "team" ? right.team === team : right.whose !== "no_team");

export function rowsOf(person: Person, teams: string[], team: string): Row[] {
  const rows = new Map<string, Right[]>();
  for (const right of person.rights) {
    if (team && !reaches(right, team)) continue;
    const key = [...right.can].sort().join();
    rows.set(key, [...(rows.get(key) ?? []), right]);
  }
  return [...rows.values()].map((whose) => {
    const has = (one: string | null) => whose.some((right) => (one === null ? right.whose === "no_team" : right.team === one));
    return { whose, isEverything: !team && has(null) && teams.every(has), can: whose[0]!.can };
  });
}

/** Whether one may do something with any of the recordings, or with those of a team. */
export const mayDo = (person: Person, action: Action, team: string) => person.rights.some((right) => (!team || reaches(right, team)) && right.can.includes(action));

/** Who may most comes first. */
export const byRole = (items: Person[]) => items.toSorted((one, other) => ROLES.indexOf(one.role) - ROLES.indexOf(other.role));
