/** The API, typed. What it calls things today and what the screens call them meet here, and nowhere else. */
import type { components } from "../dist/openapi.d.ts";
import { language, endedSession, isOnline } from "./state.ts";
import { offline, Problem, readProblem } from "./problem.ts";
import { noteServed } from "./renew.ts";

type Wire = components["schemas"];

/** What an answer may carry as soon as the API knows it. Until then ids are shown. */
type Named = { staff_name?: string | null; team_name?: string | null };
type Listed = { plays_in_browser?: boolean | null; notes?: number | null };
type Stored = { object?: { key?: string; uploaded_at?: string; size?: number } | null };

export type Session = { signed_in: boolean; idle_ends_at?: string | null; ends_at?: string | null };
export type Me = Wire["Me"];
export type Role = Wire["Role"];
export type Call = Wire["RecordingItem"] & Named & Listed & Stored;
export type CallDetail = Wire["RecordingDetail"] & Named & Stored;
export type Deleted = Wire["DeletedRecording"];
export type Calls = { items: Call[]; next_cursor?: string | null; from?: string; to?: string; deleted?: Deleted[] };
export type Link = Wire["SignedLink"];
export type Note = Wire["Note"] & Named;
export type Notes = { items: Note[]; next_cursor?: string | null };
export type NotedCall = { recording: Call; notes: Note[] };
export type CustodyEvent = Wire["CustodyEvent"] & { actor_name?: string | null };
export type Custody = { items: CustodyEvent[]; next_cursor?: string | null; verified: boolean };
export type Tombstone = Wire["Tombstone"] & Named;
export type Corrected = { state: string };
export type SourceTrial = Wire["TrialRequest"];
export type Tried = { key: string; result?: Wire["Gives"] | null; fails?: Wire["Missed"] | null };
export type SourceError = Wire["SourceError"];
export type Fault = Wire["RulebookError"];
export type RulebookWarning = Wire["RulebookWarning"];
export type Rulebook = Wire["CurrentRulebook"];
export type Published = Wire["Published"];
export type Counted = { count: number; ids?: string[] };
export type CompletenessItem = Wire["CompletenessItem"] & Named;
export type Completeness = {
  items: CompletenessItem[];
  sources: Wire["Logged"][];
  bad_rows: Wire["BadRow"][];
  pending_days: string[];
  coverage: { ja: string; en: string };
};
export type NoticeItem = Wire["NoticeItem"];
export type NoticeReport = { items: NoticeItem[]; pending_days: string[] };
export type AuditItem = Omit<Wire["AuditItem"], "asked"> & Named & { filters: Record<string, string> };
export type AuditPage = { items: AuditItem[]; next_cursor?: string | null };
export type Access = Wire["AccessReport"];
export type AdminActivity = { month: string; items: Wire["AdminMonth"][]; pending_days: string[] };
export type Named_ = { id: string; name: string };
/** Names by id, as far as one may know them. Empty where the API gives none. */
export type Directory = { members: Named_[]; teams: Named_[]; lines: Named_[]; classes: Named_[]; purposes: Named_[] };

export type Hold = Wire["HoldItem"];
export type Deletion = Wire["DeletionItem"];

type Query = Record<string, string | number | null | undefined>;
type Options = { query?: Query; body?: unknown; accept?: string; signal?: AbortSignal };

function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null && value !== "") search.set(name, String(value));
  const tail = search.toString();
  return tail ? `${path}?${tail}` : path;
}

