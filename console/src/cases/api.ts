/** The API's cases, typed. Loaded with the pages that use it. */
import type { components } from "../../dist/openapi.d.ts";
import { type Me, id, json, may } from "../api.ts";


type Wire = components["schemas"];
export type Kind = Wire["CaseKind"];
export type State = Wire["CaseState"];
export type Outcome = Wire["CaseOutcome"];
export type CaseItem = Wire["CaseItem"];
export type Ability = Wire["CaseAction"];
export type CaseDetail = Wire["CaseDetail"];
export type Candidate = Wire["CandidateItem"];
export type Memo = Wire["MemoRequest"];
export type Cases = Wire["CaseList"];
export type Correction = Wire["CorrectionItem"];

export const KINDS: Kind[] = ["complaint", "harassment", "incident", "legal", "disclosure", "stop_use", "investigation"];

export const listCases = (state?: State, cursor?: string | null) => json<Cases>("GET", "/api/cases", { query: { state, limit: 50, cursor } });
export const readCase = (one: string) => json<CaseDetail>("GET", `/api/cases/${id(one)}`);
export const writeMemo = (body: Memo) => json<CaseItem>("POST", "/api/cases", { body });
export const link = (one: string, recording_id: string) => json<CaseDetail>("POST", `/api/cases/${id(one)}/recordings`, { body: { recording_id } });
export const unlink = (one: string, recording: string) => json<CaseDetail>("DELETE", `/api/cases/${id(one)}/recordings/${id(recording)}`);
export const closeCase = (one: string, body: Wire["CloseRequest"]) => json<CaseDetail>("POST", `/api/cases/${id(one)}/close`, { body });

export const listCorrections = () => json<Wire["CorrectionsPage"]>("GET", "/api/corrections", { query: { limit: 50 } });

/** Whether the calls that a memo may mean are still held for it. */
export const isHeldNow = (one: CaseItem) => one.state !== "closed" && one.provisional_until != null && Date.parse(one.provisional_until) > Date.now();

/** What can come of a case. */
export function outcomesOf(kind: Kind): Outcome[] {
  if (kind === "disclosure") return ["disclosed_whole", "disclosed_part", "refused", "none_held", "withdrawn"];
  if (kind === "stop_use") return ["resolved", "refused", "none_held", "withdrawn"];
  return ["resolved", "unresolved", "withdrawn"];
}
/** The person who was not given all they asked for is told why. */
export const needsReason = (outcome: Outcome) => outcome === "disclosed_part" || outcome === "refused";

/** Whether it waits for one. Of one case the API itself says what one can do. */
export function worksOn(me: Me, one: CaseItem): boolean {
  if (!may(me, "work_on_cases")) return false;
  if (me.role === "admin" || one.owner === me.id) return true;
  return one.kind !== "investigation" && me.manages.includes(one.team ?? "");
}
