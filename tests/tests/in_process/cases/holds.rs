//! What a memo and a case hold, from the memo to the close, with every fault and beside everything that can come between.

use jiff::SignedDuration;
use policy::custody::{self, EventKind};
use policy::id::{CaseId, RecordingId};
use serde_json::{Value, json};
use store::Job;
use tests::company::{BUCKET, Company};
use tests::world::{World, for_every_fault};

use super::common::{WRITTEN_OR_NOT, closing, linking, memo, read, write};
use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, STAFF, sample_expiry};

pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Lets `jobs` work, then says how many holds stand on a recording's call, as the API says it.
pub(super) async fn holds(api: &Api, recording: &RecordingId) -> Value {
    api.company.index().await;
    api.get(ADMIN, &format!("/recordings/{recording}")).await.ok()["holds"].clone()
}

/// Whether S3 keeps the recording's version, whatever the table says.
pub(super) fn is_kept_by_s3(world: &World) -> bool {
    let keys = world.object_keys(BUCKET);
    let versions = keys.iter().flat_map(|key| world.object_versions(BUCKET, key));
    versions.into_iter().any(|version| version.legal_hold)
}

fn unlinking(case: &str, recording: &RecordingId) -> ApiRequest {
    ApiRequest::delete(&format!("/cases/{case}/recordings/{recording}"))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_expire_tomorrow_is_held_from_the_memo_to_the_close() {
    let (api, recording) = Api::with_sample(1).await;
    api.world().set_now(sample_expiry() - DAY);
    let case = write(&api, STAFF, &memo()).await;
    assert_eq!(holds(&api, &recording).await, 1);
    assert!(is_kept_by_s3(api.world()), "the second wall");
    api.world().set_now(sample_expiry() + DAY);
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_none(), "it is held");
    let found = read(&api, SALES_MANAGER, &case).await.ok();
    assert_eq!(found["candidates"][0]["recording_id"], json!(recording));
    let listed = api.get(SALES_MANAGER, "/cases?state=new").await.ok();
    let until = listed["items"][0]["provisional_until"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(until, sample_expiry() - DAY + DAY * 14);
    let linked = api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.ok();
    assert_eq!(linked["provisional_until"], Value::Null, "somebody works on it");
    assert_eq!(holds(&api, &recording).await, 1, "one in the place of the other");
    // The provisional one would have ended long ago.
    api.world().set_now(sample_expiry() + DAY * 60);
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_none(), "an open case holds its recordings");
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    api.company.index().await;
    assert!(!is_kept_by_s3(api.world()));
    assert_eq!(api.get(ADMIN, &format!("/recordings/{recording}")).await.status, 404, "its period is over");
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_some());
    let chain = api.chain(&recording).await;
    custody::verify(&recording, &chain).unwrap();
    let kinds: Vec<EventKind> = chain.iter().map(|link| link.event.kind).collect();
    let expected = [
        EventKind::TakenIn,
        EventKind::HoldPlaced,
        EventKind::HoldExchanged,
        EventKind::LinkedToCase,
        EventKind::HoldLifted,
        EventKind::Deleted,
    ];
    assert_eq!(kinds, expected);
    // Who reads custody does not learn who wrote which memo.
    assert_eq!((chain[1].event.actor.as_str(), chain[2].event.actor.as_str()), ("jobs", SALES_MANAGER));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_links_is_held_for_14_days_and_a_close_lifts_it_at_once() {
    let (api, recording) = Api::with_sample(1).await;
    let last_day = sample_expiry() - DAY;
    api.world().set_now(last_day);
    write(&api, STAFF, &memo()).await;
    assert_eq!(holds(&api, &recording).await, 1);
    api.world().set_now(last_day + DAY * 14 - SignedDuration::from_secs(1));
    assert_eq!(api.get(SALES_MANAGER, &format!("/recordings/{recording}")).await.status, 200);
    api.world().set_now(last_day + DAY * 14);
    assert_eq!(api.get(SALES_MANAGER, &format!("/recordings/{recording}")).await.status, 404);
    api.world().set_now(last_day + DAY * 14 + SignedDuration::from_secs(1));
    api.company.run_schedule("roll_up").await;
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_some(), "NEVER LATE: and it goes");

    let (api, recording) = Api::with_sample(2).await;
    let case = write(&api, STAFF, &memo()).await;
    assert_eq!(holds(&api, &recording).await, 1);
    let withdrawn = json!({"outcome": "withdrawn"});
    api.ask(&ApiRequest::post(&format!("/cases/{case}/close"), &withdrawn).by(SALES_MANAGER)).await.ok();
    assert_eq!(holds(&api, &recording).await, 0);
    assert!(!is_kept_by_s3(api.world()));
}

