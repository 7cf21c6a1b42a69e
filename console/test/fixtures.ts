/** Recorded answers of the API. `satisfies` proves each against its document: what it renames does not compile here. */
import type { components } from "../dist/openapi.d.ts";

type Wire = components["schemas"];
export type Who = "yamada" | "kato" | "sato" | "ono" | "setup";

/** What the clock of every test says: Friday, 10:00 in Tokyo. */
export const NOW = "2026-11-27T10:00:00+09:00";
const rulebook_version = 3;
const common = { company: "山田商事", time_zone: "Asia/Tokyo", purposes: ["evidence", "handover"], rulebook_version };

export const me = {
  yamada: { ...common, id: "yamada", name: "山田 太郎", role: "admin", teams: ["management"], manages: [], can: ["search", "play", "download", "note", "write_memo", "work_on_cases", "custody", "hold", "lift_hold", "request_deletion", "approve_deletion", "correct", "audit", "reports", "publish"], publishes_rulebook: true },
  kato: { ...common, id: "kato", name: "加藤 恵", role: "manager", teams: ["sales"], manages: ["sales"], can: ["search", "play", "note", "write_memo", "work_on_cases", "custody", "hold", "request_deletion", "reports"], publishes_rulebook: false },
  sato: { ...common, id: "sato", name: "佐藤 花子", role: "staff", teams: ["sales"], manages: [], can: ["search", "note", "write_memo"], publishes_rulebook: false },
  ono: { ...common, id: "ono", name: "小野 真理", role: "auditor", teams: ["audit"], manages: [], can: ["custody", "approve_deletion", "audit", "reports"], publishes_rulebook: false },
  setup: { id: "setup@yamada.example", name: null, role: null, teams: [], manages: [], can: ["publish"], publishes_rulebook: true, company: "", time_zone: "Asia/Tokyo", purposes: ["evidence"], rulebook_version: 0 },
} satisfies Record<Who, Wire["Me"]>;

/** Names by id. The API's document has no directory yet. */
export const directory = {
  members: [
    { id: "yamada", name: "山田 太郎" },
    { id: "hayashi", name: "林 由美" },
    { id: "kato", name: "加藤 恵" },
    { id: "ono", name: "小野 真理" },
    { id: "sato", name: "佐藤 花子" },
    { id: "abe", name: "阿部 学" },
    { id: "tanaka", name: "田中 誠" },
    { id: "suzuki", name: "鈴木 一郎" },
  ],
  teams: [
    { id: "sales", name: "営業部" },
    { id: "support", name: "サポート部" },
  ],
  lines: [
    { id: "代表", name: "代表" },
    { id: "サポート窓口", name: "サポート窓口" },
  ],
  classes: [
    { id: "standard", name: "標準（30日）" },
    { id: "contracts", name: "契約（90日）" },
  ],
  purposes: [{ id: "evidence", name: "合意内容の確認" }],
};

export const ids = {
  call: "3tqk5nwo2xvq7yhl4zgm6cbeda",
  leg: "4tqk5nwo2xvq7yhl4zgm6cbedb",
  gsm: "5tqk5nwo2xvq7yhl4zgm6cbedc",
  amr: "8tqk5nwo2xvq7yhl4zgm6cbedg",
  long: "6tqk5nwo2xvq7yhl4zgm6cbedd",
  gone: "7tqk5nwo2xvq7yhl4zgm6cbede",
  odd: "2tqk5nwo2xvq7yhl4zgm6cbedf",
};

const base = {
  id: ids.call,
  call_id: "1793682300.101",
  source: "freepbx",
  started_at: "2026-11-26T14:05:02+09:00",
  duration_seconds: 33.7,
  direction: "inbound",
  counterpart: "+819012345678",
  counterpart_absent: null,
  our_number: "+81312345678",
  line: "代表",
  extension: "201",
  queue: null,
  staff: "sato",
  staff_name: null,
  team: "sales",
  notice: "ivr",
  purpose: "evidence",
  retention_class: "standard",
  expires_at: "2026-12-27T00:00:00+09:00",
  state: "active",
  quarantine_reason: null,
  quarantine_fix: null,
  holds: 0,
  objection: false,
  object_gone_at: null,
  content_type: "audio/wav",
  plays_in_browser: true,
  object: null,
  notes: 0,
} satisfies Wire["RecordingItem"];

const other = (part: Partial<Wire["RecordingItem"]>): Wire["RecordingItem"] => ({ ...base, ...part });
const number = (at: number) => `${"abcdefghijkl"[at]}tqk5nwo2xvq7yhl4zgm6cbedx`;

