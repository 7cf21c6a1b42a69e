/** Recorded answers about shares and releases. */
import type { Grant, Release, Share, WaitingRelease } from "../src/cases/shares-api.ts";
import { ids } from "./fixtures.ts";

const part = { recording_id: ids.call, from_seconds: 12, to_seconds: 22, mute: [] };

export const share = {
  ...part,
  id: "stqk5nwo2xvq7yhl4zgm6cbsh1",
  staff: ["abe", "tanaka"],
  until: "2026-12-04",
  state: "ready",
  failure: null,
  shared_by: "kato",
  shared_at: "2026-11-26T18:30:00+09:00",
  duration_seconds: 10,
  withdrawn_by: null,
  withdrawn_at: null,
} satisfies Share;
export const shares: Share[] = [
  share,
  { ...share, id: "stqk5nwo2xvq7yhl4zgm6cbsh2", staff: ["suzuki"], state: "making", duration_seconds: null, mute: [{ from_seconds: 14, to_seconds: 16 }] },
  { ...share, id: "stqk5nwo2xvq7yhl4zgm6cbsh3", staff: ["abe"], state: "failed", failure: "not_cuttable", from_seconds: null, to_seconds: null },
];

export const releaseIds = { mine: "rtqk5nwo2xvq7yhl4zgm6cbre1", built: "rtqk5nwo2xvq7yhl4zgm6cbre2", asked: "rtqk5nwo2xvq7yhl4zgm6cbre3" };
export const release = {
  id: releaseIds.mine,
  state: "requested",
  can: ["withdraw"],
  recipient: "横浜地方裁判所",
  basis: "court_order",
  reference: "令和8年(ワ)第123号",
  basis_date: "2026-11-20",
  reason: "文書送付嘱託への回答のため。",
  items: [{ ...part, has_transcript: true }],
  requested: { by: "kato", at: "2026-11-26T19:00:00+09:00", reason: null },
  approved: null,
  refused: null,
  withdrawn: null,
  failure: null,
  package_sha256: null,
  package_size: null,
  link_expires_at: null,
  delivered: null,
  opened: 0,
} satisfies Release;
const approved = { by: "yamada", at: "2026-11-26T20:00:00+09:00", reason: null };
export const releases: Release[] = [
  release,
  { ...release, id: releaseIds.asked, can: ["approve", "refuse"], recipient: "顧問弁護士の事務所", basis: "own_counsel", reference: null, basis_date: null, reason: "対応の相談のため。", requested: { by: "mori", at: "2026-11-27T08:30:00+09:00", reason: null } },
  { ...release, id: releaseIds.built, state: "built", can: ["withdraw", "link", "delivered"], recipient: "〇〇警察署", basis: "investigation_inquiry", reference: "捜査関係事項照会書 第45号", approved, link_expires_at: "2026-12-03T20:10:00+09:00", opened: 1 },
];
export const toDecide: WaitingRelease[] = [{ ...releases[1]!, case_id: "atqk5nwo2xvq7yhl4zgm6cbca3", case_kind: "disclosure" }];
export const link = { link: "https://api.example/v1/r/3f9c1b7e2d4a68503f9c1b7e2d4a68503f9c1b7e2d4a68503f9c1b7e2d4a6850", expires_at: "2026-12-04T10:00:00+09:00" };

export const grants: Grant[] = [
  { id: share.id, shared_by: "kato", shared_by_name: "加藤 恵", shared_at: "2026-11-26T18:30:00+09:00", until: "2026-12-04" },
  { id: "stqk5nwo2xvq7yhl4zgm6cbsh4", shared_by: "yamada", shared_by_name: "山田 太郎", shared_at: "2026-11-20T09:00:00+09:00", until: "2026-11-30" },
];
