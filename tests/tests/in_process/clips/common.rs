//! What every test of clips needs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use policy::audit::{AuditAction, AuditOutcome};
use policy::case::CaseText;
use policy::case::part::Part;
use policy::case::release::{NewRelease, Release, ReleaseBasis, ReleaseChange, ReleasePart};
use policy::case::share::{Share, ShareState, Step};
use policy::id::{CaseId, RecordingId, ReleaseId, ShareId};
use serde_json::{Value, json};
use store::{AuditEvent, ClipMessage, ReleaseWrite, ShareWrite, WriteOutcome};
use tests::company::{Company, DERIVED_BUCKET, TABLE};
use tests::world::World;

use crate::api::{Api, ApiRequest, STAFF};

/// The members' last day.
const UNTIL: &str = "2026-12-10";

/// A case that somebody wrote a memo for.
pub(crate) async fn open_case(api: &Api) -> CaseId {
    open_case_of(api, "complaint").await
}

pub(super) async fn open_case_of(api: &Api, kind: &str) -> CaseId {
    let memo = json!({"kind": kind, "happened_at": "2026-11-03T14:30:00+09:00", "summary": "金額の相違"});
    let written = api.ask(&ApiRequest::post("/cases", &memo).by(STAFF).with_request_id("memo")).await;
    assert_eq!(written.status, 201);
    written.json()["id"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn part(recording: &RecordingId, from: u64, to: u64, mute: &[(u64, u64)]) -> Part {
    Part { recording: recording.clone(), from_milliseconds: Some(from), to_milliseconds: Some(to), mute: mute.to_vec() }
}

/// A share that waits for its clip, as a manager's request leaves it.
pub(super) async fn put_share(company: &Company, case: &CaseId, name: &str, part: Part) -> Share {
    let now = company.world.now();
    let share = Share {
        id: ShareId::of(name),
        case: case.clone(),
        part,
        staff: BTreeSet::from(["abe".to_owned()]),
        until: UNTIL.parse::<Date>().unwrap(),
        ends_at: "2026-12-11T00:00:00+09:00".parse().unwrap(),
        shared: Step { by: "kato".to_owned(), at: now },
        state: ShareState::Making,
        clip: None,
        failure: None,
        withdrawn: None,
    };
    write_share(company, &share, None).await;
    share
}

/// Writes a share as the API would.
pub(super) async fn write_share(company: &Company, share: &Share, before: Option<u64>) -> WriteOutcome {
    let operation = format!("{}-{}", share.id, before.unwrap_or_default());
    let audit = event(company, operation, AuditAction::SharePart);
    let write = ShareWrite { share, before, case_before: None, audit: &audit, event: None };
    company.table().write_share(&write).await.unwrap()
}

fn event(company: &Company, operation: String, action: AuditAction) -> AuditEvent {
    AuditEvent {
        at: company.world.now(),
        day: "2026-11-13".to_owned(),
        operation,
        staff: "kato".to_owned(),
        role: None,
        action,
        outcome: AuditOutcome::Permitted,
        facts: BTreeMap::new(),
        asked: BTreeMap::new(),
        origin: None,
        ends_at: jiff::Timestamp::MAX,
    }
}

pub(super) fn message(share: &Share) -> ClipMessage {
    ClipMessage::Share { case: share.case.clone(), share: share.id.clone() }
}

/// A recording, a case, and a share of five of the recording's seconds that waits for its clip.
pub(super) async fn with_share() -> (Api, RecordingId, Share) {
    let (api, recording) = Api::with_sample(1).await;
    let case = open_case(&api).await;
    let part = part(&recording, 2_000, 7_000, &[(3_000, 3_500)]);
    let share = put_share(&api.company, &case, "share-1", part).await;
    (api, recording, share)
}

pub(super) async fn share_now(company: &Company, share: &Share) -> Share {
    company.table().share(&share.case, &share.id).await.unwrap().unwrap().share
}

/// Everything in the derived bucket, by key.
pub(super) fn objects(world: &World) -> BTreeMap<String, Vec<u8>> {
    let keys = world.object_keys(DERIVED_BUCKET).into_iter();
    keys.map(|key| {
        let bytes = world.object_versions(DERIVED_BUCKET, &key).pop().unwrap().body.to_vec();
        (key, bytes)
    })
    .collect()
}

/// The keys of the objects that recordings list.
pub(super) fn listed(world: &World) -> BTreeSet<String> {
    let is_listing = |item: &Value| item["pk"].as_str().is_some_and(|pk| pk.starts_with("V#"));
    let items = world.table_items(TABLE).into_iter().filter(is_listing);
    items.filter_map(|item| item["object_key"].as_str().map(str::to_owned)).collect()
}

/// NEVER LATE: no object that nothing lists.
pub(super) fn require_listed(world: &World, when: &str) {
    let listed = listed(world);
    for key in objects(world).keys() {
        assert!(listed.contains(key), "{when}: nothing lists {key}");
    }
}

/// A release that waits for its package, as two people's requests leave it.
pub(crate) async fn put_release(
    company: &Company,
    case: &CaseId,
    name: &str,
    parts: Vec<Part>,
    change: impl FnOnce(&mut Release),
) -> Release {
    let step = |by: &str| Step { by: by.to_owned(), at: company.world.now() };
    let new = NewRelease {
        recipient: CaseText::new("警視庁"),
        basis: ReleaseBasis::InvestigationInquiry,
        reference: Some(CaseText::new("捜査第123号")),
        basis_date: None,
        reason: CaseText::new("照会への回答"),
        parts: parts.into_iter().map(|part| ReleasePart { part, transcript: None }).collect(),
        register_days: 3 * 365,
    };
    let requested = Release::request(ReleaseId::of(name), case.clone(), new, step("kato"));
    let mut release = requested.change(&ReleaseChange::Approve, step("yamada")).unwrap();
    change(&mut release);
    write_release(company, &release, None).await;
    release
}

/// Writes a release as the API would.
pub(crate) async fn write_release(company: &Company, release: &Release, before: Option<u64>) {
    let operation = format!("{}-{}", release.id, before.unwrap_or_default());
    let audit = event(company, operation, AuditAction::AskRelease);
    let write = ReleaseWrite { release, before, case_before: None, audit: &audit, events: Vec::new() };
    assert_eq!(company.table().write_release(&write).await.unwrap(), WriteOutcome::Done);
}

pub(crate) fn package_message(release: &Release) -> ClipMessage {
    ClipMessage::Release { case: release.case.clone(), release: release.id.clone() }
}

pub(crate) async fn release_now(company: &Company, release: &Release) -> Release {
    company.table().release(&release.case, &release.id).await.unwrap().unwrap().release
}

/// The entries of a ZIP file by its directory, each checked against its checksum: a reader of its own.
pub(super) fn unzip(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let short = |at: usize| usize::from(u16::from_le_bytes(zip[at..at + 2].try_into().unwrap()));
    let long = |at: usize| u32::from_le_bytes(zip[at..at + 4].try_into().unwrap());
    let size = |at: usize| usize::try_from(long(at)).unwrap();
    let end = zip.len() - 22;
    assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
    let (count, mut at) = (short(end + 10), size(end + 16));
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        assert_eq!((&zip[at..at + 4], short(at + 10)), (&b"PK\x01\x02"[..], 0), "stored");
        let (checksum, length, name_length, offset) = (long(at + 16), size(at + 24), short(at + 28), size(at + 42));
        let name = String::from_utf8(zip[at + 46..at + 46 + name_length].to_vec()).unwrap();
        assert_eq!((&zip[offset..offset + 4], short(offset + 26)), (&b"PK\x03\x04"[..], name_length));
        let begins = offset + 30 + name_length + short(offset + 28);
        let bytes = zip[begins..begins + length].to_vec();
        let mut check = flate2::Crc::new();
        check.update(&bytes);
        assert_eq!(check.sum(), checksum, "{name}");
        entries.insert(name, bytes);
        at += 46 + name_length + short(at + 30) + short(at + 32);
    }
    assert_eq!(at, end);
    entries
}