export const items: Wire["RecordingItem"][] = [
  other({ notes: 2 }),
  other({ id: ids.gsm, started_at: "2026-11-26T11:20:40+09:00", duration_seconds: 372, direction: "outbound", counterpart: "+81352345678", staff: "abe", retention_class: "contracts", expires_at: "2027-02-25T00:00:00+09:00" }),
  other({ id: number(0), started_at: "2026-11-25T17:00:00+09:00", duration_seconds: 18.7, counterpart: "+81451112222", staff: "tanaka", holds: 1, expires_at: null }),
  other({ id: number(1), started_at: "2026-11-25T10:15:45+09:00", duration_seconds: 1925, counterpart: null, counterpart_absent: "withheld", staff: null, queue: "600", line: "サポート窓口" }),
  other({ id: number(2), started_at: "2026-11-24T09:00:30+09:00", duration_seconds: 8, direction: "internal", counterpart: null, counterpart_absent: "internal", staff: "suzuki", expires_at: "2026-12-01T00:00:00+09:00" }),
  other({ id: number(3), started_at: "2026-11-23T13:35:00+09:00", duration_seconds: 4321, direction: "outbound", counterpart: "+81120444444", staff: "abe", objection: true }),
  other({ id: number(4), started_at: "2026-11-21T16:42:00+09:00", duration_seconds: 61, counterpart: "+12125550123", staff: "sato" }),
  other({ id: number(5), started_at: "2026-11-21T09:30:00+09:00", duration_seconds: 240, counterpart: "+81367891234", staff: "sato" }),
];

const whole = (part: Partial<Wire["RecordingDetail"]>): Wire["RecordingDetail"] => ({
  ...base,
  legs: [ids.call, ids.leg],
  kind: "external",
  conflicts: [],
  ignored: [],
  sha256: "ef279343c816e748cffcbdd0ba95e8ff5cd797229712f1af616719d501b99d38",
  size: 538718,
  channels: 1, redacted_from: null,
  ...part,
});

export const details: Record<string, Wire["RecordingDetail"]> = {
  [ids.call]: whole({ conflicts: [{ fact: "team", stands: "name", refused: "sidecar" }], ignored: [{ name: "notice", value: "maybe" }] }),
  [ids.leg]: whole({ id: ids.leg, started_at: "2026-11-26T14:05:40+09:00", redacted_from: { id: ids.gone, sha256: null, at: "2026-11-26T19:00:00+09:00", silences: [{ from_seconds: 42, to_seconds: 70 }] } }),
  [ids.gsm]: whole({ id: ids.gsm, direction: "outbound", counterpart: "+81352345678", staff: "abe", content_type: "audio/gsm", plays_in_browser: false, legs: [ids.gsm] }),
  [ids.amr]: whole({ id: ids.amr, content_type: "audio/amr", plays_in_browser: false, legs: [ids.amr] }),
  [ids.long]: whole({ id: ids.long, size: 130_000_000, legs: [ids.long] }),
  [ids.odd]: whole({ id: ids.odd, state: "quarantined", quarantine_reason: "no_call_facts", quarantine_fix: "録音元の命名を直すか、{key}.json を隣に置いてください。", counterpart: null, counterpart_absent: "unknown", direction: "unknown", staff: null, team: null, line: null, legs: [ids.odd] }),
};

const odd = (id: string, quarantine_reason: Wire["QuarantineReason"], quarantine_fix: string, started_at: string) =>
  other({ id, state: "quarantined", quarantine_reason, quarantine_fix, started_at, counterpart: null, counterpart_absent: "unknown", direction: "unknown", staff: null, team: null, line: null, duration_seconds: 41 });

export const quarantined: Wire["RecordingItem"][] = [
  odd(ids.odd, "no_call_facts", "録音元の命名を直すか、{key}.json を隣に置いてください。", "2026-11-26T20:11:00+09:00"),
  odd(number(6), "no_call_facts", "録音元の命名を直すか、{key}.json を隣に置いてください。", "2026-11-25T20:11:00+09:00"),
  odd(number(7), "not_audio", "録音ファイルを置き直してください。これはそのまま期限で消えます。", "2026-11-20T08:02:00+09:00"),
];

export const tombstone = {
  id: ids.gone,
  version_id: "3HL4kqtJvjVBH40Nrjfkd",
  sha256: base.id && "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  retention_class: "standard",
  team: "sales",
  day: "2026-10-20",
  rulebook_version: 2,
  deleted_at: "2026-11-20T00:03:12+09:00",
  deleted_by: "sweep",
  requested: null,
  backup: "none_left",
  backup_checked_at: "2026-11-21T00:15:04+09:00",
  origin_copy: "until",
  origin_copy_until: "2027-01-18",
  origin_copy_checked_on: "2026-10-01", replaced_by: null,
} satisfies Wire["Tombstone"];

