//! Shares: the needed part, for named colleagues until a day, and nothing else to anybody else.

use jiff::{SignedDuration, Timestamp};
use policy::case::part::Clip;
use policy::case::share::{FinishDecision, Share};
use policy::custody::{self, EventKind, NewEvent};
use policy::id::RecordingId;
use serde_json::{Value, json};
use store::{AuditEvent, CaseRecording, ShareWrite, WriteOutcome};
use tests::world::for_every_fault;

use super::common::{COLLEAGUE, WRITTEN_OR_NOT, actions, closing, linking, memo, read, write};
use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, sample_expiry};

const ABSENT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The last day of a share, and the second from which nobody hears it.
const UNTIL: &str = "2026-11-20";

fn end() -> Timestamp {
    "2026-11-21T00:00:00+09:00".parse().unwrap()
}

pub(super) fn part(recording: &RecordingId) -> Value {
    json!({
        "recording_id": recording, "staff": [COLLEAGUE], "until": UNTIL, "from_seconds": 0, "to_seconds": 0.5,
        "mute": [{"from_seconds": 0.1, "to_seconds": 0.2}],
    })
}

pub(super) fn sharing(case: &str, body: &Value) -> ApiRequest {
    ApiRequest::post(&format!("/cases/{case}/shares"), body).by(SALES_MANAGER)
}

pub(super) fn playing(share: &str) -> ApiRequest {
    ApiRequest::post(&format!("/shares/{share}/play"), &json!({"reason": "回答の確認"}))
}

pub(super) fn withdrawing(case: &str, share: &str) -> ApiRequest {
    ApiRequest::delete(&format!("/cases/{case}/shares/{share}")).by(SALES_MANAGER)
}

/// A case with the sample.
pub(super) async fn arrange() -> (Api, RecordingId, String) {
    let (api, recording) = Api::with_sample(1).await;
    let case = api.ask(&ApiRequest::post("/cases", &memo()).by(STAFF).with_request_id("memo")).await;
    let case = case.json()["id"].as_str().unwrap().to_owned();
    api.ask(&linking(&case, &recording).by(SALES_MANAGER).with_request_id("link")).await.ok();
    (api, recording, case)
}

/// A share of it.
pub(super) async fn share(api: &Api, recording: &RecordingId, case: &str) -> String {
    let made = api.ask(&sharing(case, &part(recording)).with_request_id("share")).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.bytes));
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Cuts as `clip` does, without bytes.
pub(super) async fn cut(api: &Api, case: &str, share: &str) {
    let table = api.company.table();
    let stored = table.share(&case.parse().unwrap(), &share.parse().unwrap()).await.unwrap().unwrap();
    let clip = Clip {
        key: format!("clips/{}/{share}-1.wav", stored.share.part.recording),
        sha256: "0".repeat(64),
        size: 1,
        content_type: "audio/wav".to_owned(),
        duration_milliseconds: 500,
        original_sha256: "1".repeat(64),
    };
    let FinishDecision::Finished(finished) = stored.share.finish(&clip, api.world().now()) else {
        panic!("it is not wanted");
    };
    finish(api, &finished, stored.generation).await;
}

async fn finish(api: &Api, share: &Share, before: u64) {
    let table = api.company.table();
    let recording = api.company.recording(&share.part.recording).await;
    let head = table.recording(&share.part.recording).await.unwrap().unwrap().head;
    let happening = NewEvent {
        at: api.world().now(),
        kind: EventKind::ClipMade,
        actor: "clip".to_owned(),
        operation: format!("clip-{}", share.id),
        facts: [].into(),
        texts: [].into(),
    };
    let event = head.append(&share.part.recording, happening).unwrap();
    let audit: AuditEvent = serde_json::from_value(json!({
        "at": api.world().now(), "day": "2026-11-13", "operation": format!("clip-{}", share.id), "staff": "clip", "action": "make_clip",
        "outcome": "permitted",
    }))
    .unwrap();
    let event = Some(CaseRecording { event: &event, call: &recording.view.call });
    let write = ShareWrite { share, before: Some(before), case_before: None, audit: &audit, event };
    assert_eq!(table.finish_share(&write).await.unwrap(), WriteOutcome::Done);
}

