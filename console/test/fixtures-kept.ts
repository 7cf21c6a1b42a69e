/** Recorded answers about plans, the daily limit and the reports of what is kept. */
import type { SweepDay } from "../src/deletions/sweeps-api.ts";
import type { AgeAtUse, Retention } from "../src/reports/kept-api.ts";
import type { Permissions, Right } from "../src/reports/rights.ts";
import type { Plan } from "../src/rules/plan-api.ts";

export const retention: Retention = {
  counted_on: "2026-11-27",
  counted_at: "2026-11-27T00:10:00+09:00",
  next_cursor: null,
  calls: 1284,
  items: [
    { day: "2026-11-28", class: "standard", calls: 41, bytes: 585714285 },
    { day: "2026-11-29", class: "standard", calls: 12, bytes: 171428571 },
    { day: "2026-12-01", class: "standard", calls: 58, bytes: 828571428 },
    { day: "2026-12-01", class: "outbound", calls: 9, bytes: 128571428 },
    { day: "2026-12-02", class: "standard", calls: 44, bytes: 628571428 },
    { day: "2026-12-05", class: "outbound", calls: 20, bytes: 285714285 },
  ],
  by_class: [
    { class: "outbound", calls: 29, storage: { bytes: 414285714, cents_a_month: 1 } },
    { class: "standard", calls: 1255, storage: { bytes: 17928571428, cents_a_month: 42 } },
  ],
  pending: { version: 4, effective_at: "2026-11-28T10:00:00+09:00", awaits_second_admin: false, sooner: 120, later: 0, sooner_storage: { bytes: 1714285714, cents_a_month: 4 }, later_storage: { bytes: 0, cents_a_month: 0 } },
  storage: { objects: 2610, bytes: 18_400_000_000, cents_a_month: 46 },
  held: {
    calls: 4,
    recordings: 5,
    is_exact: true,
    storage: { bytes: 57142857, cents_a_month: 1 },
    by_kind: [
      { kind: "legal", calls: 1, recordings: 2, storage: { bytes: 14285714, cents_a_month: 1 }, oldest_at: "2026-10-02T11:30:00+09:00", next_end_at: "2027-01-01T00:00:00+09:00" },
      { kind: "case", calls: 2, recordings: 2, storage: { bytes: 28571428, cents_a_month: 1 }, oldest_at: "2026-11-20T09:10:00+09:00", next_end_at: null },
      { kind: "provisional", calls: 1, recordings: 1, storage: { bytes: 14285714, cents_a_month: 1 }, oldest_at: "2026-11-26T16:45:00+09:00", next_end_at: "2026-12-10T16:45:00+09:00" },
    ],
    items: [
      { kind: "legal", placed_at: "2026-10-02T11:30:00+09:00", until: "2027-01-01T00:00:00+09:00", case_id: null, recording_id: "r4qk5nwo2xvq7yhl4zgm6cbepl" },
      { kind: "case", placed_at: "2026-11-20T09:10:00+09:00", until: null, case_id: "c4qk5nwo2xvq7yhl4zgm6cbepl", recording_id: "s4qk5nwo2xvq7yhl4zgm6cbepl" },
      { kind: "provisional", placed_at: "2026-11-26T16:45:00+09:00", until: "2026-12-10T16:45:00+09:00", case_id: null, recording_id: null },
    ],
  },
};
/** What an auditor reads: neither the call nor the case. */
export const retentionUnnamed: Retention = { ...retention, held: { ...retention.held, is_exact: false, items: retention.held.items.map((item) => ({ ...item, case_id: null, recording_id: null })) } };
const nothing = { bytes: 0, cents_a_month: 0 };
export const retentionNoneHeld: Retention = { ...retention, held: { calls: 0, recordings: 0, is_exact: true, storage: nothing, by_kind: retention.held.by_kind.map(({ kind }) => ({ kind, calls: 0, recordings: 0, storage: nothing, oldest_at: null, next_end_at: null })), items: [] } };
export const retentionFar: Retention = { ...retention, pending: null, storage: null, items: [...retention.items, { day: "2027-02-20", class: "outbound", calls: 33, bytes: null }], by_class: retention.by_class.map((one) => ({ ...one, storage: null })), held: { ...retention.held, storage: null, by_kind: retention.held.by_kind.map((one) => ({ ...one, storage: null })) } };