#[tokio::test(start_paused = true)]
async fn a_memo_holds_nothing_that_had_expired_when_it_was_written() {
    let (api, recording) = Api::with_sample(1).await;
    api.world().set_now(sample_expiry());
    write(&api, STAFF, &memo()).await;
    api.company.index().await;
    assert_eq!(api.get(ADMIN, &format!("/recordings/{recording}")).await.status, 404, "NEVER LATE");
    assert_eq!(api.chain(&recording).await.len(), 1);
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&recording).await.is_some());
}

/// The message of the memo waits, for seconds or for hours: the memo was in time.
#[tokio::test(start_paused = true)]
async fn a_call_that_expires_between_its_memo_and_the_hold_is_held_unless_its_deletion_has_begun() {
    let second = SignedDuration::from_secs(1);
    for late in [second, SignedDuration::from_hours(5)] {
        let (api, recording) = Api::with_sample(1).await;
        api.world().set_now(sample_expiry() - second);
        let case = write(&api, STAFF, &memo()).await;
        api.world().set_now(sample_expiry() + late);
        // NEVER LATE: until the hold stands, nobody reaches it.
        assert_eq!(api.get(ADMIN, &format!("/recordings/{recording}")).await.status, 404);
        assert_eq!(holds(&api, &recording).await, 1);
        api.company.sweep().await.unwrap();
        assert!(api.company.tombstone(&recording).await.is_none(), "NEVER EARLY: it is held");
        api.ask(&linking(&case, &recording).by(SALES_MANAGER)).await.ok();
        assert_eq!(holds(&api, &recording).await, 1);
    }
    let (api, recording) = Api::with_sample(2).await;
    api.world().set_now(sample_expiry() - second);
    write(&api, STAFF, &memo()).await;
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    api.company.index().await;
    assert!(api.company.tombstone(&recording).await.is_some(), "what is being deleted is not held");
}

#[tokio::test(start_paused = true)]
async fn a_writer_learns_nothing_of_what_a_memo_holds() {
    let mut answers = Vec::new();
    for has_recording in [true, false] {
        let api = if has_recording { Api::with_sample(1).await.0 } else { Api::new(1).await };
        api.warm().await;
        let answer = api.ask(&ApiRequest::post("/cases", &memo()).by(STAFF).with_request_id("once")).await;
        assert_eq!(answer.status, 201);
        answers.push((answer, api.take_kinds()));
    }
    assert_eq!(answers[0], answers[1], "bytes, headers, number and kinds of calls");
}

#[tokio::test(start_paused = true)]
async fn what_leaves_a_case_is_held_by_it_no_more_and_another_case_still_holds_it() {
    let (api, recording) = Api::with_sample(1).await;
    let (one, other) = (write(&api, STAFF, &memo()).await, write(&api, STAFF, &memo()).await);
    assert_eq!(holds(&api, &recording).await, 2);
    for case in [&one, &other] {
        for _ in 0..2 {
            api.ask(&linking(case, &recording).by(SALES_MANAGER)).await.ok();
        }
    }
    assert_eq!(holds(&api, &recording).await, 2);
    for _ in 0..2 {
        api.ask(&unlinking(&one, &recording).by(SALES_MANAGER)).await.ok();
    }
    assert_eq!(holds(&api, &recording).await, 1);
    assert!(is_kept_by_s3(api.world()));
    api.ask(&closing(&other).by(SALES_MANAGER)).await.ok();
    assert_eq!(holds(&api, &recording).await, 0);
    assert!(!is_kept_by_s3(api.world()));
    custody::verify(&recording, &api.chain(&recording).await).unwrap();
}

/// A company whose case is where a test begins.
pub(super) async fn arrange(steps: &[ApiRequest]) -> World {
    let api = Api::with_sample(1).await.0;
    for step in steps {
        let answer = api.ask(step).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.status);
    }
    api.company.world
}

/// The steps of a case, each the same request however often it is sent.
pub(super) struct Steps {
    pub(super) recording: RecordingId,
    pub(super) case: String,
    pub(super) writes: ApiRequest,
    pub(super) links: ApiRequest,
    pub(super) unlinks: ApiRequest,
    pub(super) closes: ApiRequest,
}

