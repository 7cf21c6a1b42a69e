/** Recorded answers about cases. */
import type { components } from "../dist/openapi.d.ts";
import type { Ability, CaseDetail, Correction } from "../src/cases/api.ts";
import { ids } from "./fixtures.ts";
import { releases, shares } from "./fixtures-shares.ts";

type Wire = components["schemas"];

export const caseIds = {
  fresh: "atqk5nwo2xvq7yhl4zgm6cbca1",
  open: "atqk5nwo2xvq7yhl4zgm6cbca2",
  disclosure: "atqk5nwo2xvq7yhl4zgm6cbca3",
  closed: "atqk5nwo2xvq7yhl4zgm6cbca4",
  investigation: "atqk5nwo2xvq7yhl4zgm6cbca5",
};

const base = {
  id: caseIds.fresh,
  kind: "complaint",
  state: "new",
  written_at: "2026-11-26T18:10:00+09:00",
  writer: "sato",
  writer_name: "佐藤 花子",
  team: "sales",
  owner: null,
  owner_name: null,
  from: "2026-11-26T14:00:00+09:00",
  to: "2026-11-26T14:00:00+09:00",
  counterpart: "+819012345678",
  counterpart_absent: null,
  last4: null,
  staff: "sato",
  excerpt: "請求額が見積と違うとのお申し出。明日までに折り返すと約束した。",
  due_on: null,
  provisional_until: "2026-12-10T18:10:00+09:00",
  ends_at: null,
} satisfies Wire["CaseItem"];

const other = (part: Partial<Wire["CaseItem"]>): Wire["CaseItem"] => ({ ...base, ...part });

export const cases: Wire["CaseItem"][] = [
  base,
  other({ id: caseIds.disclosure, kind: "disclosure", state: "in_progress", owner: "kato", owner_name: "加藤 恵", from: "2026-11-01T00:00:00+09:00", to: "2026-11-15T23:59:59+09:00", counterpart: null, last4: "5678", staff: null, excerpt: "自分の通話の録音を聞きたいとのこと。本人確認は済み。", due_on: "2026-11-29", written_at: "2026-11-15T11:00:00+09:00", provisional_until: null }),
  other({ id: caseIds.open, kind: "harassment", state: "in_progress", owner: "kato", owner_name: "加藤 恵", from: "2026-11-24T00:00:00+09:00", to: "2026-11-24T23:59:59+09:00", counterpart: null, counterpart_absent: "withheld", writer: "abe", writer_name: "阿部 学", provisional_until: null, staff: "abe", excerpt: "30分以上、大声で担当者の交代を求められた。", written_at: "2026-11-24T16:30:00+09:00" }),
  other({ id: caseIds.closed, kind: "complaint", state: "closed", provisional_until: null, owner: "kato", owner_name: "加藤 恵", excerpt: "折り返しの電話がないとのお申し出。", written_at: "2026-11-10T09:30:00+09:00", ends_at: "2027-11-13T00:00:00+09:00", from: "2026-11-09T10:00:00+09:00", to: "2026-11-09T10:00:00+09:00" }),
];

/** One's own waits for another: `yamada` does not see it here. */
export const toConfirm: Correction[] = [
  { recording_id: ids.odd, corrected_by: "hayashi", corrected_by_name: "林 由美", corrected_at: "2026-11-26T18:00:00+09:00" },
  { recording_id: ids.leg, corrected_by: "yamada", corrected_by_name: "山田 太郎", corrected_at: "2026-11-26T19:00:00+09:00" },
];

export const candidate = {
  recording_id: ids.call,
  reasons: ["number", "staff", "time"],
  started_at: "2026-11-26T14:05:02+09:00",
  direction: "inbound",
  counterpart: "+819012345678",
  counterpart_absent: null,
  staff: "sato",
  staff_name: "佐藤 花子",
  team: "sales",
} satisfies Wire["CandidateItem"];

const { reasons: _, ...linkedCall } = candidate;
const linked = { recordings: [ids.call], linked: [{ ...linkedCall, duration_seconds: 33.7 }] };
const works: Ability[] = ["view", "link", "close", "share", "release", "approve"];
const whole = (id: string, part: Partial<CaseDetail>): CaseDetail => {
  const listed = cases.find((one) => one.id === id) ?? other({ id });
  return { ...listed, can: works, linked: [], shares: [], releases: [], summary: `${listed.excerpt}\nお客様は、契約書の写しもほしいとおっしゃっている。`, recordings: [], candidates: [], disclosure: null, outcome: null, outcome_reason: null, closed_at: null, closed_by: null, ...part };
};

export const caseDetails: Record<string, CaseDetail> = {
  [caseIds.fresh]: whole(caseIds.fresh, { candidates: [candidate, { ...candidate, recording_id: ids.gsm, reasons: ["last4"], started_at: "2026-11-25T10:15:45+09:00", counterpart: "+81451115678", staff: "abe", staff_name: "阿部 学" }] }),
  [caseIds.open]: whole(caseIds.open, linked),
  [caseIds.disclosure]: whole(caseIds.disclosure, { ...linked, shares, releases }),
  [caseIds.closed]: whole(caseIds.closed, { ...linked, can: ["view"], outcome: "resolved", outcome_reason: "ご説明し、ご了承いただいた。", closed_at: "2026-11-12T17:20:00+09:00", closed_by: "kato" }),
};

export const linkedCase = whole(caseIds.fresh, { state: "in_progress", owner: "kato", owner_name: "加藤 恵", ...linked });
export const closedCase = whole(caseIds.open, { state: "closed", ...linked, outcome: "resolved", closed_at: "2026-11-27T10:00:00+09:00", closed_by: "kato", ends_at: "2027-11-28T00:00:00+09:00" });