async function request(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { "X-Rokuban": "1", "Accept-Language": language.peek() };
  if (options.accept) headers.Accept = options.accept;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(address(path, options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      cache: "no-store",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offline();
  }
  isOnline.value = true;
  noteServed(answer.headers.get("X-Rokuban-Script"));
  if (answer.ok) return answer;
  const problem = readProblem(answer.status, await answer.text(), answer.headers.get("Retry-After"));
  if (problem.status === 401) endedSession.value = true;
  throw problem;
}

export async function json<T>(method: string, path: string, options?: Options): Promise<T> {
  return (await (await request(method, path, options)).json()) as T;
}

export const id = encodeURIComponent;

export const readSession = () => json<Session>("GET", "/session");
export const stayActive = () => request("POST", "/session/active");
export const signOut = () => json<{ to: string }>("POST", "/session/logout");
export const signInAt = (fragment: string) => `/session/login?to=${encodeURIComponent(fragment)}`;

export const readMe = () => json<Me>("GET", "/api/me");

/** Names. An API without a directory leaves ids. */
export async function readDirectory(): Promise<Directory> {
  const empty: Directory = { members: [], teams: [], lines: [], classes: [], purposes: [] };
  try {
    return { ...empty, ...(await json<Partial<Directory>>("GET", "/api/directory")) };
  } catch (error) {
    if (error instanceof Problem && [403, 404].includes(error.status)) return empty;
    throw error;
  }
}

export const searchCalls = (query: Query, signal?: AbortSignal) => json<Calls>("GET", "/api/recordings", { query, signal });
/** Calls of which a note has a text, each with the notes that have it. */
export const searchNotes = (query: Query, signal?: AbortSignal) => json<Page<NotedCall>>("GET", "/api/notes", { query, signal });
export const exportFile = async (path: string, query: Query) =>
  (await request("GET", `/api${path}`, { query, accept: "text/csv" })).blob();

export async function readCall(recording: string): Promise<CallDetail> {
  return json<CallDetail>("GET", `/api/recordings/${id(recording)}`);
}

/** One of the page's own files, under the name by which the page knows it. */
export const readFile = async (name: string) => (await request("GET", fileOf(name))).text();
export const fileOf = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)!.content;

export type PlayRequest = { use: string; reason: string; continues?: string };
export const play = (recording: string, body: PlayRequest) =>
  json<Link>("POST", `/api/recordings/${id(recording)}/play`, { body });
export const download = (recording: string, body: PlayRequest) =>
  json<Link>("POST", `/api/recordings/${id(recording)}/download`, { body });

export const readNotes = (recording: string, cursor?: string) =>
  json<Notes>("GET", `/api/recordings/${id(recording)}/notes`, { query: { cursor } });
export const writeNote = (recording: string, text: string) =>
  json<Note>("POST", `/api/recordings/${id(recording)}/notes`, { body: { text } });
/** A note is known by its number in the custody of the recording it was written on. */
const noteOf = (note: Note) => `/api/recordings/${id(note.recording_id)}/notes/${note.event_id.split(".").at(-1)}`;
export const correctNote = (note: Note, text: string) => json<Note>("PUT", noteOf(note), { body: { text } });
export const withdrawNote = (note: Note) => json<Note>("DELETE", noteOf(note));
export const readCustody = (recording: string, cursor?: string) =>
  json<Custody>("GET", `/api/recordings/${id(recording)}/custody`, { query: { cursor } });

export const readHolds = async (recording: string) =>
  (await json<{ items: Hold[] }>("GET", `/api/recordings/${id(recording)}/holds`)).items;
export const placeHold = (recording: string, body: { reason: string; until?: string }) =>
  json<Hold>("POST", `/api/recordings/${id(recording)}/holds`, { body });
export const liftHold = (recording: string, hold: string, reason: string) =>
  request("DELETE", `/api/recordings/${id(recording)}/holds/${id(hold)}`, { body: { reason } });

type Page<T> = { items: T[]; next_cursor?: string | null };
export const requestDeletion = (recording: string, reason: string) =>
  json<Deletion>("DELETE", `/api/recordings/${id(recording)}`, { body: { reason } });
export const requestRedaction = (recording: string, body: { reason: string; mute: { from_seconds: number; to_seconds: number }[] }) =>
  json<Deletion>("POST", `/api/recordings/${id(recording)}/redactions`, { body });
export const readDeletions = (state: "waiting" | "approved", cursor?: string) =>
  json<Page<Deletion>>("GET", "/api/deletions", { query: { state, limit: 100, cursor } });
export const readProofs = (range: { from: string; to: string }, cursor?: string) =>
  json<Page<Tombstone>>("GET", "/api/deletions", { query: { ...range, limit: 100, cursor } });
