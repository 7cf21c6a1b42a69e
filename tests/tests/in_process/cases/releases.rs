//! Releases: requested, decided on by a second person, linked, delivered, withdrawn, each step on record.

mod taken_away;

use jiff::Timestamp;
use policy::case::part::Clip;
use policy::case::release::Package;
use policy::case::share::FinishDecision;
use policy::custody::{self, EventKind};
use policy::id::{RecordingId, sha256_hex};
use serde_json::{Value, json};
use store::{AuditEvent, ReleaseWrite, WriteOutcome};
use tests::company::{Company, sample_rulebook};
use tests::world::for_every_fault;

use super::common::{COLLEAGUE, WRITTEN_OR_NOT, actions, closing, linking, memo, read, with, write};
use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF, SUPPORT_MANAGER};

const ABSENT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn body(recording: &RecordingId) -> Value {
    json!({
        "recipient": "〇〇警察署", "basis": "investigation_inquiry", "reference": "第123号", "basis_date": "2026-11-12",
        "reason": "照会への回答のため。",
        "items": [{"recording_id": recording, "to_seconds": 0.5, "transcript": "00:00 はい。"}],
    })
}

pub(super) fn requesting(case: &str, recording: &RecordingId) -> ApiRequest {
    ApiRequest::post(&format!("/cases/{case}/releases"), &body(recording)).by(SALES_MANAGER)
}

/// A step of a release, by the admin unless told.
pub(super) fn stepping(case: &str, release: &str, step: &str) -> ApiRequest {
    let path = format!("/cases/{case}/releases/{release}/{step}");
    let body = match step {
        "approve" => return ApiRequest::delete(&path).with_method("POST").by(ADMIN),
        "refuse" | "withdraw" => json!({"reason": "範囲が広すぎるため。"}),
        "link" => json!({"days": 7}),
        _ => json!({"received_by": "担当官", "channel": "リンク"}),
    };
    ApiRequest::post(&path, &body).by(ADMIN)
}

const STEPS: [&str; 5] = ["approve", "refuse", "withdraw", "link", "delivered"];

/// A case with the sample.
pub(super) async fn arrange() -> (Api, RecordingId, String) {
    arrange_in(Api::new(1).await).await
}

async fn arrange_in(api: Api) -> (Api, RecordingId, String) {
    let recording = api.company.upload_sample(SAMPLE).await;
    let case = api.ask(&ApiRequest::post("/cases", &memo()).by(STAFF).with_request_id("memo")).await;
    let case = case.json()["id"].as_str().unwrap().to_owned();
    api.ask(&linking(&case, &recording).by(SALES_MANAGER).with_request_id("link")).await.ok();
    (api, recording, case)
}

pub(super) async fn request(api: &Api, case: &str, recording: &RecordingId) -> String {
    let asked = api.ask(&requesting(case, recording).with_request_id("request")).await;
    assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.bytes));
    asked.json()["id"].as_str().unwrap().to_owned()
}

/// What an attempt of `clip` makes, without bytes.
pub(super) fn package(case: &str, release: &str, attempt: u8) -> Package {
    let part = Clip {
        key: "01.wav".to_owned(),
        sha256: "0".repeat(64),
        size: 1,
        content_type: "audio/wav".to_owned(),
        duration_milliseconds: 500,
        original_sha256: "1".repeat(64),
    };
    let key = format!("packages/{case}/{release}-{attempt}.zip");
    Package { key, sha256: "2".repeat(64), size: 10, parts: vec![part] }
}

/// Packs as `clip` does.
pub(super) async fn build(api: &Api, case: &str, release: &str) {
    let table = api.company.table();
    let stored = table.release(&case.parse().unwrap(), &release.parse().unwrap()).await.unwrap().unwrap();
    let FinishDecision::Finished(built) = stored.release.finish(&package(case, release, 1)) else {
        panic!("it is not wanted")
    };
    let audit: AuditEvent = serde_json::from_value(json!({
        "at": api.world().now(), "day": "2026-11-13", "operation": "clip-1", "staff": "clip", "action": "make_package",
        "outcome": "permitted",
    }))
    .unwrap();
    let before = Some(stored.generation);
    let write = ReleaseWrite { release: &built, before, case_before: None, audit: &audit, events: Vec::new() };
    assert_eq!(table.finish_release(&write).await.unwrap(), WriteOutcome::Done);
}

