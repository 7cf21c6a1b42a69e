//! The end of a call: what keeps it, what releases it, and what must end with it. Each scenario once lost, deleted
//! early or kept for too long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::audit::{AuditAction, AuditOutcome};
use policy::correction::Corrections;
use policy::custody::{EventKind, Happening};
use policy::facts::{NoticeKind, QuarantineReason};
use policy::fragment::Correction;
use policy::id::RecordingId;
use policy::recording::State;
use store::{AuditEvent, CorrectionWrite, IndexMessage, Job, Partition, Stored, TIME_SHARDS, WriteOutcome};
use tests::company::{BUCKET, Company, failed, sample, sample_rulebook};

const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
/// A folder that no source of the sample rulebook claims.
const BRANCH: &str = "osaka/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
const OSAKA: &str = "[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n";

/// When [`SALES`] expires.
fn expiry() -> Timestamp {
    "2026-12-04T00:00:00+09:00".parse().unwrap()
}

async fn publish_with(company: &Company, more: &str) {
    let (policy, staff) = sample_rulebook();
    company.publish(&format!("{policy}\n{more}"), &staff).await;
}

/// Writes a correction as the API does, and has it merged.
async fn correct(company: &Company, id: &RecordingId, facts: &[(&str, &str)], confirmed_by: Option<&str>) {
    let stored = company.table().recording(id).await.unwrap().unwrap();
    let Stored::Recording(recording) = stored.stored else { panic!("{id} has ended") };
    let now = company.world.now();
    let correction = Correction {
        facts: facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        by: "yamada".to_owned(),
        at: now,
        confirmed_by: confirmed_by.map(str::to_owned),
    };
    let happening = Happening {
        at: now,
        kind: EventKind::Corrected,
        actor: "yamada".to_owned(),
        operation: "operation".to_owned(),
        facts: [].into(),
        texts: [].into(),
    };
    let event = stored.head.append(id, happening).unwrap();
    let audit = AuditEvent {
        at: now,
        day: "2026-11-13".to_owned(),
        operation: "operation".to_owned(),
        staff: "yamada".to_owned(),
        role: None,
        action: AuditAction::Correct,
        outcome: AuditOutcome::Permitted,
        facts: [].into(),
        asked: [].into(),
        origin: None,
        ends_at: Timestamp::MAX,
    };
    let corrections = Corrections { number: 1, standing: Some(correction), waiting: None };
    let key_id = recording.object.key_id();
    let write = CorrectionWrite {
        id,
        key_id: &key_id,
        corrections: &corrections,
        event: &event,
        audit: &audit,
        call: &recording.view.call,
    };
    assert_eq!(company.table().correct(&write).await.unwrap(), WriteOutcome::Done);
    let message = IndexMessage::of(&recording.object);
    let batch = company.index_batch(&[serde_json::to_string(&message).unwrap()]);
    assert_eq!(failed(&index::handle(&company.index_context(), batch).await), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_expired_on_arrival_waits_for_two_people_and_is_never_deleted_unseen() {
    let company = Company::with_sample_rulebook(1).await;
    let metadata = [("started-at", "2026-09-14T10:00:00+09:00"), ("direction", "inbound"), ("extension", "201")];
    let id = company.upload("other/late.flac", sample("other/upload/rec_0001.flac"), &metadata).await;
    let view = company.recording(&id).await.view;
    assert_eq!(view.quarantine_reason, Some(QuarantineReason::ExpiredOnArrival));
    company.world.advance(Duration::from_hours(24 * 10));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_none(), "NEVER EARLY: nobody has seen it");
    // Two people say that it is so: it is an ordinary recording for `settle`, and then it goes.
    correct(&company, &id, &[("started_at", "2026-09-14T10:00:00+09:00")], Some("hayashi")).await;
    assert_eq!(company.recording(&id).await.view.state, State::Active);
    company.world.advance(Duration::from_hours(71));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_none(), "NEVER EARLY: it settles from when it was understood");
    company.world.advance(Duration::from_hours(1));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some(), "NEVER LATE");
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_of_a_released_recording_ends_with_it() {
    let company = Company::with_sample_rulebook(1).await;
    let first = company.upload(BRANCH, sample(SALES), &[]).await;
    company.world.advance(Duration::from_secs(60));
    let second = company.upload(BRANCH, sample(SALES), &[]).await;
    assert_eq!(company.recording(&second).await.view.duplicate_of.as_ref(), Some(&first));
    publish_with(&company, OSAKA).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.recording(&first).await.view.call, company.recording(&second).await.view.call);
    company.world.set_now(expiry());
    company.sweep().await.unwrap();
    assert_eq!(company.versions().len(), 0, "NEVER LATE: the duplicate outlives its recording");
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_of_a_released_recording_ends_with_it() {
    let company = Company::with_sample_rulebook(1).await;
    let audio = company.upload(BRANCH, sample(SALES), &[]).await;
    let sidecar =
        company.upload(&format!("{BRANCH}.json"), r#"{"counterpart": "090-1234-5678", "notice": "form"}"#, &[]).await;
    publish_with(&company, OSAKA).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.recording(&audio).await.view.call, company.recording(&sidecar).await.view.call);
    company.world.set_now(expiry());
    company.sweep().await.unwrap();
    let left = company.versions();
    assert!(left.is_empty(), "NEVER LATE: the sidecar outlives the recording");
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_of_a_released_recording_lives_as_long_as_it() {
    let company = Company::with_sample_rulebook(1).await;
    let audio = company.upload(BRANCH, sample(SALES), &[]).await;
    let sidecar = company.upload(&format!("{BRANCH}.json"), r#"{"notice": "form"}"#, &[]).await;
    let (policy, staff) = sample_rulebook();
    let longer = policy.replace("keep_days = 30", "keep_days = 150");
    company.publish(&format!("{longer}\n{OSAKA}"), &staff).await;
    company.run_schedule("roll_up").await;
    company.world.set_now("2027-02-12T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    let ended = company.tombstone(&sidecar).await.is_some();
    // Anything that has the recording merged again: SQS twice, another sidecar.
    let version = company.recording(&audio).await.object.version_id;
    company.ingest(BRANCH, &version).await;
    company.index().await;
    let notice = company.recording(&audio).await.view.notice;
    assert_eq!(
        (ended, notice),
        (false, NoticeKind::Form),
        "the sidecar ended before its recording, and its facts are lost"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_log_made_stays_when_the_rulebook_no_longer_names_the_log() {
    const FUSION: &str = "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav";
    const CDR: &str = "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json";
    let key = FUSION.replace("fusionpbx/", "kyoto/");
    let source = "[[source]]\nname = \"kyoto\"\nprefix = \"kyoto/\"\nrecorder = \"fusionpbx\"\n";
    let log = "[[call_log]]\nsource = \"kyoto\"\nprefix = \"calllog/kyoto/\"\nformat = \"freeswitch\"\n";
    let company = Company::of(Company::builder(1).build());
    publish_with(&company, &format!("{source}{log}")).await;
    let id = company.upload(&key, sample(FUSION), &[]).await;
    company.upload("calllog/kyoto/a.json", sample(CDR), &[]).await;
    let before = company.recording(&id).await;
    assert_eq!((before.view.state, before.view.team.as_deref()), (State::Active, Some("support")));
    publish_with(&company, source).await;
    company.world.advance(Duration::from_secs(120));
    // SQS delivers again, or a sidecar comes.
    company.ingest(&key, &before.object.version_id).await;
    company.index().await;
    let after = company.recording(&id).await;
    assert_eq!((after.view.state, after.view.team.as_deref()), (State::Active, Some("support")));
}

#[tokio::test(start_paused = true)]
async fn a_publication_that_drops_a_log_puts_nothing_back_into_quarantine() {
    const FUSION: &str = "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav";
    const CDR: &str = "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json";
    let key = FUSION.replace("fusionpbx/", "kyoto/");
    let source = "[[source]]\nname = \"kyoto\"\nprefix = \"kyoto/\"\nrecorder = \"fusionpbx\"\n";
    let log = "[[call_log]]\nsource = \"kyoto\"\nprefix = \"calllog/kyoto/\"\nformat = \"freeswitch\"\n";
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let nakamura = staff.lines().find(|line| line.starts_with("nakamura,")).unwrap();
    let staff = staff.replace(&format!("{nakamura}\n"), "");
    company.publish(&format!("{policy}\n{source}{log}"), &staff).await;
    let id = company.upload(&key, sample(FUSION), &[]).await;
    company.upload("calllog/kyoto/a.json", sample(CDR), &[]).await;
    company.run_schedule("roll_up").await;
    let before = company.recording(&id).await;
    assert_eq!((before.view.state, before.view.team.as_deref()), (State::Active, None));
    company.publish(&format!("{policy}\n{source}"), &staff).await;
    company.run_schedule("roll_up").await;
    let after = company.recording(&id).await;
    assert_eq!(after.view.state, State::Active);
}

#[tokio::test(start_paused = true)]
async fn what_a_log_filled_in_stays_when_the_rulebook_no_longer_names_the_log() {
    const CONNECT: &str =
        "connect/yamada/CallRecordings/2026/11/09/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01_20261109T01:07_UTC.wav";
    const CONTACT: &str = "calllog/amazon-connect/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01.json";
    let key = CONNECT.replace("connect/yamada", "cc/yamada");
    let source = "[[source]]\nname = \"cc\"\nprefix = \"cc/\"\nrecorder = \"amazon-connect\"\n";
    let log = "[[call_log]]\nsource = \"cc\"\nprefix = \"calllog/cc/\"\nformat = \"amazon-connect\"\n";
    let company = Company::of(Company::builder(1).build());
    publish_with(&company, &format!("{source}{log}")).await;
    let id = company.upload(&key, sample(CONNECT), &[]).await;
    company.upload("calllog/cc/a.json", sample(CONTACT), &[]).await;
    let before = company.recording(&id).await;
    assert_eq!(before.view.team.as_deref(), Some("support"));
    publish_with(&company, source).await;
    company.world.advance(Duration::from_secs(120));
    company.ingest(&key, &before.object.version_id).await;
    company.index().await;
    let after = company.recording(&id).await.view;
    assert_eq!((after.staff, after.team), (before.view.staff, before.view.team));
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_only_a_later_rulebook_reads_joins_its_call() {
    let pattern = |tail: &str| {
        format!(
            "[[source]]\nname = \"rec\"\nprefix = \"rec/\"\npattern = '(?P<year>[0-9]{{4}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})-(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})-(?P<caller>[0-9]+)-(?P<extension>[0-9]+)-(?P<call_id>[0-9]+){tail}\\.wav'\nzone = \"company\"\n"
        )
    };
    let company = Company::of(Company::builder(1).build());
    publish_with(&company, &pattern("")).await;
    let one = company.upload("rec/20261112-140502-09012345678-201-77.wav", sample(SALES), &[]).await;
    let two = company.upload("rec/20261112-140502-09012345678-201-77-2.wav", sample(SALES), &[]).await;
    assert_eq!(company.recording(&one).await.view.state, State::Active);
    assert_eq!(company.recording(&two).await.view.state, State::Quarantined);
    publish_with(&company, &pattern("(?:-[0-9])?")).await;
    company.run_schedule("roll_up").await;
    let (first, second) = (company.recording(&one).await, company.recording(&two).await);
    assert_eq!((second.view.state, &second.view.call), (State::Active, &first.view.call));
}

#[tokio::test(start_paused = true)]
async fn a_call_id_that_comes_again_weeks_later_is_another_call() {
    let company = Company::with_sample_rulebook(1).await;
    let bytes = sample("3cx/202/[09055556666]_09055556666-202_20261106094500(381).wav");
    let first = company.upload("3cx/202/[a]_09055556666-202_20261106094500(381).wav", bytes.clone(), &[]).await;
    company.world.set_now("2026-12-05T12:00:00+09:00".parse().unwrap());
    let second = company.upload("3cx/202/[b]_08011112222-202_20261205094500(381).wav", bytes, &[]).await;
    assert_ne!(company.recording(&first).await.view.call, company.recording(&second).await.view.call);
    company.world.set_now("2026-12-07T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&first).await.is_some(), "NEVER LATE: 6 November and 30 days");
}

#[tokio::test(start_paused = true)]
async fn what_a_sidecar_releases_settles_before_it_is_deleted() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload("other/x.flac", sample("other/upload/rec_0001.flac"), &[]).await;
    assert_eq!(company.recording(&id).await.view.state, State::Quarantined);
    company.world.advance(Duration::from_secs(40 * 86_400));
    company.upload("other/x.flac.json", r#"{"started_at": "2026-11-12T10:00:00+09:00"}"#, &[]).await;
    let report = company.sweep().await.unwrap();
    assert_eq!(report.deleted, 0, "quarantine would have kept it for 50 days more; nobody had a moment to object");
}

#[tokio::test(start_paused = true)]
async fn what_a_new_source_releases_settles_before_it_is_deleted() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload(BRANCH, sample(SALES), &[]).await;
    company.world.advance(Duration::from_secs(40 * 86_400));
    publish_with(&company, OSAKA).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.recording(&id).await.view.state, State::Active);
    assert_eq!(company.sweep().await.unwrap().deleted, 0, "nobody had a moment to object");
}

#[tokio::test(start_paused = true)]
async fn a_correction_that_two_admins_agree_on_brings_the_end_nearer() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    correct(&company, &id, &[("started_at", "2026-10-20T14:05:02+09:00")], Some("hayashi")).await;
    company.world.set_now("2026-11-19T23:59:59+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_none(), "NEVER EARLY: 20 October and 30 days");
    company.world.set_now("2026-11-20T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some(), "NEVER LATE: two admins agreed");
}

#[tokio::test(start_paused = true)]
async fn a_correction_that_one_admin_made_never_brings_the_end_nearer() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    correct(&company, &id, &[("started_at", "2026-10-20T14:05:02+09:00")], None).await;
    company.world.set_now(expiry() - SignedDuration::from_secs(1));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_none(), "NEVER EARLY");
}

#[tokio::test(start_paused = true)]
async fn after_a_change_of_zone_a_call_is_nominated_at_its_expiry() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&policy.replace("Asia/Tokyo", "UTC"), &staff).await;
    let key = "freepbx/2026/11/04/external-201-09012345678-20261104-050000-1793736000.7.wav";
    let id = company.upload(key, sample(SALES), &[]).await;
    company.publish(&policy, &staff).await;
    company.world.set_now("2026-12-04T00:00:00+09:00".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(20));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some(), "NEVER LATE: its expiry was 20 minutes ago");
}

#[tokio::test(start_paused = true)]
async fn a_file_name_that_is_used_again_is_dated_by_its_own_sidecar() {
    let company = Company::with_sample_rulebook(1).await;
    let sidecar = |at: &str, number: &str| {
        format!(
            r#"{{"started_at": "{at}", "direction": "inbound", "extension": "201", "counterpart": "{number}", "call_id": "{at}"}}"#
        )
    };
    let key = "other/branch/REC_0001.wav";
    company.upload(key, sample(SALES)[..20_000].to_vec(), &[]).await;
    company.upload(&format!("{key}.json"), sidecar("2026-11-12T10:00:00+09:00", "090-1111-1111"), &[]).await;
    company.world.set_now("2026-12-08T12:00:00+09:00".parse().unwrap());
    let second = company.upload(key, sample(SALES)[..20_002].to_vec(), &[]).await;
    company.upload(&format!("{key}.json"), sidecar("2026-12-08T10:00:00+09:00", "090-2222-2222"), &[]).await;
    let view = company.recording(&second).await.view;
    assert_eq!(view.counterpart.number().unwrap().expose(), "+819022222222");
    // 8 December and 30 days are 8 January.
    company.world.set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&second).await.is_none(), "NEVER EARLY: a call of 8 December ended on 13 December");
}

