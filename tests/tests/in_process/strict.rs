//! STRICT: what one may not view and what does not exist answer alike, on every route.

use std::collections::BTreeSet;

use jiff::Timestamp;
use policy::id::RecordingId;
use policy::recording::State;
use serde_json::{Value, json};

use crate::api::{
    ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF, SUPPORT_MANAGER, evidence, made,
    sample_expiry,
};
use tests::company::{ADMIN_LOGIN, Company, sample, sample_rulebook};
use tests::monitor::Rule;

/// Every route about one recording.
fn routes(id: &str) -> Vec<ApiRequest> {
    vec![
        ApiRequest::get(&format!("/recordings/{id}")),
        ApiRequest::get(&format!("/recordings/{id}/custody")),
        ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()),
        ApiRequest::post(&format!("/recordings/{id}/download"), &evidence()),
        ApiRequest::get(&format!("/recordings/{id}/notes")),
        ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": "a"})),
        ApiRequest::put(&format!("/recordings/{id}/notes/2"), &json!({"text": "a"})),
        ApiRequest::delete(&format!("/recordings/{id}/notes/2")),
        ApiRequest::get(&format!("/recordings/{id}/holds")),
        ApiRequest::post(&format!("/recordings/{id}/holds"), &json!({"reason": "a"})),
        ApiRequest::delete(&format!("/recordings/{id}/holds/{id}")).body("application/json", r#"{"reason": "a"}"#),
    ]
}

/// An answer with all that could give something away: the calls, and the event but for the id asked for.
pub(crate) async fn told(api: &Api, ask: &ApiRequest) -> (Answer, Vec<String>, Value) {
    let operation = |event: &Value| event["operation"].to_string();
    let before: BTreeSet<String> = api.audit().iter().map(operation).collect();
    api.world().take_calls();
    let answer = api.ask(ask).await.without_request_id();
    let kinds = api.take_kinds();
    let mut events: Vec<Value> = api.audit().into_iter().filter(|event| !before.contains(&operation(event))).collect();
    assert_eq!(events.len(), 1, "one event for {ask:?}");
    let mut event = events.remove(0);
    assert!(event["facts"]["recording"].is_string());
    event["facts"]["recording"] = json!("the id asked for");
    event["operation"] = json!("");
    (answer, kinds, event)
}

