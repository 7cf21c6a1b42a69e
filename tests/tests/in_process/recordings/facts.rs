//! Quarantine: an admin reads the reason, gives the facts, and it is an ordinary recording.

use policy::id::RecordingId;
use policy::recording::State;
use serde_json::{Value, json};
use tests::world::{EVERY_FAULT, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF};
use tests::company::{Company, sample, sample_rulebook};

const SECOND_ADMIN: &str = "hayashi";
const VOICEMAIL: &str = "freepbx/2026/11/12/voicemail greeting.wav";

async fn with_quarantined() -> (Api, RecordingId) {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(VOICEMAIL).await;
    (Api::over(&company.world), id)
}

fn facts(started_at: &str) -> Value {
    json!({
        "facts": {"started_at": started_at, "direction": "inbound", "counterpart": "090-1234-5678", "extension": "201"},
        "reason": "留守番電話の受付時刻を本人に確認した",
    })
}

fn put(id: &RecordingId, body: &Value) -> ApiRequest {
    ApiRequest::put(&format!("/recordings/{id}/facts"), body)
}

const TODAY: &str = "2026-11-13T08:00:00+09:00";
const LONG_AGO: &str = "2026-08-01T08:00:00+09:00";

#[tokio::test(start_paused = true)]
async fn what_was_not_understood_becomes_an_ordinary_recording_with_the_correction_in_its_custody() {
    let (api, id) = with_quarantined().await;
    api.world().advance(std::time::Duration::from_secs(60));
    let quarantined = api.get(ADMIN, "/recordings?state=quarantined").await.ok();
    assert_eq!(quarantined["items"][0]["quarantine_reason"], "no_call_facts");
    let answer = api.ask(&put(&id, &facts(TODAY)).by(ADMIN)).await.ok();
    assert_eq!(answer["state"], "corrected");
    api.company.index().await;
    let found = api.get(SALES_MANAGER, "/recordings?number=09012345678").await.ok();
    assert_eq!(found["items"][0]["id"], id.as_str());
    assert_eq!((&found["items"][0]["staff"], &found["items"][0]["team"]), (&json!("sato"), &json!("sales")));
    let custody = api.get(ADMIN, &format!("/recordings/{id}/custody")).await.ok();
    assert_eq!(custody["verified"], true);
    let kinds: Vec<&str> =
        custody["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["taken_in", "corrected", "facts_changed"]);
    let event = &custody["items"][1];
    assert_eq!(
        (&event["actor"], &event["facts"]["names"]),
        (&json!(ADMIN), &json!("counterpart,direction,extension,started_at"))
    );
    assert!(event["texts"]["facts"].as_str().unwrap().contains("090-1234-5678"), "erasable, beside the chain");
}

#[tokio::test(start_paused = true)]
async fn a_correction_that_brings_the_end_nearer_needs_a_second_person_who_says_the_same() {
    let (api, id) = with_quarantined().await;
    let ask = || put(&id, &facts(LONG_AGO));
    for _ in 0..2 {
        // The same person twice is one person.
        let waits = api.ask(&ask().by(ADMIN)).await;
        assert_eq!((waits.status, waits.json()["state"].clone()), (202, json!("awaits_a_second_person")));
    }
    api.company.index().await;
    assert_eq!(api.company.recording(&id).await.view.state, State::Quarantined);
    let other = api.ask(&put(&id, &facts("2026-08-02T08:00:00+09:00")).by(SECOND_ADMIN)).await;
    assert_eq!(other.status, 202, "other facts are not the same");
    assert_eq!(api.ask(&ask().by(ADMIN)).await.status, 202);
    assert_eq!(api.ask(&ask().by(SECOND_ADMIN)).await.ok()["state"], "corrected");
    api.company.index().await;
    let view = api.company.recording(&id).await.view;
    assert_eq!((view.state, view.started_at), (State::Active, LONG_AGO.parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_correction_that_waits_is_listed_for_admins_until_a_second_one_says_the_same() {
    let (api, id) = with_quarantined().await;
    let ask = || put(&id, &facts(LONG_AGO));
    let waiting = async || api.get(SECOND_ADMIN, "/corrections").await.ok();
    assert_eq!(waiting().await, json!({"items": [], "next_cursor": null}));
    assert_eq!(api.ask(&ask().by(ADMIN)).await.status, 202);
    let listed = waiting().await;
    let [one] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&one["recording_id"], &one["corrected_by"]), (&json!(id), &json!(ADMIN)));
    assert_eq!(one["corrected_by_name"], "山田 太郎");
    for login in [SALES_MANAGER, "sato", "ono"] {
        let refused = api.get(login, "/corrections").await;
        assert_eq!((refused.status, refused.json()["reason"].as_str()), (403, Some("not_for_the_role")), "{login}");
    }
    assert_eq!(api.get(ADMIN, "/corrections?cursor=x").await.status, 400);
    assert_eq!(api.ask(&ask().by(SECOND_ADMIN)).await.ok()["state"], "corrected");
    assert_eq!(waiting().await["items"], json!([]));
    let read = api.audit().into_iter().filter(|event| event["action"] == "list_corrections").count();
    assert_eq!(read, 6, "three are refused, and that is written too");
}

#[tokio::test(start_paused = true)]
async fn what_is_expired_on_arrival_is_an_ordinary_recording_once_two_admins_confirm_it() {
    let company = Company::with_sample_rulebook(1).await;
    let metadata = [("started-at", LONG_AGO), ("direction", "inbound"), ("extension", "201")];
    let id = company.upload("other/late.flac", sample("other/upload/rec_0001.flac"), &metadata).await;
    let api = Api::over(&company.world);
    api.world().advance(std::time::Duration::from_secs(60));
    let path = format!("/recordings/{id}");
    assert_eq!(api.get(ADMIN, &path).await.ok()["quarantine_reason"], "expired_on_arrival");
    let confirm = || put(&id, &json!({"facts": {"started_at": LONG_AGO}, "reason": "時計は正しい"}));
    assert_eq!(api.ask(&confirm().by(ADMIN)).await.status, 202);
    assert_eq!(api.ask(&confirm().by(SECOND_ADMIN)).await.ok()["state"], "corrected");
    company.index().await;
    let hours = |hours: u64| std::time::Duration::from_hours(hours);
    let seen = api.get(SALES_MANAGER, &path).await.ok();
    assert_eq!(seen["state"], "active");
    // It settles from when it was understood, and can be seen until then.
    let expires_at = company.world.now() + jiff::SignedDuration::from_hours(72);
    assert_eq!(seen["expires_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), expires_at);
    company.world.advance(hours(71));
    assert_eq!(company.sweep().await.unwrap().deleted, 0, "NEVER EARLY");
    api.get(SALES_MANAGER, &path).await.ok();
    company.world.advance(hours(1));
    assert_eq!(api.get(SALES_MANAGER, &path).await.status, 404, "NEVER LATE: before any sweep");
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rulebook_that_keeps_longer_lets_no_single_person_bring_an_end_nearer() {
    let company = Company::with_sample_rulebook(1).await;
    let metadata = [("started-at", "2026-11-12T10:00:00+09:00"), ("direction", "inbound"), ("extension", "201")];
    let id = company.upload("other/a.flac", sample("other/upload/rec_0001.flac"), &metadata).await;
    let before = company.recording(&id).await.view;
    // A later rulebook keeps calls like this one longer. This one stays under the rules of its first day.
    let (policy, staff) = sample_rulebook();
    let longer = "[[retention]]\nclass = \"season\"\nwhen = { team = \"sales\" }\nkeep_days = 120\n\n[[retention]]";
    company.publish(&policy.replacen("[[retention]]", longer, 1), &staff).await;
    company.world.advance(std::time::Duration::from_secs(300));
    let api = Api::over(&company.world);
    let body = json!({"facts": {"started_at": "2026-11-02T10:00:00+09:00"}, "reason": "時計が進んでいた"});
    assert_eq!(api.ask(&put(&id, &body).by(ADMIN)).await.status, 202);
    company.index().await;
    assert_eq!(company.recording(&id).await.view.started_at, before.started_at);
    assert_eq!(api.ask(&put(&id, &body).by(SECOND_ADMIN)).await.ok()["state"], "corrected");
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_of_another_version_does_not_decide_who_must_agree_to_a_correction() {
    let company = Company::with_sample_rulebook(1).await;
    let key = "other/x.flac";
    let bytes = sample("other/upload/rec_0001.flac");
    company.upload(key, [&bytes[..], b"first"].concat(), &[]).await;
    company.upload(&format!("{key}.json"), json!({"started_at": "2026-11-12T10:00:00+09:00"}).to_string(), &[]).await;
    // The file name is used again, and this version's own sidecar says a day of its own.
    let id = company.upload(key, bytes, &[]).await;
    company.upload(&format!("{key}.json"), json!({"started_at": TODAY, "extension": "201"}).to_string(), &[]).await;
    assert_eq!(company.recording(&id).await.view.started_at, TODAY.parse().unwrap());
    let api = Api::over(&company.world);
    let body = json!({"facts": {"counterpart": "03-1234-0000"}, "reason": "番号の誤り"});
    assert_eq!(api.ask(&put(&id, &body).by(ADMIN)).await.ok()["state"], "corrected");
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_is_understood_can_be_corrected_and_what_is_left_out_stays() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(crate::api::SAMPLE).await;
    let api = Api::over(&company.world);
    let body = json!({"facts": {"counterpart": "03-1234-0000"}, "reason": "番号の誤り"});
    assert_eq!(api.ask(&put(&id, &body).by(ADMIN)).await.ok()["state"], "corrected");
    company.index().await;
    let view = company.recording(&id).await.view;
    assert_eq!(view.counterpart.number().unwrap().expose(), "+81312340000");
    assert_eq!((view.staff.as_deref(), view.extension.as_deref()), (Some("sato"), Some("201")));
    let earlier = json!({"facts": {"started_at": "2026-11-02T14:05:02+09:00"}, "reason": "日付の誤り"});
    assert_eq!(api.ask(&put(&id, &earlier).by(ADMIN)).await.status, 202, "a day earlier is nearer");
}

#[tokio::test(start_paused = true)]
async fn facts_that_do_not_do_are_refused_with_what_is_missing_and_change_nothing() {
    let (api, id) = with_quarantined().await;
    let before = api.company.recording(&id).await;
    for (facts, reason) in [
        (json!({"direction": "inbound"}), "no_call_facts"),
        (json!({"started_at": "2027-11-13T08:00:00+09:00"}), "too_late"),
        (json!({"started_at": "1970-01-01T00:00:00Z"}), "too_early"),
    ] {
        let refused = api.ask(&put(&id, &json!({"facts": facts, "reason": "r"})).by(ADMIN)).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "still-quarantined"));
        assert_eq!(refused.json()["quarantine_reason"], reason);
        assert!(!refused.json()["quarantine_fix"].as_str().unwrap().is_empty());
    }
    for body in [
        json!({"facts": {}, "reason": "r"}),
        json!({"facts": {"team": "sales"}, "reason": "r"}),
        json!({"facts": {"caller": "1"}, "reason": "r"}),
        json!({"facts": {"staff": " "}, "reason": "r"}),
        json!({"facts": {"staff": "x".repeat(129)}, "reason": "r"}),
        json!({"facts": {"started_at": TODAY}, "reason": " "}),
        json!({"facts": {"started_at": 1}, "reason": "r"}),
    ] {
        assert_eq!(api.ask(&put(&id, &body).by(ADMIN)).await.status, 400, "{body}");
    }
    assert_eq!(api.company.recording(&id).await, before);
}

#[tokio::test(start_paused = true)]
async fn only_admins_correct_and_to_others_it_is_not_there() {
    let (api, id) = with_quarantined().await;
    let made_up = RecordingId::of("bucket", "made up", "version");
    for login in [SALES_MANAGER, STAFF, AUDITOR] {
        let real = api.ask(&put(&id, &facts(TODAY)).by(login).with_request_id("a")).await.without_request_id();
        let none = api.ask(&put(&made_up, &facts(TODAY)).by(login).with_request_id("b")).await.without_request_id();
        if login == AUDITOR {
            // Auditors know that it is there: they see its custody.
            assert!(matches!(real.status, 403 | 404));
        } else {
            assert_eq!((real.status, &real.bytes), (none.status, &none.bytes), "{login}");
            assert_eq!(real.status, 404);
        }
    }
    assert_eq!(api.company.recording(&id).await.view.state, State::Quarantined);
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_correction_stands_whole_with_its_event_or_not_at_all() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(VOICEMAIL).await;
    let ask = put(&id, &facts(TODAY)).by(ADMIN).with_request_id("once");
    let tried = for_every_fault(
        EVERY_FAULT,
        async || {
            let company = Company::with_sample_rulebook(1).await;
            company.upload_sample(VOICEMAIL).await;
            company.world
        },
        async |world| Api::over(world).ask(&ask).await,
        async |world, fault, answer| {
            assert!(matches!(answer.status, 200 | 500 | 503), "{fault:?}: {}", answer.status);
            // The browser tries again, the same request.
            let api = Api::over(world);
            assert_eq!(api.ask(&ask).await.ok()["state"], "corrected", "{fault:?}");
            api.company.index().await;
            assert_eq!(api.company.recording(&id).await.view.state, State::Active, "{fault:?}");
            let events = api.company.table().custody(&id, 1, 100).await.unwrap();
            let corrected = events.iter().filter(|link| link.event.operation.starts_with("once.")).count();
            assert_eq!(corrected, 1, "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 20, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn what_was_corrected_ends_with_its_recording() {
    let (api, id) = with_quarantined().await;
    api.ask(&put(&id, &facts(TODAY)).by(ADMIN)).await.ok();
    api.company.index().await;
    api.world().set_now("2027-03-01T00:00:00Z".parse().unwrap());
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&id).await.is_some());
    let left: Vec<Value> =
        api.company.snapshot().into_iter().filter(|item| item.to_string().contains("1234-5678")).collect();
    assert_eq!(left, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_source_is_tried_before_it_is_published() {
    let (api, _) = with_quarantined().await;
    let body = json!({
        "pattern": "(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})_(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})_(?P<extension>[0-9]+)_(?P<caller>[0-9]+)\\.wav",
        "zone": "Asia/Tokyo",
        "keys": ["20261103_140502_201_09012345678.wav", "20261303_140502_201_09012345678.wav", "other.wav"],
    });
    let tried = api.ask(&ApiRequest::post("/sources/try", &body).by(ADMIN)).await.ok();
    assert_eq!(tried["items"][0]["result"]["started_at"], "2026-11-03T14:05:02+09:00");
    assert_eq!(tried["items"][0]["result"]["counterpart"], "+819012345678");
    assert_eq!(tried["items"][1]["fails"]["reason"], "impossible_date");
    assert_eq!(tried["items"][2]["fails"]["reason"], "no_call_facts");
    assert_eq!(tried["warnings"], json!([]), "it names no source");
    let named = |name: &str| {
        let body = json!({"name": name, "recorder": "freepbx", "keys": ["a.wav"]});
        ApiRequest::post("/sources/try", &body).by(ADMIN).header("accept-language", "ja")
    };
    assert_eq!(api.ask(&named("freepbx")).await.ok()["warnings"], json!([]), "the rulebook says what it keeps");
    let warned = api.ask(&named("osaka")).await.ok();
    assert!(warned["warnings"][0].as_str().unwrap().contains("[[origin_copy]] に source = \"osaka\""), "{warned}");
    let wrong = api.ask(&ApiRequest::post("/sources/try", &json!({"pattern": "(", "keys": ["a"]})).by(ADMIN)).await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (422, "bad-source"));
    assert_eq!(wrong.json()["errors"][0]["field"], "pattern");
    let refused = api.ask(&ApiRequest::post("/sources/try", &body).by(SALES_MANAGER)).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_source_added_later_is_run_over_quarantine() {
    let company = Company::with_sample_rulebook(1).await;
    let key = "osaka/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
    let id = company.upload(key, sample(crate::api::SAMPLE), &[]).await;
    let log = company.upload("calllog/osaka/1.csv", sample("calllog/asterisk/Master-20261105.csv"), &[]).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.recording(&id).await.view.state, State::Quarantined);
    let (policy, staff) = tests::company::sample_rulebook();
    let sections = "[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"freepbx\"\n\
                    [[call_log]]\nsource = \"osaka\"\nprefix = \"calllog/osaka/\"\nformat = \"asterisk\"\n";
    company.publish(&format!("{policy}\n{sections}"), &staff).await;
    company.run_schedule("roll_up").await;
    let view = company.recording(&id).await.view;
    assert_eq!((view.state, view.source.as_str()), (State::Active, "osaka"));
    assert_eq!(company.recording(&log).await.view.state, State::Fragment, "and its log is read");
    let rows = company.snapshot().iter().filter(|item| item["view"]["row"]["source"] == "osaka").count();
    assert_eq!(rows, 10);
}