const uses = { played: 60, case: 8, shared: 3, released: 1, missed: 2 };
const curve = [
  { days: 1, served: 31, percent: 42 },
  { days: 7, served: 55, percent: 74 },
  { days: 14, served: 66, percent: 89 },
  { days: 30, served: 72, percent: 97 },
  { days: 41, served: 74, percent: 100 },
];
export const age: AgeAtUse = {
  from: "2025-11-27",
  to: "2026-11-27",
  days_counted: 87,
  next_cursor: null,
  items: [
    { purpose: "evidence", class: "standard", keep_days: 30, uses: 74, by_kind: uses, curve, suggestion: { is: "too_short", within_days: 41, keep_days: 30 }, text: "2回は、保存期間が終わったあとに必要になりました。60日に延ばすと、すべて間に合います。" },
    { purpose: "evidence", class: "outbound", keep_days: 90, uses: 52, by_kind: { ...uses, played: 38 }, curve: curve.slice(0, 3), suggestion: { is: "shorter", within_days: 14, keep_days: 90, would_do_days: 30, less_percent: 66 }, text: "98%は14日以内に必要になりました。30日でも足ります。" },
    { purpose: null, class: "quality", keep_days: null, uses: 3, by_kind: { played: 3, case: 0, shared: 0, released: 0, missed: 0 }, curve: [], suggestion: { is: "too_few", uses: 3, needed: 20 }, text: "まだ3回なので、保存期間の目安は出せません。" },
  ],
};

const all = ["view", "play", "download", "share", "release", "read_notes", "custody", "hold", "delete"];
const noDownload = all.filter((action) => action !== "download");
const right = (part: Partial<Right>): Right => ({ whose: "team", team: null, of_staff: null, can: all, ...part });
const everything = [right({ team: "sales" }), right({ team: "support" }), right({ whose: "no_team" })];
const own = right({ whose: "own_calls", can: ["view", "read_notes"] });
export const permissions: Permissions = {
  day: "2026-11-27",
  rulebook_version: 3,
  staff_view_days: 7,
  age_limit_days: 60,
  next_cursor: null,
  items: [
    { staff: "abe", staff_name: "阿部 学", role: "staff", teams: ["sales"], manages: [], rights: [own, right({ whose: "handed_over", of_staff: "tanaka", can: ["view", "play", "read_notes"] })] },
    { staff: "hayashi", staff_name: "林 由美", role: "admin", teams: ["management"], manages: [], rights: everything },
    { staff: "kato", staff_name: "加藤 恵", role: "manager", teams: ["sales"], manages: ["sales"], rights: [right({ team: "sales", can: noDownload }), own] },
    { staff: "ono", staff_name: "小野 真理", role: "auditor", teams: ["audit"], manages: [], rights: [] },
    { staff: "sato", staff_name: "佐藤 花子", role: "staff", teams: ["sales"], manages: [], rights: [own] },
    { staff: "suzuki", staff_name: "鈴木 一郎", role: "manager", teams: ["support"], manages: ["support"], rights: [right({ team: "support", can: noDownload })] },
    { staff: "yamada", staff_name: "山田 太郎", role: "admin", teams: ["management"], manages: [], rights: everything },
  ],
};

const day = (part: Partial<SweepDay>): SweepDay => ({ day: "2026-11-27", live: 1284, allowed: 128, approved: 0, taken: 128, waiting: 310, is_stopped: true, ...part });
export const sweeps: SweepDay[] = [day({}), day({ day: "2026-11-26", taken: 41, waiting: 0, is_stopped: false }), day({ day: "2026-11-25", live: 1302, allowed: 130, taken: 58, waiting: 0, is_stopped: false })];
export const approvedDay = day({ approved: 310, taken: 200, waiting: 238, is_stopped: false });

export const counting: Plan = { id: "ptqk5nwo2xvq7yhl4zgm6cbepl", state: "counting", base_version: 3, created_at: "2026-11-27T10:00:00+09:00", created_by: "yamada", reads_differently: false, in_quarantine: false, effective_at: "2026-11-28T10:00:00+09:00", deletes_sooner: true, progress_percent: 40, counts: null };
const moved = { sooner: 120, later: 3, unchanged: 1161 };
export const plan: Plan = {
  ...counting,
  state: "ready",
  progress_percent: 100,
  counts: {
    ...moved,
    calls: 1284,
    at_once: 37,
    by_class: [{ class: "standard", ...moved }, { class: "outbound", sooner: 0, later: 0, unchanged: 50 }],
    by_team: [{ team: "sales", sooner: 100, later: 3, unchanged: 900 }, { team: null, sooner: 20, later: 0, unchanged: 261 }],
    by_day: [{ day: "2026-11-28", before: 41, after: 78 }, { day: "2026-12-01", before: 67, after: 30 }],
  },
};