pub(super) async fn steps() -> Steps {
    let (api, recording) = Api::with_sample(1).await;
    let writes = ApiRequest::post("/cases", &memo()).by(STAFF).with_request_id("once");
    let case = api.ask(&writes).await.json()["id"].as_str().unwrap().to_owned();
    let by_manager = |request: ApiRequest, id: &str| request.by(SALES_MANAGER).with_request_id(id);
    Steps {
        links: by_manager(linking(&case, &recording), "link"),
        unlinks: by_manager(unlinking(&case, &recording), "unlink"),
        closes: by_manager(closing(&case), "close"),
        recording,
        case,
        writes,
    }
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_each_step_and_its_repeat_leave_the_holds_that_belong_to_it() {
    let Steps { recording, writes, links, unlinks, closes, .. } = steps().await;
    for (before, step, expected) in [
        (vec![], &writes, 1),
        (vec![&writes], &links, 1),
        (vec![&writes, &links], &unlinks, 0),
        (vec![&writes, &links], &closes, 0),
    ] {
        let before: Vec<ApiRequest> = before.into_iter().cloned().collect();
        let tried = for_every_fault(
            WRITTEN_OR_NOT,
            async || arrange(&before).await,
            async |world| Api::over(world).ask(step).await,
            async |world, fault, answer| {
                assert!(matches!(answer.status, 200 | 201 | 500 | 503), "{fault:?}: {}", answer.status);
                let api = Api::over(world);
                let again = api.ask(step).await;
                assert!(matches!(again.status, 200 | 201), "{fault:?}: {}", again.status);
                assert_eq!(holds(&api, &recording).await, expected, "{fault:?}");
                assert_eq!(is_kept_by_s3(world), expected > 0, "{fault:?}");
                custody::verify(&recording, &api.chain(&recording).await).unwrap();
            },
        )
        .await;
        assert!(tried >= 10, "{tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_written_is_followed_though_its_request_died() {
    let Steps { recording, writes, links, closes, .. } = steps().await;
    for (before, step, expected) in [(vec![], &writes, 1), (vec![&writes, &links], &closes, 0)] {
        let before: Vec<ApiRequest> = before.into_iter().cloned().collect();
        for_every_fault(
            WRITTEN_OR_NOT,
            async || arrange(&before).await,
            async |world| Api::over(world).ask(step).await,
            async |world, fault, _| {
                // Nobody sends it again.
                let api = Api::over(world);
                let cases = api.get(ADMIN, "/cases").await.ok();
                let is_written = match expected {
                    0 => cases["items"][0]["state"] == "closed",
                    _ => cases["items"][0].is_object(),
                };
                if is_written {
                    assert_eq!(holds(&api, &recording).await, expected, "{fault:?}");
                }
            },
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn with_any_call_of_the_job_failed_its_repeat_places_and_lifts_the_same() {
    let Steps { recording, case, writes, links, closes, .. } = steps().await;
    let job = Job::FollowCase { case: case.parse::<CaseId>().unwrap() };
    for (before, expected) in [(vec![&writes], 1), (vec![&writes, &links, &closes], 0)] {
        let before: Vec<ApiRequest> = before.into_iter().cloned().collect();
        let body = [serde_json::to_string(&job).unwrap()];
        let tried = for_every_fault(
            WRITTEN_OR_NOT,
            async || {
                let world = arrange(&before).await;
                world.take_messages(tests::company::JOBS_QUEUE);
                world
            },
            async |world| {
                let company = Company::of_without_retries(world.clone());
                let stop_at = world.now() + SignedDuration::from_mins(4);
                let batch = company.batch(tests::company::JOBS_QUEUE, &body);
                jobs::handle(&company.jobs_context(), batch, stop_at).await.batch_item_failures.len()
            },
            async |world, fault, _| {
                let api = Api::over(world);
                for _ in 0..2 {
                    api.company.run_job(&job).await;
                }
                assert_eq!(holds(&api, &recording).await, expected, "{fault:?}");
                assert_eq!(is_kept_by_s3(world), expected > 0, "{fault:?}");
                custody::verify(&recording, &api.chain(&recording).await).unwrap();
            },
        )
        .await;
        assert!(tried >= 10, "{tried}");
    }
}