async fn token(api: &Api, case: &str, release: &str) -> String {
    let made = api.ask(&stepping(case, release, "link").by(SALES_MANAGER)).await.ok();
    let link = made["link"].as_str().unwrap();
    assert_eq!(made["expires_at"], "2026-11-20T09:00:00+09:00");
    let token = link.strip_prefix("https://api.example/v1/r/").unwrap();
    assert_eq!(token.len(), 64);
    token.to_owned()
}

/// Whether a token opens the package now, as `deliver` asks it.
async fn opens(api: &Api, token: &str) -> bool {
    let hash = sha256_hex(token.as_bytes());
    let table = api.company.table();
    let (case, release) = table.release_of_token(&hash).await.unwrap().unwrap();
    let release = table.release(&case, &release).await.unwrap().unwrap().release;
    release.package_of(&hash, api.world().now()).is_some()
}

#[tokio::test(start_paused = true)]
async fn a_release_that_waits_is_listed_for_those_who_may_decide_on_it_and_for_nobody_else() {
    let (api, recording, case) = arrange().await;
    let waiting = async |login: &str, query: &str| api.get(login, &format!("/releases{query}")).await.ok();
    let of = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = request(&api, &case, &recording).await;
    let second = api.ask(&requesting(&case, &recording).with_request_id("another")).await.json();
    let second = second["id"].as_str().unwrap().to_owned();
    let list = waiting(ADMIN, "").await;
    let mut both = of(&list);
    both.sort();
    let mut expected = [first.clone(), second.clone()];
    expected.sort();
    assert_eq!(both, expected);
    let one = &list["items"][0];
    assert_eq!((&one["case_id"], &one["case_kind"]), (&json!(case), &json!("complaint")));
    assert_eq!((&one["recipient"], &one["can"]), (&json!("〇〇警察署"), &json!(["approve", "refuse", "withdraw"])));
    for login in [SALES_MANAGER, SUPPORT_MANAGER, STAFF, AUDITOR] {
        assert_eq!(of(&waiting(login, "").await), Vec::<String>::new(), "{login}");
    }
    let page = waiting(ADMIN, "?limit=1").await;
    let rest = waiting(ADMIN, &format!("?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!([of(&page), of(&rest)].concat(), of(&list), "page by page, the same order");
    assert_eq!(api.get(ADMIN, "/releases?cursor=x").await.status, 400);
    api.ask(&stepping(&case, &first, "approve")).await.ok();
    assert_eq!(of(&waiting(ADMIN, "").await), std::slice::from_ref(&second));
    api.ask(&closing(&case).by(ADMIN)).await.ok();
    assert_eq!(waiting(ADMIN, "").await["items"][0]["can"], json!(["refuse", "withdraw"]), "of a closed case");
    api.ask(&stepping(&case, &second, "refuse")).await.ok();
    assert_eq!(waiting(ADMIN, "").await["items"], json!([]));
    assert!(
        actions(&api).iter().any(|(staff, action, _)| (staff.as_str(), action.as_str()) == (STAFF, "list_releases"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_release_is_requested_approved_by_another_linked_delivered_and_withdrawn() {
    let (api, recording, case) = arrange().await;
    let id = request(&api, &case, &recording).await;
    let shown = read(&api, SALES_MANAGER, &case).await.ok();
    let own = &shown["releases"][0];
    assert_eq!((&own["state"], &own["can"]), (&json!("requested"), &json!(["withdraw"])));
    let approving = stepping(&case, &id, "approve");
    let refused = api.ask(&approving.clone().by(SALES_MANAGER)).await;
    assert_eq!((refused.status, refused.json()["reason"].as_str()), (403, Some("own_request")));
    let of_admin = api.get(ADMIN, &format!("/cases/{case}/releases/{id}")).await.ok();
    assert_eq!(of_admin["can"], json!(["approve", "refuse", "withdraw"]));
    for _ in 0..2 {
        assert_eq!(api.ask(&approving).await.ok()["state"], "approved");
    }
    build(&api, &case, &id).await;
    let first = token(&api, &case, &id).await;
    assert!(opens(&api, &first).await);
    let second = token(&api, &case, &id).await;
    assert!(!opens(&api, &first).await && opens(&api, &second).await, "the former link is dead");
    let stored = format!("{:?}", api.company.snapshot());
    assert!(!stored.contains(&first) && !stored.contains(&second), "QUIET: only hashes are stored");
    let delivered = api.ask(&stepping(&case, &id, "delivered").by(SALES_MANAGER)).await.ok();
    assert_eq!((&delivered["state"], &delivered["delivered"]["channel"]), (&json!("delivered"), &json!("リンク")));
    for _ in 0..2 {
        assert_eq!(api.ask(&stepping(&case, &id, "withdraw")).await.ok()["state"], "withdrawn");
    }
    assert!(!opens(&api, &second).await, "the moment it is withdrawn");
    let chain = api.chain(&recording).await;
    custody::verify(&recording, &chain).unwrap();
    let kinds: Vec<(EventKind, &str)> =
        chain[3..].iter().map(|link| (link.event.kind, link.event.actor.as_str())).collect();
    let expected = [
        (EventKind::ReleaseAsked, SALES_MANAGER),
        (EventKind::ReleaseApproved, ADMIN),
        (EventKind::ReleaseLinked, SALES_MANAGER),
        (EventKind::ReleaseLinked, SALES_MANAGER),
        (EventKind::ReleaseDelivered, SALES_MANAGER),
        (EventKind::ReleaseWithdrawn, ADMIN),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(chain[3].texts["recipient"].text, "〇〇警察署");
    assert!(!serde_json::to_string(&chain[3].event).unwrap().contains("警察"), "the chain has its commitment alone");
    let written: Vec<_> = actions(&api).into_iter().map(|(staff, action, _)| format!("{staff} {action}")).collect();
    for step in ["kato ask_release", "yamada view_release", "yamada approve_release", "kato link_release"] {
        assert!(written.iter().any(|event| event == step), "{step}: {written:?}");
    }
    assert!(!Value::from(api.audit()).to_string().contains("警察"), "the audit log has no words of it");
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_refused_goes_no_further_and_says_why() {
    let (api, recording, case) = arrange().await;
    let id = request(&api, &case, &recording).await;
    for step in ["link", "delivered"] {
        let refused = api.ask(&stepping(&case, &id, step)).await;
        assert_eq!((refused.status, refused.problem().as_str()), (409, "wrong-release-state"), "{step}");
        assert_eq!(refused.json()["release_state"], "requested");
    }
    for _ in 0..2 {
        let refused = api.ask(&stepping(&case, &id, "refuse")).await.ok();
        assert_eq!(refused["refused"]["reason"], "範囲が広すぎるため。");
        assert_eq!(refused["can"], json!([]));
    }
    for step in ["approve", "withdraw", "link", "delivered"] {
        assert_eq!(api.ask(&stepping(&case, &id, step)).await.problem(), "wrong-release-state", "{step}");
    }
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    assert_eq!(api.ask(&requesting(&case, &recording)).await.problem(), "case-closed");
}

#[tokio::test(start_paused = true)]
async fn a_case_that_closes_is_approved_no_more_and_what_was_approved_can_be_withdrawn() {
    let (api, recording, case) = arrange().await;
    let id = request(&api, &case, &recording).await;
    api.ask(&closing(&case).by(SALES_MANAGER)).await.ok();
    assert_eq!(api.ask(&stepping(&case, &id, "approve")).await.problem(), "case-closed");
    assert_eq!(api.ask(&stepping(&case, &id, "withdraw")).await.ok()["state"], "withdrawn");
}

#[tokio::test(start_paused = true)]
async fn a_release_of_a_case_one_does_not_work_on_and_none_at_all_are_alike() {
    let (api, recording, case) = arrange().await;
    let id = request(&api, &case, &recording).await;
    api.warm().await;
    let ask = async |login: &str, case: &str, step: &str| -> (Answer, Vec<String>) {
        api.world().take_calls();
        let answer = api.ask(&stepping(case, &id, step).by(login)).await.without_request_id();
        (answer, api.take_kinds())
    };
    for login in [SUPPORT_MANAGER, COLLEAGUE, AUDITOR] {
        for step in STEPS {
            let (hidden, absent) = (ask(login, &case, step).await, ask(login, ABSENT, step).await);
            assert_eq!(hidden.0.problem(), "no-such-case", "{login} {step}");
            assert_eq!(hidden, absent, "{login} {step}");
        }
        assert_eq!(api.get(login, &format!("/cases/{case}/releases/{id}")).await.problem(), "no-such-case");
        assert_eq!(api.ask(&requesting(&case, &recording).by(login)).await.problem(), "no-such-case");
    }
    // Who only wrote the memo may know of the case.
    for step in STEPS {
        assert_eq!(ask(STAFF, &case, step).await.0.json()["reason"], "not_your_case", "{step}");
    }
    assert_eq!(api.ask(&stepping(&case, ABSENT, "approve")).await.problem(), "no-such-release");
    // A recording that may not be released, and none at all.
    let of_support = write(&api, SUPPORT_MANAGER, &memo()).await;
    let nothing = RecordingId::of("bucket", "key", "version");
    for recording in [&recording, &nothing] {
        let refused = api.ask(&requesting(&of_support, recording).by(SUPPORT_MANAGER)).await;
        assert_eq!(refused.problem(), "no-such-recording");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_release_may_not_say_is_named() {
    let (api, recording, case) = arrange().await;
    for (changes, parameter) in [
        (json!({"recipient": " "}), "recipient"),
        (json!({"reason": ""}), "reason"),
        (json!({"basis_date": "yesterday"}), "basis_date"),
        (json!({"items": []}), "items"),
        (json!({"items": [{"recording_id": recording, "to_seconds": 100_000}]}), "to_seconds"),
        (json!({"items": [{"recording_id": recording, "transcript": "a\u{0}"}]}), "transcript"),
    ] {
        let mut body = body(&recording);
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let ask = ApiRequest::post(&format!("/cases/{case}/releases"), &body).by(SALES_MANAGER);
        let refused = api.ask(&ask).await;
        assert_eq!((refused.status, refused.json()["parameter"].as_str()), (400, Some(parameter)), "{changes}");
    }
    let id = request(&api, &case, &recording).await;
    for days in [0, 8] {
        let body = json!({"days": days});
        let ask = ApiRequest::post(&format!("/cases/{case}/releases/{id}/link"), &body).by(ADMIN);
        assert_eq!(api.ask(&ask).await.json()["parameter"], "days");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deputy_decides_in_these_days_on_the_releases_of_a_team_and_does_nothing_else() {
    let (policy, staff) = sample_rulebook();
    // Of another team: a manager of it, and one of its staff from tomorrow on.
    let deputy = |member: &str, from: &str| {
        format!("[[deputy]]\nteam = \"sales\"\nmember = \"{member}\"\nfrom = {from}\nuntil = 2026-11-14\n")
    };
    let company = Company::of(Company::builder(1).build());
    let deputies = deputy(SUPPORT_MANAGER, "2026-11-13") + &deputy("suzuki", "2026-11-14");
    company.publish(&format!("{policy}\n{deputies}"), &staff).await;
    let (api, recording, case) = arrange_in(Api::of(company)).await;
    let release = request(&api, &case, &recording).await;
    let waiting = async |login: &str| api.get(login, "/releases").await.ok()["items"].clone();
    assert_eq!(waiting(SUPPORT_MANAGER).await[0]["can"], json!(["approve", "refuse"]));
    assert_eq!(waiting("suzuki").await, json!([]), "not yet");
    assert_eq!(read(&api, SUPPORT_MANAGER, &case).await.ok()["can"], json!(["view", "approve"]));
    // The recording stays another team's, and the case is worked on by others.
    assert_eq!(api.play(SUPPORT_MANAGER, &recording).await.status, 404);
    for refused in [linking(&case, &recording), closing(&case), requesting(&case, &recording)] {
        let refused = api.ask(&refused.by(SUPPORT_MANAGER)).await;
        assert_eq!((refused.status, refused.json()["reason"].as_str()), (403, Some("not_your_case")));
    }
    for step in ["withdraw", "link", "delivered"] {
        assert_eq!(api.ask(&stepping(&case, &release, step).by(SUPPORT_MANAGER)).await.status, 403, "{step}");
    }
    // Two people: a deputy's own request is not theirs to decide on either.
    let owned = api.ask(&ApiRequest::post("/cases", &with(&json!({"team": "sales"}))).by(ADMIN)).await.json();
    let owned = owned["id"].as_str().unwrap();
    api.ask(&linking(owned, &recording).by(ADMIN)).await.ok();
    let own = api.ask(&requesting(owned, &recording).by(ADMIN)).await.json();
    let own = own["id"].as_str().unwrap();
    let refused = api.ask(&stepping(owned, own, "approve").by(ADMIN)).await;
    assert_eq!(refused.json()["reason"], "own_request");
    api.ask(&stepping(owned, own, "refuse").by(SUPPORT_MANAGER)).await.ok();
    let approved = api.ask(&stepping(&case, &release, "approve").by(SUPPORT_MANAGER)).await.ok();
    assert_eq!((&approved["state"], &approved["approved"]["by"]), (&json!("approved"), &json!(SUPPORT_MANAGER)));
    // Their days are over with the second.
    let later = request(&api, &case, &recording).await;
    let to_midnight: Timestamp = "2026-11-14T15:00:00Z".parse().unwrap();
    api.world().advance(to_midnight.duration_since(api.world().now()).unsigned_abs());
    for member in [SUPPORT_MANAGER, "suzuki"] {
        assert_eq!(api.ask(&stepping(&case, &later, "approve").by(member)).await.status, 404);
        assert_eq!(waiting(member).await, json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_each_step_is_done_once_or_not_at_all() {
    let setting = arrange().await;
    let (recording, case) = (setting.1, setting.2);
    let id = request(&setting.0, &case, &recording).await;
    for (step, kind) in [
        (requesting(&case, &recording).with_request_id("request"), EventKind::ReleaseAsked),
        (stepping(&case, &id, "approve").with_request_id("approve"), EventKind::ReleaseApproved),
        (stepping(&case, &id, "refuse").with_request_id("refuse"), EventKind::ReleaseRefused),
        (stepping(&case, &id, "withdraw").with_request_id("withdraw"), EventKind::ReleaseWithdrawn),
        (stepping(&case, &id, "delivered").with_request_id("deliver"), EventKind::ReleaseDelivered),
    ] {
        let tried = for_every_fault(
            WRITTEN_OR_NOT,
            async || {
                let (api, recording, case) = arrange().await;
                if kind != EventKind::ReleaseAsked {
                    let id = request(&api, &case, &recording).await;
                    if kind == EventKind::ReleaseDelivered {
                        api.ask(&stepping(&case, &id, "approve")).await.ok();
                        build(&api, &case, &id).await;
                    }
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
            },
        )
        .await;
        assert!(tried >= 10, "{kind:?}: {tried}");
    }
}