#[tokio::test(start_paused = true)]
async fn a_recording_one_may_not_view_and_none_at_all_are_alike_on_every_route() {
    let (api, of_sales) = Api::with_sample(1).await;
    let quarantined = api.company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    let sidecar = api.company.upload(&format!("{SAMPLE}.json"), b"{}".to_vec(), &[]).await;
    let duplicate = api.company.upload(SAMPLE, sample(SAMPLE), &[]).await;
    assert!(api.company.recording(&duplicate).await.view.duplicate_of.is_some());
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let mut teamless = made(1, at);
    teamless.view.team = None;
    api.put(&teamless).await;
    api.company.leaves(Rule::NeverEarly, "the recording is put long after the table says it was taken in");
    let mut ended = made(3, "2026-09-01T10:00:00+09:00".parse().unwrap());
    ended.object.version_id = api.company.put(ended.object.key.expose(), b"RIFF".to_vec(), &[]);
    ended.view.id = ended.object.id();
    api.put(&ended).await;
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&ended.view.id).await.is_some());
    let mut expired = made(2, "2026-10-01T10:00:00+09:00".parse().unwrap());
    expired.view.team = Some("support".to_owned());
    api.put(&expired).await;
    api.put(&{
        let mut recording = made(4, at);
        recording.view.state = State::Fragment;
        recording
    })
    .await;

    let absent = RecordingId::of("bucket", "key", "version");
    let hidden = [
        (SUPPORT_MANAGER, of_sales.as_str().to_owned()),
        (SUPPORT_MANAGER, teamless.view.id.as_str().to_owned()),
        (SUPPORT_MANAGER, quarantined.as_str().to_owned()),
        (SUPPORT_MANAGER, ended.view.id.as_str().to_owned()),
        (SUPPORT_MANAGER, expired.view.id.as_str().to_owned()),
        (SUPPORT_MANAGER, "not-an-id".to_owned()),
        (SUPPORT_MANAGER, absent.as_str().to_uppercase()),
        (SUPPORT_MANAGER, "%E9%8C%B2%E7%95%AA".to_owned()),
        (SUPPORT_MANAGER, "%FF".to_owned()),
        (STAFF, of_sales.as_str().to_owned()),
        (AUDITOR, of_sales.as_str().to_owned()),
        (SALES_MANAGER, sidecar.as_str().to_owned()),
        (SALES_MANAGER, duplicate.as_str().to_owned()),
        (ADMIN, sidecar.as_str().to_owned()),
        (ADMIN, duplicate.as_str().to_owned()),
        (ADMIN, expired.view.id.as_str().to_owned()),
        (ADMIN, made(4, at).view.id.as_str().to_owned()),
    ];
    api.warm().await;
    for language in ["en", "ja"] {
        for (login, id) in &hidden {
            for (route, nothing) in routes(id).into_iter().zip(routes(absent.as_str())) {
                // Custody is what auditors are there for.
                if *login == AUDITOR && route.is_about("custody") {
                    continue;
                }
                let asked = |ask: ApiRequest| ask.by(login).header("accept-language", language);
                let refused = told(&api, &asked(route.clone())).await;
                assert_eq!(refused.0.problem(), "no-such-recording");
                assert_eq!(refused, told(&api, &asked(nothing)).await, "{login} {route:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_one_recording_are_as_many_whatever_it_is() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    let absent = RecordingId::of("bucket", "key", "version");
    let mut kinds = BTreeSet::new();
    for (login, id) in [(ADMIN, &id), (SALES_MANAGER, &id), (SUPPORT_MANAGER, &id), (ADMIN, &absent)] {
        api.get(login, &format!("/recordings/{id}")).await;
        kinds.insert(api.take_kinds());
    }
    assert_eq!(kinds.len(), 1, "{kinds:?}");
    assert_eq!(kinds.first().unwrap().len(), 3);
    // A custody can be longer than one answer of the table: it is read for whoever may see it alone.
    for (login, id, calls) in [(SALES_MANAGER, &id, 3), (SUPPORT_MANAGER, &id, 2), (ADMIN, &absent, 2)] {
        api.get(login, &format!("/recordings/{id}/custody")).await;
        assert_eq!(api.take_kinds().len(), calls, "{login}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_told_in_designs_fields() {
    let (api, id) = Api::with_sample(1).await;
    let recording = api.get(SALES_MANAGER, &format!("/recordings/{id}")).await.ok();
    let expected = json!({
        "id": id.as_str(),
        "call_id": "1793682300.101",
        "source": "freepbx",
        "legs": [id.as_str()],
        "started_at": "2026-11-03T14:05:02+09:00",
        "duration_seconds": recording["duration_seconds"],
        "direction": "inbound",
        "counterpart": "+819012345678",
        "counterpart_absent": null,
        "our_number": null,
        "line": recording["line"],
        "extension": "201",
        "queue": null,
        "staff": "sato",
        "staff_name": "佐藤 花子",
        "team": "sales",
        "notice": recording["notice"],
        "purpose": "evidence",
        "retention_class": "standard",
        "expires_at": "2026-12-04T00:00:00+09:00",
        "state": "active",
        "quarantine_reason": null,
        "quarantine_fix": null,
        "conflicts": [],
        "holds": 0,
        "sha256": "ef279343c816e748cffcbdd0ba95e8ff5cd797229712f1af616719d501b99d38",
        "size": 538_718,
        "content_type": "audio/wav",
        "channels": 1,
        "plays_in_browser": true,
        "kind": "external",
        "ignored": [],
        "notes": 0,
        "objection": false,
        "object_gone_at": null,
        "redacted_from": null,
        "object": null,
    });
    assert_eq!(recording, expected);
    assert!((recording["duration_seconds"].as_f64().unwrap() - 33.7).abs() < 0.1);
    let quarantined = api.company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    let quarantined = api.get(ADMIN, &format!("/recordings/{quarantined}")).await.ok();
    assert_eq!(quarantined["state"], "quarantined");
    assert_eq!(quarantined["quarantine_reason"], "empty");
    assert!(quarantined["quarantine_fix"].as_str().unwrap().contains("upload"));
    assert_eq!(quarantined["content_type"], Value::Null);
    assert_eq!(
        quarantined["object"],
        json!({"key": "freepbx/empty.wav", "uploaded_at": quarantined["object"]["uploaded_at"], "size": 0})
    );
}

#[tokio::test(start_paused = true)]
async fn of_the_legs_of_a_call_those_are_named_that_may_be_viewed() {
    let api = Api::new(1).await;
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let mut legs = [made(1, at), made(2, at), made(3, at), made(4, at)];
    legs[1].view.team = Some("support".to_owned());
    legs[2].view.state = State::Fragment;
    legs[3].view.duplicate_of = Some(legs[0].view.id.clone());
    let call = legs[0].view.call.clone();
    for leg in &mut legs {
        leg.view.call = call.clone();
        api.put(leg).await;
    }
    let named = async |login: &str, leg: usize| {
        api.get(login, &format!("/recordings/{}", legs[leg].view.id)).await.ok()["legs"].clone()
    };
    let mut both = [legs[0].view.id.as_str(), legs[1].view.id.as_str()];
    both.sort_unstable();
    assert_eq!(named(ADMIN, 0).await, json!(both));
    assert_eq!(named(ADMIN, 1).await, json!(both));
    assert_eq!(named(SALES_MANAGER, 0).await, json!([legs[0].view.id.as_str()]));
    assert_eq!(named(SUPPORT_MANAGER, 1).await, json!([legs[1].view.id.as_str()]));
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_answers_those_who_might_have_seen_the_recording() {
    let (api, id) = Api::with_sample(1).await;
    api.play(SALES_MANAGER, &id).await.ok();
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    let tombstone = api.company.tombstone(&id).await.unwrap();
    for login in [ADMIN, SALES_MANAGER] {
        for ask in [
            ApiRequest::get(&format!("/recordings/{id}")),
            ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()),
            ApiRequest::post(&format!("/recordings/{id}/download"), &evidence()),
        ] {
            let gone = api.ask(&ask.by(login)).await;
            assert_eq!((gone.status, gone.problem().as_str()), (410, "deleted"));
            let deleted = &gone.json()["deleted"];
            assert_eq!(deleted["id"], id.as_str());
            assert_eq!(deleted["sha256"], json!(tombstone.sha256));
            assert_eq!(deleted["retention_class"], "standard");
            assert_eq!(deleted["day"], "2026-11-03");
            assert_eq!(deleted["deleted_at"], "2026-12-04T00:00:00+09:00");
            assert!(!gone.json().to_string().contains("9012345678"));
        }
        let custody = api.get(login, &format!("/recordings/{id}/custody")).await.ok();
        assert_eq!(custody["verified"], true);
        assert_eq!(custody["items"].as_array().unwrap().last().unwrap()["kind"], "deleted");
    }
    assert_eq!(api.get(SUPPORT_MANAGER, &format!("/recordings/{id}")).await.status, 404);
    assert_eq!(api.get(STAFF, &format!("/recordings/{id}/custody")).await.status, 404);
}

/// Every route there is.
fn every_route(id: &RecordingId) -> Vec<ApiRequest> {
    let mut routes = routes(id.as_str());
    routes.extend([
        ApiRequest::get("/me"),
        ApiRequest::get("/recordings"),
        ApiRequest::get("/rulebook"),
        ApiRequest::put("/rulebook", &json!({"policy": "", "staff": ""})),
        ApiRequest::delete("/rulebook/pending"),
        ApiRequest::get("/sweeps"),
        ApiRequest::post("/sweeps/approval", &json!({"day": "2026-11-13", "count": 1})),
    ]);
    routes
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_one_member_today_gets_one_answer_and_leaves_an_event_at_most() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    let strangers = [
        ("no claim", json!({})),
        ("an id token", json!({"token_use": "id", "username": ADMIN})),
        ("no kind of token", json!({"username": ADMIN})),
        ("another claim", json!({"token_use": "access", "sub": ADMIN})),
        ("an empty login", json!({"token_use": "access", "username": ""})),
        ("another case", json!({"token_use": "access", "username": "Yamada"})),
        ("on no list", json!({"token_use": "access", "username": "nobody"})),
        ("left on 4 November", json!({"token_use": "access", "username": "tanaka"})),
        ("no token at all", Value::Null),
    ];
    let mut answers = Vec::new();
    for (who, claims) in strangers {
        for ask in every_route(&id) {
            let answer = api.ask(&ask.clone().with_claims(claims.clone())).await;
            assert_eq!(answer.problem(), "not-a-member", "{who} {ask:?}");
            answers.push(answer.without_request_id());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    // Nothing is read, whatever was asked for: the event is all there is, five an hour for each login.
    assert!(api.take_kinds().iter().all(|kind| kind == "dynamodb TransactWriteItems rokuban"));
    let events = api.audit();
    let digests: BTreeSet<&str> = events.iter().filter_map(|event| event["staff"].as_str()).collect();
    assert!(!events.is_empty() && events.len() <= 5 * digests.len());
    assert!(events.iter().all(|event| event["action"] == "sign_in" && event["outcome"] == "refused"));
    assert!(digests.iter().all(|staff| staff.starts_with("login:")), "no member's audit has it");
}

#[tokio::test(start_paused = true)]
async fn a_member_is_one_until_the_end_of_the_last_day_in_the_companys_zone() {
    let world = Company::builder(1).now("2026-11-01T09:00:00+09:00".parse().unwrap()).build();
    let company = Company::of(world);
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff).await;
    let api = Api::of(company);
    for (now, status) in [("2026-11-04T23:59:59+09:00", 200), ("2026-11-05T00:00:00+09:00", 403)] {
        api.world().set_now(now.parse().unwrap());
        assert_eq!(api.get("tanaka", "/me").await.status, status, "{now}");
    }
    for (now, status) in [("2026-11-04T23:59:59+09:00", 403), ("2026-11-05T00:00:00+09:00", 200)] {
        api.world().set_now(now.parse().unwrap());
        assert_eq!(api.get("takahashi", "/me").await.status, status, "{now}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_members_with_one_login_are_nobody() {
    let (policy, staff) = sample_rulebook();
    let two = staff.replace("mori,森 健,,", "mori,森 健,kato,");
    assert_ne!(two, staff);
    let company = Company::of(Company::builder(1).build());
    crate::rulebook::store_unchecked(&company, &policy, &two).await;
    let api = Api::of(company);
    assert_eq!(api.get("kato", "/me").await.problem(), "not-a-member");
    assert_eq!(api.get("mori", "/me").await.problem(), "not-a-member");
    assert_eq!(api.get("sato", "/me").await.ok()["role"], "staff");
}

#[tokio::test(start_paused = true)]
async fn another_issuers_access_tokens_are_told_by_their_header() {
    let company = Company::with_sample_rulebook(1).await;
    let api = Api::with(company, &[("ACCESS_TOKEN_RULE", "typ=at+jwt"), ("IDENTITY_CLAIM", "preferred_username")]);
    let ask = |header: &str| {
        // {"typ":"at+jwt"} and {"typ":"JWT"}, in base64url.
        let token = format!("Bearer {header}.e30.c2ln");
        ApiRequest::get("/me")
            .with_claims(json!({"preferred_username": ADMIN, "typ": "at+jwt"}))
            .header("authorization", &token)
    };
    assert_eq!(api.ask(&ask("eyJ0eXAiOiJhdCtqd3QifQ")).await.status, 200);
    assert_eq!(api.ask(&ask("eyJ0eXAiOiJKV1QifQ")).await.status, 403);
    assert_eq!(api.ask(&ask("")).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn me_is_who_the_rulebook_says() {
    let api = Api::new(1).await;
    let me = api.get(SUPPORT_MANAGER, "/me").await.ok();
    assert_eq!(
        me,
        json!({
            "id": "mori",
            "name": "森 健",
            "role": "manager",
            "teams": ["support"],
            "manages": ["general", "support"],
            "can": [
                "search", "play", "note", "write_memo", "work_on_cases", "custody", "hold", "request_deletion", "reports",
            ],
            "publishes_rulebook": false,
            "company": "山田商事",
            "time_zone": "Asia/Tokyo",
            "purposes": ["evidence"],
            "rulebook_version": 1,
        })
    );
    assert_eq!(api.get(ADMIN_LOGIN, "/me").await.ok()["publishes_rulebook"], true);
    assert_eq!(api.get("hayashi", "/me").await.ok()["publishes_rulebook"], true);
}

#[tokio::test(start_paused = true)]
async fn under_the_default_admin_login_is_the_admin_and_nobody_else_is_anybody() {
    let company = Company::of(Company::builder(1).build());
    let id = company.upload_sample(SAMPLE).await;
    let api = Api::of(company);
    let me = api.get(ADMIN_LOGIN, "/me").await.ok();
    assert_eq!((&me["role"], &me["rulebook_version"]), (&json!("admin"), &json!(0)));
    assert_eq!(api.get("kato", "/me").await.status, 403);
    assert_eq!(api.get(ADMIN_LOGIN, "/recordings").await.ok()["items"][0]["id"], id.as_str());
    api.play(ADMIN_LOGIN, &id).await.ok();
}