#[tokio::test(start_paused = true)]
async fn that_an_object_is_gone_stays_known() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    let object = company.recording(&id).await.object;
    company.world.remove_version(BUCKET, SALES, &object.version_id);
    for shard in 0..TIME_SHARDS {
        company
            .run_job(&Job::ReconcileEntries {
                partition: Partition::Time("2026-11".parse().unwrap(), shard),
                before: None,
            })
            .await;
    }
    assert!(company.recording(&id).await.view.object_gone_at.is_some());
    company.upload(&format!("{SALES}.json"), r#"{"notice": "form"}"#, &[]).await;
    assert!(company.recording(&id).await.view.object_gone_at.is_some(), "a later merge takes the mark off");
}

#[tokio::test(start_paused = true)]
async fn the_rows_of_a_call_end_although_its_recording_moved_to_another_call() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    company.upload_sample("calllog/asterisk/Master-20261105.csv").await;
    correct(&company, &id, &[("call_id", "another-call")], None).await;
    company.world.set_now("2027-06-01T00:00:00Z".parse().unwrap());
    company.sweep().await.unwrap();
    company.world.sweep_time_to_live();
    assert!(company.tombstone(&id).await.is_some() && company.versions().is_empty());
    let left = company.snapshot().iter().filter(|item| item.to_string().contains("09012345678")).count();
    assert_eq!(left, 0, "NEVER LATE: rows of a call log");
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_of_a_corrected_recording_ends_with_it() {
    let company = Company::with_sample_rulebook(1).await;
    let first = company.upload("other/x.flac", sample("other/upload/rec_0001.flac"), &[]).await;
    company.world.advance(Duration::from_secs(60));
    company.upload("other/x.flac", sample("other/upload/rec_0001.flac"), &[]).await;
    let sidecar = company
        .upload("other/x.flac.json", r#"{"started_at": "2026-11-12 10:00:00", "counterpart": "090-1234-5678"}"#, &[])
        .await;
    correct(&company, &first, &[("started_at", "2026-11-12T10:00:00+09:00"), ("direction", "inbound")], None).await;
    company.world.set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&sidecar).await.is_some());
    assert!(company.versions().is_empty());
}