export const takenAway = {
  downloads: 1,
  releases: 1,
  is_exact: true,
  items: [
    { kind: "release_opened", at: "2026-11-02T10:15:00+09:00", role: null, basis: "bar_inquiry" },
    { kind: "release_delivered", at: "2026-11-02T09:00:00+09:00", role: null, basis: "bar_inquiry" },
    { kind: "downloaded", at: "2026-10-21T15:30:00+09:00", role: "admin", basis: null },
  ],
} satisfies Wire["TakenAway"];

/** Who does a part of somebody else's work, at the end of a policy; `gone` is on no staff list. */
export const standIns = `
[[handover]]
from = "gone"
to = "abe"
since = "2026-12-01"

[[deputy]]
team = "sales"
member = "watanabe"
from = "2026-12-28"
until = "2027-01-08"
`;

export const checked: Wire["RulebookCheck"] = { faults: [], placeholders: [], warnings: [], deletes_sooner: false };
export const toLookAt: Wire["RulebookCheck"] = {
  ...checked, warnings: [
    { in: "policy", line: 1, code: "origin_copy_undeclared", needs_confirmation: false, reason: "録音元「freepbx」に録音がいつまで残るかが書かれていません。", fix: "機器の保存期間を確かめ、[[origin_copy]] を書いてください。" },
    { in: "policy", line: 34, code: "origin_copy_stale", needs_confirmation: false, reason: "録音元「avaya」を確かめた日が1年より前です。", fix: "もう一度確かめてください。" },
  ],
};

export const held = {
  items: [
    { hold_id: "htqk5nwo2xvq7yhl4zgm6cbedh", kind: "legal", reason: "係争のおそれがあるため", owner: "yamada", placed_by: "yamada", placed_by_name: null, placed_at: "2026-11-26T18:00:00+09:00", until: null },
    { hold_id: "itqk5nwo2xvq7yhl4zgm6cbedi", kind: "case", reason: "お客様からの苦情", owner: "c12", placed_by: "kato", placed_by_name: null, placed_at: "2026-11-26T17:00:00+09:00", until: "2027-03-01T00:00:00+09:00" },
  ],
} satisfies Wire["HoldList"];

const asked = (part: Partial<Wire["DeletionItem"]>): Wire["DeletionItem"] => ({
  id: "dtqk5nwo2xvq7yhl4zgm6cbedd",
  state: "waiting",
  recordings: [ids.call, ids.leg],
  quarantine_reason: null,
  case_id: null,
  day: "2026-11-26",
  team: "sales",
  requested_by: "kato",
  requested_by_name: null,
  requested_by_role: "manager",
  requested_at: "2026-11-26T18:30:00+09:00",
  reason: "本人から利用停止の請求があった",
  approvers: ["hayashi", "ono", "yamada"],
  decided_by: null,
  decided_by_name: null,
  decided_at: null, silences: null,
  ...part,
});

export const deletions = {
  waiting: { items: [asked({}), asked({ id: "etqk5nwo2xvq7yhl4zgm6cbede", requested_by: "yamada", requested_by_role: "admin", recordings: [ids.gsm], approvers: ["hayashi", "ono"], reason: "カード番号が読み上げられている", silences: [{ from_seconds: 42, to_seconds: 70 }] })], next_cursor: null },
  approved: { items: [asked({ state: "approved", decided_by: "ono", decided_at: "2026-11-27T09:00:00+09:00" })], next_cursor: null },
  proofs: {
    items: [
      { ...tombstone, id: "jtqk5nwo2xvq7yhl4zgm6cbedj", deleted_at: "2026-11-26T00:04:00+09:00", requested: { requested_by: "manager", approved_by: "auditor" }, backup: "pending", backup_checked_at: null },
      tombstone,
    ],
    next_cursor: null,
  },
} satisfies Record<string, Wire["DeletionsPage"]>;
export const requested = asked({});