export const approveDeletion = (deletion: string) => json<Deletion>("POST", `/api/deletions/${id(deletion)}/approve`);
export const refuseDeletion = (deletion: string, reason: string) =>
  json<Deletion>("POST", `/api/deletions/${id(deletion)}/refuse`, { body: { reason } });

export const correct = (recording: string, body: { facts: Record<string, string>; reason: string }) =>
  json<Corrected>("PUT", `/api/recordings/${id(recording)}/facts`, { body });
export async function trySource(body: SourceTrial): Promise<Tried[]> {
  const wire = await json<Wire["Trials"]>("POST", "/api/sources/try", { body });
  return wire.items.map((item) => ({ key: item.key, result: item.result, fails: item.fails }));
}
/** The faults of a source, out of the problem that says so. */
export const sourceErrors = (problem: Problem) => (problem.body.errors ?? []) as SourceError[];

export const readRulebook = () => json<Rulebook>("GET", "/api/rulebook");
export const readRulebookVersion = (version: number) => json<Rulebook>("GET", "/api/rulebook", { query: { version } });
export const checkRulebook = (policy: string, staff: string) => json<Wire["RulebookCheck"]>("POST", "/api/rulebook/check", { body: { policy, staff } });
export const publishRulebook = (policy: string, staff: string, plan_id?: string, warnings: RulebookWarning[] = []) => {
  const confirmed = warnings.map(({ in: file, line, code }) => ({ in: file, line, code }));
  return json<Published>("PUT", "/api/rulebook", { body: { policy, staff, plan_id, confirmed } });
};
export const withdrawRulebook = () => json<{ withdrawn: number }>("DELETE", "/api/rulebook/pending");
/** The faults of a rulebook, out of the problem that says so. */
export const faultsOf = (problem: Problem) => (problem.body.faults ?? []) as Fault[];
/** What must be confirmed before a rulebook is published, out of the problem that says so. */
export const warningsOf = (problem?: Problem) => (problem?.type === "warnings-to-confirm" ? problem.body.warnings : []) as RulebookWarning[];

export async function readCompleteness(query: Query): Promise<Completeness> {
  const wire = await json<Wire["Completeness"]>("GET", "/api/reports/completeness", { query });
  return {
    items: wire.items,
    sources: wire.sources,
    bad_rows: wire.bad_rows,
    pending_days: wire.pending_days,
    coverage: wire.coverage,
  };
}
export async function readNoticeReport(query: Query): Promise<NoticeReport> {
  const wire = await json<Wire["Notice"]>("GET", "/api/reports/notice", { query });
  return {
    items: wire.items,
    pending_days: wire.pending_days,
  };
}

export async function readAudit(query: Query): Promise<AuditPage> {
  const wire = await json<Wire["AuditPage"]>("GET", "/api/audit", { query });
  return { items: wire.items.map((item) => ({ ...item, filters: item.asked })), next_cursor: wire.next_cursor };
}
export const readAccess = (query: Query) => json<Access>("GET", "/api/audit/access", { query });
export async function readAdminActivity(month: string): Promise<AdminActivity> {
  const wire = await json<Wire["AdminActivity"]>("GET", "/api/audit/admin-activity", { query: { month } });
  return { month: wire.month, items: wire.items, pending_days: wire.pending_days };
}

/** What this person's screens are: what the API says one can do. */
export function screensOf(me: Me): { calls: boolean; cases: boolean; review: boolean; reports: boolean; audit: boolean; deletions: boolean; rules: boolean } {
  return {
    calls: may(me, "search"),
    cases: may(me, "write_memo"),
    review: may(me, "correct"),
    reports: may(me, "reports"),
    audit: may(me, "audit"),
    // The list of deletions asks for the same right as the audit log.
    deletions: may(me, "audit"),
    rules: me.publishes_rulebook,
  };
}
/** Whether a button is offered. The API decides again at every press. */
export const may = (me: Me, ability: Wire["Ability"]) => me.can.includes(ability);