async fn own(api: &Api, login: &str) -> Vec<String> {
    let list = api.get(login, "/shares").await.ok();
    list["items"].as_array().unwrap().iter().map(|share| share["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_part_is_shared_heard_by_whom_it_is_for_and_withdrawn_each_step_on_record() {
    let (api, recording, case) = arrange().await;
    let id = share(&api, &recording, &case).await;
    assert_eq!(own(&api, COLLEAGUE).await, [id.as_str()]);
    let early = api.ask(&playing(&id).by(COLLEAGUE)).await;
    assert_eq!((early.status, early.problem().as_str()), (409, "clip-not-ready"));
    assert_eq!(early.headers["retry-after"], "5");
    cut(&api, &case, &id).await;
    let link = api.ask(&playing(&id).by(COLLEAGUE)).await.ok();
    let url = link["url"].as_str().unwrap();
    assert!(url.contains("derived") && url.contains(&format!("/clips/{recording}/{id}")), "the clip and only that");
    assert_eq!(link["content_type"], "audio/wav");
    // They hear that part and nothing else.
    assert_eq!(api.get(COLLEAGUE, &format!("/recordings/{recording}")).await.status, 404);
    assert_eq!(api.play(COLLEAGUE, &recording).await.status, 404);
    assert_eq!(read(&api, COLLEAGUE, &case).await.status, 404);
    let shown = read(&api, SALES_MANAGER, &case).await.ok();
    assert_eq!((&shown["shares"][0]["id"], &shown["shares"][0]["state"]), (&json!(id), &json!("ready")));
    assert_eq!(shown["shares"][0]["mute"], json!([{"from_seconds": 0.1, "to_seconds": 0.2}]));
    assert_eq!(shown["linked"][0]["recording_id"], json!(recording));
    assert_eq!(shown["can"], json!(["view", "link", "close", "share", "release", "approve"]));
    assert_eq!(read(&api, STAFF, &case).await.ok()["shares"], json!([]), "who only wrote the memo");
    for _ in 0..2 {
        assert_eq!(api.ask(&withdrawing(&case, &id)).await.ok()["state"], "withdrawn");
    }
    assert_eq!(api.ask(&playing(&id).by(COLLEAGUE)).await.problem(), "no-such-share");
    assert_eq!(own(&api, COLLEAGUE).await, [""; 0]);
    let chain = api.chain(&recording).await;
    custody::verify(&recording, &chain).unwrap();
    let kinds: Vec<(EventKind, &str)> =
        chain[3..].iter().map(|link| (link.event.kind, link.event.actor.as_str())).collect();
    let expected = [
        (EventKind::Shared, SALES_MANAGER),
        (EventKind::ClipMade, "clip"),
        (EventKind::SharePlayed, COLLEAGUE),
        (EventKind::ShareWithdrawn, SALES_MANAGER),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(chain[5].texts["reason"].text, "回答の確認");
    let written: Vec<_> = actions(&api).into_iter().map(|(staff, action, _)| format!("{staff} {action}")).collect();
    for step in ["kato share_part", "abe list_shares", "abe play_share", "kato withdraw_share"] {
        assert!(written.iter().any(|event| event == step), "{step}: {written:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_s_withdrawn_ended_and_absent_shares_are_alike() {
    let (api, recording, case) = arrange().await;
    let id = share(&api, &recording, &case).await;
    cut(&api, &case, &id).await;
    api.warm().await;
    let ask = async |login: &str, share: &str| -> (Answer, Vec<String>, Value) {
        let before = api.audit().len();
        api.world().take_calls();
        let answer = api.ask(&playing(share).by(login)).await.without_request_id();
        let kinds = api.take_kinds();
        let mut events = api.audit().split_off(before);
        assert_eq!(events.len(), 1);
        events[0]["facts"]["share"] = json!("the id asked for");
        for name in ["operation", "at", "day", "ends_at"] {
            events[0][name] = json!("");
        }
        (answer, kinds, events[0].clone())
    };
    for login in [SALES_MANAGER, STAFF, SUPPORT_MANAGER, AUDITOR, ADMIN] {
        let absent = ask(login, ABSENT).await;
        assert_eq!(absent.0.problem(), "no-such-share");
        for hidden in [id.as_str(), "not-an-id"] {
            assert_eq!(ask(login, hidden).await, absent, "{login} {hidden}");
        }
    }
    let absent = ask(COLLEAGUE, ABSENT).await;
    api.ask(&withdrawing(&case, &id)).await.ok();
    assert_eq!(ask(COLLEAGUE, &id).await, absent, "withdrawn");

    let again = api.ask(&sharing(&case, &part(&recording))).await.json()["id"].as_str().unwrap().to_owned();
    cut(&api, &case, &again).await;
    api.world().set_now(end() - SignedDuration::from_secs(1));
    let last = api.ask(&playing(&again).by(COLLEAGUE)).await.ok();
    assert_eq!(last["expires_at"], "2026-11-21T00:00:00+09:00", "not a second longer");
    api.world().set_now(end());
    assert_eq!(own(&api, COLLEAGUE).await, [""; 0]);
    api.warm().await;
    let absent = ask(COLLEAGUE, ABSENT).await;
    assert_eq!(ask(COLLEAGUE, &again).await, absent, "ended");
}

#[tokio::test(start_paused = true)]
async fn who_works_on_the_case_and_may_share_the_recording_shares_and_withdraws() {
    let (api, recording, case) = arrange().await;
    for (login, status) in
        [(ADMIN, 201), (SALES_MANAGER, 201), (STAFF, 403), (SUPPORT_MANAGER, 404), (COLLEAGUE, 404), (AUDITOR, 404)]
    {
        let made = api.ask(&sharing(&case, &part(&recording)).by(login)).await;
        assert_eq!(made.status, status, "{login}");
        let id = if status == 201 { made.json()["id"].as_str().unwrap().to_owned() } else { ABSENT.to_owned() };
        let out = api.ask(&withdrawing(&case, &id).by(login)).await;
        assert_eq!(out.status, if status == 201 { 200 } else { status }, "{login}");
    }
    // A recording that is not the case's, one that may not be viewed, and none at all.
    let other = api.ask(&ApiRequest::post("/cases", &memo()).by(SALES_MANAGER)).await.json();
    let other = other["id"].as_str().unwrap();
    assert_eq!(api.ask(&sharing(other, &part(&recording))).await.problem(), "not-in-case");
    let of_support = write(&api, SUPPORT_MANAGER, &memo()).await;
    let nothing = RecordingId::of("bucket", "key", "version");
    for recording in [&recording, &nothing] {
        let refused = api.ask(&sharing(&of_support, &part(recording)).by(SUPPORT_MANAGER)).await;
        assert_eq!(refused.problem(), "no-such-recording");
    }
    assert_eq!(api.ask(&withdrawing(&case, ABSENT)).await.problem(), "no-such-share");
}

#[tokio::test(start_paused = true)]
async fn what_a_share_may_not_say_is_named() {
    let (api, recording, case) = arrange().await;
    for (changes, parameter) in [
        (json!({"staff": []}), "staff"),
        (json!({"staff": ["nobody"]}), "staff"),
        (json!({"staff": [AUDITOR]}), "staff"),
        (json!({"staff": vec![COLLEAGUE; 11]}), "staff"),
        (json!({"until": "2026-11-12"}), "until"),
        (json!({"until": "2027-02-12"}), "until"),
        (json!({"until": "tomorrow"}), "until"),
        (json!({"from_seconds": 1, "to_seconds": 1}), "to_seconds"),
        (json!({"to_seconds": 100_000}), "to_seconds"),
        (json!({"from_seconds": -1}), "to_seconds"),
        (json!({"mute": [{"from_seconds": 0.4, "to_seconds": 9}]}), "mute"),
    ] {
        let mut body = part(&recording);
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = api.ask(&sharing(&case, &body)).await;
        assert_eq!((refused.status, refused.json()["parameter"].as_str()), (400, Some(parameter)), "{changes}");
    }
    assert_eq!(read(&api, ADMIN, &case).await.ok()["shares"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_share_ends_with_its_recording_and_30_days_after_the_close() {
    let (api, recording, case) = arrange().await;
    let mut body = part(&recording);
    body["until"] = json!("2027-02-10");
    let id = api.ask(&sharing(&case, &body)).await.json()["id"].as_str().unwrap().to_owned();
    cut(&api, &case, &id).await;
    api.world().set_now(sample_expiry() + SignedDuration::from_hours(24));
    api.ask(&playing(&id).by(COLLEAGUE)).await.ok();
    // Another case goes on holding the recording.
    let other = write(&api, SALES_MANAGER, &memo()).await;
    api.ask(&linking(&other, &recording).by(SALES_MANAGER)).await.ok();
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    api.company.index().await;
    assert_eq!(api.ask(&sharing(&case, &body)).await.problem(), "case-closed");
    let closed_at = api.world().now();
    api.world().set_now(closed_at + SignedDuration::from_hours(24 * 30) - SignedDuration::from_secs(1));
    api.ask(&playing(&id).by(COLLEAGUE)).await.ok();
    api.world().set_now(closed_at + SignedDuration::from_hours(24 * 30));
    assert_eq!(api.ask(&playing(&id).by(COLLEAGUE)).await.problem(), "no-such-share");

    let (api, recording, case) = arrange().await;
    let id = api.ask(&sharing(&case, &body)).await.json()["id"].as_str().unwrap().to_owned();
    cut(&api, &case, &id).await;
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    api.company.index().await;
    api.world().set_now(sample_expiry());
    assert_eq!(api.ask(&playing(&id).by(COLLEAGUE)).await.problem(), "no-such-share", "NEVER LATE");
    let _ = recording;
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_share_is_one_or_none_and_so_is_a_withdrawal_and_a_play() {
    let setting = arrange().await;
    let (recording, case) = (setting.1, setting.2);
    let shares = sharing(&case, &part(&recording)).with_request_id("share");
    let id = setting.0.ask(&shares).await.json()["id"].as_str().unwrap().to_owned();
    for (step, kind) in [
        (shares.clone(), EventKind::Shared),
        (withdrawing(&case, &id).with_request_id("withdraw"), EventKind::ShareWithdrawn),
        (playing(&id).by(COLLEAGUE).with_request_id("play"), EventKind::SharePlayed),
    ] {
        let tried = for_every_fault(
            WRITTEN_OR_NOT,
            async || {
                let (api, recording, case) = arrange().await;
                if kind != EventKind::Shared {
                    let id = share(&api, &recording, &case).await;
                    cut(&api, &case, &id).await;
                }
                api.company.world
            },
            async |world| Api::over(world).ask(&step).await,
            async |world, fault, answer| {
                assert!(matches!(answer.status, 200 | 201 | 500 | 503), "{fault:?}: {}", answer.status);
                let api = Api::over(world);
                let again = api.ask(&step).await;
                assert!(matches!(again.status, 200 | 201), "{fault:?}: {}", again.status);
                let chain = api.chain(&recording).await;
                custody::verify(&recording, &chain).unwrap();
                let events = chain.iter().filter(|link| link.event.kind == kind).count();
                assert_eq!(events, 1, "TWICE IS ONCE: {fault:?}");
                let answered = answer.json()["url"].is_string();
                assert!(!answered || events == 1, "TRACE FIRST: {fault:?}");
            },
        )
        .await;
        assert!(tried >= 10, "{kind:?}: {tried}");
    }
}
