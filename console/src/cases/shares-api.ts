/** The API's shares and releases, typed. */
import type { components } from "../../dist/openapi.d.ts";
import { type Role, id, json } from "../api.ts";
import { directory, me } from "../state.ts";

type Wire = components["schemas"];
export type ShareRequest = Wire["ShareRequest"];
export type PartRequest = Omit<ShareRequest, "staff" | "until">;
export type Share = Wire["ShareItem"];
export type Part = Pick<Share, "recording_id" | "from_seconds" | "to_seconds" | "mute">;
export type Grant = Wire["OwnShareItem"];
export type Basis = Wire["ReleaseBasis"];
export type Step = Wire["ReleaseAction"];
export type Release = Wire["ReleaseItem"];
export type WaitingRelease = Wire["WaitingReleaseItem"];
export type ReleaseRequest = Wire["ReleaseRequest"];

export const BASES: Basis[] = ["investigation_inquiry", "bar_inquiry", "court_order", "person_request", "consent", "own_counsel", "other"];

const of = (one: string) => `/api/cases/${id(one)}`;
export const share = (one: string, body: ShareRequest) => json<Share>("POST", `${of(one)}/shares`, { body });
export const withdrawShare = (one: string, share: string) => json<Share>("DELETE", `${of(one)}/shares/${id(share)}`);
export const listGrants = (cursor?: string | null) => json<Wire["OwnShareList"]>("GET", "/api/shares", { query: { cursor } });
export const playShare = (share: string, reason: string) => json<Wire["SharedLink"]>("POST", `/api/shares/${id(share)}/play`, { body: reason ? { reason } : {} });
export const requestRelease = (one: string, body: ReleaseRequest) => json<Release>("POST", `${of(one)}/releases`, { body });
export const listWaitingReleases = () => json<Wire["WaitingReleaseList"]>("GET", "/api/releases", { query: { limit: 50 } });
export const changeRelease = (one: string, release: string, step: Exclude<Step, "link">, body?: object) => json<Release>("POST", `${of(one)}/releases/${id(release)}/${step}`, { body });
export const linkRelease = (one: string, release: string, days: number) =>
  json<Wire["RecipientLink"]>("POST", `${of(one)}/releases/${id(release)}/link`, { body: { days } });

/** Who can be given a part, of those whose names one knows: nobody shares with auditors, or with themselves. */
export const listeners = () => (directory.value.members as { id: string; name: string; role?: Role }[]).filter((one) => one.id !== me.value!.id && one.role !== "auditor");
