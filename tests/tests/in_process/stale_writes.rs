//! What was read before somebody else wrote is not written over, and what has ended is not made again: writes of the table
//! that handlers repeat so seldom that no scenario of theirs would show it.

use jiff::SignedDuration;
use jiff::civil::date;
use policy::call::{Call, Claim};
use policy::hold::Holds;
use policy::id::RecordingId;
use policy::notification::{SendAttempt, SendState};
use policy::object::ObjectVersion;
use serde_json::{Value, json};
use store::{
    AuditEvent, CopyState, CountResult, Derived, DerivedFor, NotificationClaim, NotificationRecipient, PendingCopy,
    Plan, PlanPart, SweepDay, Table, WriteOutcome,
};
use tests::company::{BUCKET, Company, sample_rulebook};
use tests::monitor::Rule;

use crate::api::{Api, ApiRequest, SAMPLE, one_hold, sample_expiry};

/// Of `hayashi`, by its operation.
fn event(company: &Company, operation: &str) -> AuditEvent {
    serde_json::from_value(json!({
        "at": company.world.now(), "day": "2026-11-13", "operation": operation, "staff": "hayashi",
        "action": "approve_sweep", "outcome": "permitted",
    }))
    .unwrap()
}

/// The item of a recording, as it is stored.
fn stored(company: &Company, pk: &str, sk: &str) -> Option<Value> {
    company.snapshot().into_iter().find(|item| item["pk"] == pk && item["sk"] == sk)
}

#[tokio::test(start_paused = true)]
pub(crate) async fn of_two_approvals_of_a_day_the_smaller_takes_nothing_back() {
    let company = Company::with_sample_rulebook(1).await;
    let day = date(2026, 11, 13);
    let read = SweepDay { day, live: 0, allowed: 20, approved: 0, reserved: 0, waiting: 9 };
    company.table().open_sweep_day(&read).await.unwrap();
    let of_five = company.table().approve_deletions(&read, 5, &event(&company, "one")).await.unwrap();
    let of_three = company.table().approve_deletions(&read, 3, &event(&company, "two")).await.unwrap();
    assert_eq!((of_five, of_three), (WriteOutcome::Done, WriteOutcome::Conflict));
    assert_eq!(company.table().sweep_day(day).await.unwrap().unwrap().approved, 5);
}

async fn begin(company: &Company, last: Option<SendAttempt>) -> CountResult {
    let notifications = [("memo#one".to_owned(), last)];
    company.table().claim_notifications(&claim(company, &notifications)).await.unwrap()
}

fn claim<'a>(company: &Company, notifications: &'a [(String, Option<SendAttempt>)]) -> NotificationClaim<'a> {
    let (recipient, day) = (NotificationRecipient::Member("kato"), date(2026, 11, 13));
    NotificationClaim { recipient, at: company.world.now(), day, notifications }
}