export const notes = {
  items: [
    { event_id: `${ids.call}.4`, recording_id: ids.call, corrected_at: null, withdrawn_at: null, at: "2026-11-26T15:10:00+09:00", staff: "kato", staff_name: null, text: "0:12 で税込12万円と伝えている。見積書と一致。" },
    { event_id: `${ids.leg}.2`, recording_id: ids.leg, corrected_at: null, withdrawn_at: null, at: "2026-11-26T14:50:00+09:00", staff: "abe", staff_name: null, text: "0:20 で納期を聞かれ、来週と答えた。" },
    { event_id: `${ids.call}.3`, recording_id: ids.call, corrected_at: "2026-11-26T14:41:00+09:00", withdrawn_at: null, at: "2026-11-26T14:30:00+09:00", staff: "sato", staff_name: null, text: "見積の金額の確認。折り返し済み。" },
  ],
  next_cursor: null,
} satisfies Wire["Notes"];

/** Calls of which a note says 「見積」, in one width or the other. */
export const noted = {
  items: [
    { recording: items[0]!, notes: notes.items.filter(({ text }) => text.includes("見積")) },
    { recording: items[1]!, notes: [{ ...notes.items[1]!, event_id: `${ids.gsm}.3`, recording_id: ids.gsm, text: `${"先方の都合で折り返しが遅れた。".repeat(8)}見積は取り直し。\n${"次の打ち合わせで確認する。".repeat(20)}` }] },
  ],
  next_cursor: null,
  from: "2026-11-21T00:00:00+09:00",
  to: "2026-11-28T00:00:00+09:00",
} satisfies Wire["NotesFound"];

/** As the API answers a correction and a withdrawal of the first of them. */
export const corrected: Wire["Note"] = { ...notes.items[0]!, text: "0:12 で税込12万円、0:20 で納期。", corrected_at: NOW };
export const withdrawn: Wire["Note"] = { ...notes.items[0]!, withdrawn_at: NOW };

const zero = "0".repeat(64);
const event = (part: Partial<Wire["CustodyEvent"]>): Wire["CustodyEvent"] => ({
  event_id: `${ids.call}.1`,
  number: 1,
  at: "2026-11-26T14:06:00+09:00",
  kind: "taken_in",
  actor: "index",
  actor_name: null,
  operation: "a",
  facts: {},
  texts: {},
  previous: zero,
  hash: zero,
  ...part,
});

export const custody = {
  items: [
    event({ facts: { rulebook_version: 3 } }),
    event({ event_id: `${ids.call}.2`, number: 2, at: "2026-11-26T15:02:00+09:00", kind: "played", actor: "kato", facts: { use: "evidence" }, texts: { reason: "お客様からの問い合わせ" } }),
    event({ event_id: `${ids.call}.3`, number: 3, at: "2026-11-26T15:10:00+09:00", kind: "noted", actor: "kato" }),
  ],
  next_cursor: null,
  verified: true,
} satisfies Wire["Custody"];

export const awaited = {
  ...custody,
  items: [event({ facts: { quarantine_reason: "no_call_facts" } }), event({ number: 2, event_id: `${ids.odd}.2`, kind: "correction_asked", actor: "hayashi", texts: { reason: "発信者が名乗った" } })],
} satisfies Wire["Custody"];

const counted = (count: number, ...list: string[]): Wire["Counted"] => ({ count, ids: list });
const row = (day: string, team: string | null, answered: number, lost: number): Wire["CompletenessItem"] => ({
  day,
  source: "freepbx",
  team,
  computed_at: `${day}T23:59:00+09:00`,
  answered,
  recorded: answered - lost,
  awaited: 0,
  lost: counted(lost, ...Array.from({ length: lost }, (_, at) => `17950769${at}8.10${at}`)),
  recordings: answered - lost,
  orphan: counted(0),
  duplicate: counted(team === "sales" ? 1 : 0, ids.call),
  silent: counted(0),
  length_mismatch: counted(0),
});

export const completeness = {
  items: [row("2026-11-26", "sales", 18, 0), row("2026-11-26", "support", 42, 2), row("2026-11-25", "sales", 21, 1), row("2026-11-25", "support", 39, 0), row("2026-11-24", "sales", 12, 0), row("2026-11-24", null, 3, 0)],
  next_cursor: null,
  sources: [
    { source: "freepbx", has_call_log: true },
    { source: "other", has_call_log: false },
  ],
  bad_rows: [{ log_id: ids.call, source: "freepbx", line: 12, reason: "column count", column: null }],
  pending_days: ["2026-11-23"],
  coverage: {
    en: "Only sources whose call log is on. Calls on private mobiles are in no log and are not seen.",
    ja: "対象は通話ログを取り込んでいる録音元だけです。私物の携帯電話での通話はログになく、対象外です。",
  },
} satisfies Wire["Completeness"];

const told = (day: string, line: string | null, recordings: number, gap: number): Wire["NoticeItem"] => ({
  day,
  line,
  direction: "inbound",
  computed_at: `${day}T23:59:00+09:00`,
  recordings,
  by_notice: { ivr: recordings - gap, none: gap },
  gap: counted(gap, ...(gap ? [ids.call] : [])),
  unknown: counted(0),
  objected: counted(day.endsWith("25") ? 1 : 0, ids.leg),
});

export const notice = {
  items: [told("2026-11-26", "代表", 18, 0), told("2026-11-26", "サポート窓口", 40, 1), told("2026-11-25", "代表", 20, 0), told("2026-11-25", null, 4, 2)],
  next_cursor: null,
  pending_days: ["2026-11-23"],
} satisfies Wire["Notice"];

const did = (part: Partial<Wire["AuditItem"]>): Wire["AuditItem"] => ({
  at: "2026-11-27T09:12:00+09:00",
  staff: "kato",
  staff_name: null,
  stated_reason: null,
  role: "manager",
  action: "search",
  outcome: "permitted",
  reason: null,
  recording: null,
  facts: {},
  asked: {},
  origin: null,
  ...part,
});

export const audit = {
  items: [
    did({ at: "2026-11-27T09:40:00+09:00", action: "download", outcome: "refused", reason: "managers_do_not_download", recording: ids.call, facts: { use: "evidence", of_staff: "sato" } }),
    did({ at: "2026-11-27T09:31:00+09:00", action: "play", recording: ids.call, facts: { use: "evidence", of_staff: "sato" } }),
    did({ asked: { last4: "5678", from: "2026-11-21T00:00:00+09:00", to: "2026-11-28T00:00:00+09:00" } }),
    did({ at: "2026-11-27T08:55:00+09:00", staff: "yamada", role: "admin", action: "publish", facts: { version: 3 } }),
    did({ at: "2026-11-27T08:30:00+09:00", staff: "ono", role: "auditor", action: "export", facts: { rows: 120 } }),
  ],
  next_cursor: null,
} satisfies Wire["AuditPage"];

export const access = {
  staff: "kato",
  staff_name: "加藤 恵",
  from: "2026-10-29",
  to: "2026-11-27",
  searches: 14,
  is_complete: true,
  items: [
    {
      staff: "sato",
      staff_name: "佐藤 花子",
      team: "sales",
      recordings: [{ recording: ids.call, views: 3, plays: 1, renewals: 0, downloads: 0, first_at: "2026-11-26T15:00:00+09:00", last_at: "2026-11-27T09:31:00+09:00" }],
    },
  ],
} satisfies Wire["AccessReport"];

const month = { plays: 0, renewals: 0, downloads: 0, deletions: 0, approvals: 0, corrections: 0, searches: 0, publications: 0, withdrawals: 0, refusals: 0, others: {} };
export const admins = {
  month: "2026-11",
  items: [
    { ...month, staff: "yamada", name: "山田 太郎", plays: 4, downloads: 1, searches: 22, publications: 2, withdrawals: 1 },
    { ...month, staff: "hayashi", name: "林 由美" },
  ],
  pending_days: ["2026-11-27"],
  computed_at: null,
} satisfies Wire["AdminActivity"];

export const tried = {
  items: [
    { key: "branch/2026/11/20261126-201-0352345678.wav", result: { source: "branch", call_id: "5", started_at: "2026-11-26T14:05:02+09:00", direction: "outbound", counterpart: "+81352345678", extension: "201" } },
    { key: "branch/memo.txt", fails: { reason: "no_call_facts", fix: "パターンに合いません。" } },
  ],
  warnings: [],
} satisfies Wire["Trials"];

export const published = { version: 4, effective_at: "2026-11-27T10:02:00+09:00", deletes_sooner: false, awaits_second_admin: false } satisfies Wire["Published"];
export const faults: Wire["RulebookError"][] = [
  { in: "policy", line: 9, code: "unknown_team", reason: "部署「営業」の人が、社員名簿にいません。", fix: "社員名簿の「team」と同じ名前にしてください。" },
  { in: "staff", line: 4, code: "lost_zero", reason: "番号の先頭の 0 がありません。", fix: "列の書式を「文字列」にしてください。" },
];
export const warnings: Wire["RulebookWarning"][] = [
  { in: "policy", line: 29, code: "line_matches_nothing", needs_confirmation: true, reason: "回線・窓口「夜間」に number も queue もないため、どの通話も当てはまりません。", fix: "number か queue を書くか、この [[line]] を取り除いてください。" },
  { in: "staff", line: 8, code: "day_far_ahead", needs_confirmation: true, reason: "「from」が 2062-04-01 で、1年より先です。", fix: "年の書き間違いがないか、確認してください。" },
];