async fn last_attempt(table: &Table) -> SendAttempt {
    let names = ["memo#one".to_owned()];
    table.notification_attempts(NotificationRecipient::Member("kato"), &names).await.unwrap()["memo#one"]
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_attempt_to_mail_is_begun_by_one_run_and_settled_by_it_alone() {
    let company = Company::with_sample_rulebook(1).await;
    let notifications = [("memo#one".to_owned(), None)];
    let first = claim(&company, &notifications);
    assert_eq!(begin(&company, None).await, CountResult::Done);
    assert_eq!(begin(&company, None).await, CountResult::Conflict, "another run began it");
    let died = last_attempt(&company.table()).await;
    company.world.advance(std::time::Duration::from_secs(20 * 60));
    assert_eq!(begin(&company, Some(died)).await, CountResult::Done);
    assert_eq!(begin(&company, Some(died)).await, CountResult::Conflict, "another run took it up");
    // The first was slow, not dead.
    assert_eq!(
        company.table().settle_notifications(&first, SendState::Rejected).await.unwrap(),
        WriteOutcome::Conflict
    );
    assert_eq!(last_attempt(&company.table()).await.state, SendState::Sending);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_slice_of_a_plan_is_counted_once() {
    let company = Company::with_sample_rulebook(1).await;
    let (policy, staff) = sample_rulebook();
    let asking = ApiRequest::post("/rulebook/plan", &json!({"policy": policy, "staff": staff})).by("hayashi");
    let asked = Api::over(&company.world).ask(&asking).await.json();
    let plan: Plan = company.table().plan(&asked["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    for slices in 1..=3 {
        let part = PlanPart { slices, ..PlanPart::default() };
        let table = company.table();
        let both = [
            table.put_plan_part(&plan, 60, &part).await.unwrap(),
            table.put_plan_part(&plan, 60, &part).await.unwrap(),
        ];
        assert_eq!(both, [WriteOutcome::Done, WriteOutcome::Conflict], "slice {slices}");
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_call_is_claimed_as_it_was_read_free_and_once() {
    let (api, id) = Api::with_sample(1).await;
    let reference = api.company.recording(&id).await.view.call;
    let table = api.company.table();
    let now = async || table.call(&reference).await.unwrap().unwrap();
    let claim = Claim { id: "one".to_owned(), at: api.world().now(), rulebook_version: 1 };
    api.company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end");
    let claimed = async |call: Call| table.claim(&call, &claim).await.unwrap() == WriteOutcome::Done;
    let read = now().await;
    assert!(!claimed(Call { generation: read.generation - 1, ..read.clone() }).await, "it was written since");
    let other = RecordingId::of(BUCKET, "other.wav", "another");
    assert!(!claimed(Call { legs: [other].into(), ..read }).await, "it has another leg");
    api.change(&id, |_, call| call.holds = one_hold()).await;
    assert!(!claimed(now().await).await, "it is held");
    api.change(&id, |_, call| call.holds = Holds::default()).await;
    assert!(claimed(now().await).await);
    assert!(!claimed(now().await).await, "another run has it");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn only_what_is_claimed_and_as_it_was_read_is_parked() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SAMPLE).await;
    let reference = company.recording(&id).await.view.call;
    let table = company.table();
    let at = company.world.now() + SignedDuration::from_hours(1);
    let read = table.call(&reference).await.unwrap().unwrap();
    assert_eq!(table.park(&read, at).await.unwrap(), WriteOutcome::Conflict, "nobody claimed it");
    let claim = Claim { id: "other".to_owned(), at: company.world.now(), rulebook_version: 1 };
    company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end");
    assert_eq!(table.claim(&read, &claim).await.unwrap(), WriteOutcome::Done);
    assert_eq!(table.park(&read, at).await.unwrap(), WriteOutcome::Conflict, "it was claimed since");
    let claimed = table.call(&reference).await.unwrap().unwrap();
    assert_eq!(table.park(&claimed, at).await.unwrap(), WriteOutcome::Done);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn what_has_ended_is_not_made_again_by_a_late_update() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SAMPLE).await;
    let (table, now) = (company.table(), company.world.now());
    let copy: ObjectVersion = serde_json::from_value(stored_object(&company, &id)).unwrap();
    let pending = PendingCopy { recording: id.clone(), copy, deleted_at: now, state: CopyState::Kept };
    let derived = Derived {
        object_key: format!("clips/{id}/one-1.wav"),
        case: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
        made_for: DerivedFor::Share("aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap()),
        recordings: vec![id.clone()],
        written_until: now,
    };
    let before = company.snapshot();
    table.end_copy(&id, now).await.unwrap();
    table.keep_copy(&pending, now).await.unwrap();
    table.keep_derived(&derived, now).await.unwrap();
    assert!(table.erase_texts(&id, 99).await.is_err());
    assert_eq!(company.snapshot(), before);
    // A proof that says that no copy was kept goes on saying so.
    company.world.set_now(sample_expiry());
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    let before = company.snapshot();
    table.end_copy(&id, now).await.unwrap();
    assert_eq!(company.snapshot(), before);
}

fn stored_object(company: &Company, id: &RecordingId) -> Value {
    stored(company, &format!("R#{id}"), "R").unwrap()["object"].clone()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn nothing_is_derived_from_a_leg_that_the_call_does_not_have() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SAMPLE).await;
    let call = company.recording(&id).await.view.call;
    let other = RecordingId::of(BUCKET, "other.wav", "another");
    let derived = Derived {
        object_key: format!("clips/{other}/one-1.wav"),
        case: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
        made_for: DerivedFor::Share("aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap()),
        recordings: vec![other.clone()],
        written_until: company.world.now(),
    };
    let listed = company.table().list_derived(&derived, &[(other, call)]).await.unwrap();
    assert_eq!(listed, WriteOutcome::Conflict);
}
