//! Rates: how often one person may play, download and export in an hour.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::id::RecordingId;
use policy::rulebook::Role;
use serde_json::{Value, json};
use store::{AuditEvent, Count, CountResult, ErrorKind};
use tests::world::{EVERY_FAULT, Handler, Sabotage, World, every_order, for_every_fault};

use crate::api::{ADMIN, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, SUPPORT_MANAGER, evidence, made};
use tests::company::{Company, TABLE, sample_rulebook};

/// Under the sample rulebook with limits of its own, and a recording of sales.
async fn with_limits(limits: &str) -> (Api, RecordingId) {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let policy = policy.replacen("default = \"evidence\"", "default = \"evidence\"\nothers = [\"handover\"]", 1);
    company.publish(&format!("{policy}\n[limits]\n{limits}\n"), &staff).await;
    let id = company.upload_sample(SAMPLE).await;
    (Api::of(company), id)
}

/// What was counted of a member, by what.
fn counts(world: &World, staff: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for item in world.table_items(TABLE) {
        if item["pk"].as_str().is_some_and(|pk| pk.starts_with(&format!("W#{staff}#"))) {
            *counts.entry(item["sk"].as_str().unwrap().to_owned()).or_default() += item["count"].as_u64().unwrap();
        }
    }
    counts
}

/// How many of a member's events were permitted, of an action.
fn permitted(api: &Api, staff: &str, action: &str) -> u64 {
    let is_one =
        |event: &Value| event["staff"] == staff && event["action"] == action && event["outcome"] == "permitted";
    api.audit().iter().filter(|event| is_one(event)).count() as u64
}

async fn renew(api: &Api, login: &str, path: &str, event_id: &str) -> Answer {
    let body = json!({"use": "evidence", "reason": "続き", "continues": event_id});
    api.ask(&ApiRequest::post(path, &body).by(login)).await
}

fn event_id(answer: &Answer) -> String {
    answer.ok()["event_id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn past_the_limit_of_the_hour_the_answer_is_429_until_the_next_hour_begins() {
    let (api, id) = with_limits("plays_per_hour = 2\ndownloads_per_hour = 1").await;
    api.world().advance(Duration::from_millis(45 * 60_000 + 500));
    for _ in 0..2 {
        api.play(ADMIN, &id).await.ok();
    }
    api.download(ADMIN, &id).await.ok();
    let chain = api.chain(&id).await.len();
    for (answer, limit) in [(api.play(ADMIN, &id).await, 2), (api.download(ADMIN, &id).await, 1)] {
        assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many"));
        assert_eq!(answer.headers["retry-after"], "900");
        assert_eq!((&answer.json()["limit"], &answer.json()["per"]), (&json!(limit), &json!("hour")));
    }
    let japanese =
        ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()).by(ADMIN).header("accept-language", "ja");
    assert!(api.ask(&japanese).await.json()["detail"].as_str().unwrap().contains("1時間"));
    let refused = api.audit().into_iter().rfind(|event| event["action"] == "download").unwrap();
    assert_eq!(refused["outcome"], "refused");
    assert_eq!(refused["facts"], json!({"recording": id.as_str(), "reason": "too_many"}));
    assert_eq!(api.chain(&id).await.len(), chain, "nothing was handed out, so nothing is on custody");
    // Somebody else's hour is their own.
    api.play(SALES_MANAGER, &id).await.ok();

    api.world().advance(Duration::from_secs(899));
    assert_eq!(api.play(ADMIN, &id).await.headers["retry-after"], "1");
    api.world().advance(Duration::from_millis(500));
    api.play(ADMIN, &id).await.ok();
    api.download(ADMIN, &id).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_count_ends_by_itself_once_its_hour_is_over() {
    let (api, id) = with_limits("plays_per_hour = 2").await;
    api.play(ADMIN, &id).await.ok();
    assert_eq!(counts(api.world(), ADMIN), BTreeMap::from([("play".to_owned(), 1)]));
    api.world().advance(Duration::from_secs(2 * 3_600 + 1));
    api.world().sweep_time_to_live();
    assert_eq!(counts(api.world(), ADMIN), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn only_what_would_have_been_permitted_is_told_of_the_limit() {
    let (api, id) = with_limits("plays_per_hour = 1\ndownloads_per_hour = 1").await;
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let of_support = {
        let mut recording = made(1, at);
        recording.view.team = Some("support".to_owned());
        api.put(&recording).await;
        recording.view.id
    };
    let absent = RecordingId::of("bucket", "key", "version");
    api.play(SUPPORT_MANAGER, &of_support).await.ok();
    api.warm().await;
    assert_eq!(api.play(SUPPORT_MANAGER, &of_support).await.problem(), "too-many");
    let kinds = api.take_kinds();
    assert_eq!(
        kinds,
        ["dynamodb Query rokuban", "dynamodb TransactWriteItems rokuban", "dynamodb PutItem rokuban"],
        "read, the trace refused, the refusal"
    );
    for hidden in [&id, &absent] {
        for renews in [None, Some(format!("{hidden}.2"))] {
            let mut body = evidence();
            if let Some(event_id) = &renews {
                body["continues"] = json!(event_id);
            }
            let answer =
                api.ask(&ApiRequest::post(&format!("/recordings/{hidden}/play"), &body).by(SUPPORT_MANAGER)).await;
            assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-recording"));
            assert_eq!(api.take_kinds(), ["dynamodb Query rokuban", "dynamodb PutItem rokuban"]);
        }
    }
    // A role that does not download is told that, not that it does so too often.
    assert_eq!(api.download(SUPPORT_MANAGER, &of_support).await.problem(), "not-allowed");
}

#[tokio::test(start_paused = true)]
async fn numbers_cannot_be_read_out_of_lists_past_the_items_of_the_hour() {
    let (api, _) = with_limits("items_per_hour = 5").await;
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    for number in 0..8 {
        api.put(&made(number, at)).await;
    }
    let page = async |login: &str| api.get(login, "/recordings?limit=3").await;
    for shown in [3, 3] {
        assert_eq!(page(ADMIN).await.ok()["items"].as_array().unwrap().len(), shown);
    }
    // The page that passes the limit is shown, and none after it, however small.
    for path in ["/recordings?limit=3", "/recordings?limit=1"] {
        let refused = api.get(ADMIN, path).await;
        assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many"));
        assert!(!refused.json().to_string().contains("+81"));
    }
    assert_eq!(counts(api.world(), ADMIN)["items"], 6);
    assert_eq!(permitted(&api, ADMIN, "search"), 2);
    assert_eq!(page(SALES_MANAGER).await.status, 200, "each member has an own count");
    api.world().advance(Duration::from_secs(3_600));
    assert_eq!(page(ADMIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_listening_is_renewed_by_the_one_who_listens_for_12_hours_and_is_counted_once() {
    let (api, id) = with_limits("plays_per_hour = 1\ndownloads_per_hour = 1").await;
    let play = format!("/recordings/{id}/play");
    let first = event_id(&api.play(SALES_MANAGER, &id).await);
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 429);
    api.warm().await;
    let second = event_id(&renew(&api, SALES_MANAGER, &play, &first).await);
    assert_eq!(
        api.take_kinds(),
        ["dynamodb Query rokuban", "dynamodb GetItem rokuban", "dynamodb TransactWriteItems rokuban"]
    );
    // Over however many renewals, it is the first that says how long.
    api.world().advance(Duration::from_secs(11 * 3_600));
    let third = event_id(&renew(&api, SALES_MANAGER, &play, &second).await);
    api.world().advance(Duration::from_secs(3_600));
    event_id(&renew(&api, SALES_MANAGER, &play, &third).await);
    assert_eq!(counts(api.world(), SALES_MANAGER), BTreeMap::from([("play".to_owned(), 1)]));
    assert_eq!(permitted(&api, SALES_MANAGER, "play"), 4, "each is traced");
    api.world().advance(Duration::from_millis(1));
    for too_old in [&first, &second, &third] {
        let answer = renew(&api, SALES_MANAGER, &play, too_old).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid"), "{too_old}");
        assert_eq!(answer.json()["parameter"], "continues");
    }
    api.play(SALES_MANAGER, &id).await.ok();
}

#[tokio::test(start_paused = true)]
async fn nothing_but_ones_own_listening_to_that_recording_is_renewed() {
    let (api, id) = with_limits("plays_per_hour = 1\ndownloads_per_hour = 1").await;
    let (play, download) = (format!("/recordings/{id}/play"), format!("/recordings/{id}/download"));
    let own = event_id(&api.play(ADMIN, &id).await);
    let anothers = event_id(&api.play(SALES_MANAGER, &id).await);
    let downloaded = event_id(&api.download(ADMIN, &id).await);
    let chain = api.chain(&id).await.len();
    for (path, event_id) in [
        (&play, anothers.as_str()),
        (&play, downloaded.as_str()),
        (&download, own.as_str()),
        // Taken in, by nobody of the staff; and one that never was.
        (&play, &format!("{id}.1")),
        (&play, &format!("{id}.9")),
    ] {
        let answer = renew(&api, ADMIN, path, event_id).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid"), "{path} {event_id}");
    }
    // What is listened to for something else is counted.
    let body = json!({"use": "handover", "reason": "続き", "continues": own});
    let answer = api.ask(&ApiRequest::post(&play, &body).by(ADMIN)).await;
    assert_eq!((answer.problem().as_str(), &answer.json()["parameter"]), ("invalid", &json!("continues")));
    assert_eq!(api.chain(&id).await.len(), chain);
    renew(&api, ADMIN, &play, &own).await.ok();
    renew(&api, ADMIN, &download, &downloaded).await.ok();
    let expected = [("download", 1), ("play", 1)].map(|(what, count)| (what.to_owned(), count));
    assert_eq!(counts(api.world(), ADMIN), BTreeMap::from(expected));
}

#[tokio::test(start_paused = true)]
async fn one_request_handled_twice_is_counted_once() {
    let (api, id) = with_limits("plays_per_hour = 1").await;
    let ask = ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()).by(ADMIN).with_request_id("once");
    let first = event_id(&api.ask(&ask).await);
    assert_eq!(event_id(&api.ask(&ask).await), first);
    assert_eq!(counts(api.world(), ADMIN)["play"], 1);
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_play_is_counted_as_often_as_it_is_traced() {
    let with_a_recording = async || with_limits("plays_per_hour = 2").await.0.world().clone();
    let id = with_limits("plays_per_hour = 2").await.1;
    let tried = for_every_fault(
        EVERY_FAULT,
        with_a_recording,
        async |world| Api::over(world).play(SALES_MANAGER, &id).await,
        async |world, fault, answer| {
            let api = Api::over(world);
            let traced = permitted(&api, SALES_MANAGER, "play");
            let counted = counts(world, SALES_MANAGER).get("play").copied().unwrap_or_default();
            assert_eq!(counted, traced, "{fault:?}");
            assert_eq!(api.chain(&id).await.len() as u64, 1 + traced, "{fault:?}");
            assert!(answer.status == 200 || fault.is_some(), "{}", answer.status);
            assert_ne!(answer.status, 429, "{fault:?}");
            // Whoever tries again hears it, until two stand, whatever was answered.
            for number in traced..2 {
                assert_eq!(api.play(SALES_MANAGER, &id).await.status, 200, "{number} {fault:?}");
            }
            assert_eq!(api.play(SALES_MANAGER, &id).await.status, 429, "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 20, "{tried}");
}

/// Two plays at once of one who has one left; what was found wrong.
async fn two_at_the_limit(prepare: impl Fn(&World)) -> Result<usize, String> {
    let wrong = RefCell::new(Ok(()));
    let id = with_limits("plays_per_hour = 2").await.1;
    let explored = every_order(
        2_000,
        async || {
            let (api, id) = with_limits("plays_per_hour = 2").await;
            api.play(SALES_MANAGER, &id).await.ok();
            prepare(api.world());
            api.world().clone()
        },
        |world| {
            ["one", "two"]
                .map(|request| {
                    let (world, id) = (world.clone(), id.clone());
                    Box::pin(async move {
                        let ask = ApiRequest::post(&format!("/recordings/{id}/play"), &evidence());
                        Api::over(&world).ask(&ask.by(SALES_MANAGER).with_request_id(request)).await.status
                    }) as Handler<u16>
                })
                .into()
        },
        async |world, mut answers, trace| {
            answers.sort_unstable();
            let events = permitted(&Api::over(world), SALES_MANAGER, "play");
            if (answers.as_slice(), events) != (&[200, 429][..], 2) {
                let mut wrong = wrong.borrow_mut();
                if wrong.is_ok() {
                    *wrong = Err(format!("{answers:?}, {events} events: {trace}"));
                }
            }
        },
    )
    .await;
    wrong.into_inner().map(|()| explored.runs)
}

#[tokio::test(start_paused = true)]
pub(crate) async fn of_two_plays_at_once_with_one_left_exactly_one_passes_in_whatever_order() {
    let runs = two_at_the_limit(|_| {}).await.unwrap();
    assert!(runs >= 4, "{runs}");
}

#[tokio::test(start_paused = true)]
async fn a_count_without_its_condition_lets_both_pass() {
    let found = two_at_the_limit(|world| {
        world.sabotage(Sabotage::strip_conditions_where(|condition| condition.action == "Update"));
    })
    .await;
    assert!(found.unwrap_err().starts_with("[200, 200]"));
}

fn export(world: &World, operation: &str) -> AuditEvent {
    AuditEvent {
        at: world.now(),
        day: "2026-11-13".to_owned(),
        operation: operation.to_owned(),
        staff: ADMIN.to_owned(),
        role: Some(Role::Admin),
        action: policy::audit::AuditAction::Search,
        outcome: policy::audit::AuditOutcome::Permitted,
        facts: BTreeMap::new(),
        asked: BTreeMap::new(),
        origin: None,
        ends_at: world.now() + SignedDuration::from_hours(24),
    }
}

fn exports(world: &World, limit: u32) -> Count<'static> {
    Count { staff: ADMIN, what: "export", at: world.now(), adds: 1, limit }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_counted_stands_once_and_is_counted_once_or_not_at_all() {
    let company = Company::of(Company::builder(1).build());
    let (world, table) = (&company.world, company.table());
    let write = async |operation| table.audit_counted(&export(world, operation), &exports(world, 2)).await.unwrap();
    assert_eq!(write("one").await, CountResult::Done);
    assert_eq!(write("one").await, CountResult::Done, "again, and there is room");
    assert_eq!(write("two").await, CountResult::Done);
    assert_eq!(write("three").await, CountResult::TooMany);
    assert_eq!(write("two").await, CountResult::Done, "again, and there is no room");
    assert_eq!(counts(world, ADMIN)["export"], 2);
    assert_eq!(Api::of(Company::of(world.clone())).audit().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_an_event_is_counted_as_often_as_it_stands() {
    let tried = for_every_fault(
        EVERY_FAULT,
        async || Company::builder(1).build(),
        async |world| {
            let table = Company::of_without_retries(world.clone()).table();
            table.audit_counted(&export(world, "one"), &exports(world, 1)).await
        },
        async |world, fault, answer| {
            let api = Api::over(world);
            let stands = api.audit().len() as u64;
            assert_eq!(counts(world, ADMIN).get("export").copied().unwrap_or_default(), stands, "{fault:?}");
            match (fault, answer.map_err(|error| error.kind)) {
                (None, Ok(CountResult::Done)) | (Some(_), Err(ErrorKind::TimedOut)) => {}
                (Some(_), Ok(CountResult::Done)) => assert_eq!(stands, 1, "{fault:?}"),
                (Some(_), Err(_)) => assert_eq!(stands, 0, "{fault:?}"),
                (_, other) => panic!("{fault:?}: {other:?}"),
            }
            let table = api.company.table();
            let again = table.audit_counted(&export(world, "one"), &exports(world, 1)).await.unwrap();
            assert_eq!((again, counts(world, ADMIN)["export"]), (CountResult::Done, 1), "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 5, "{tried}");
}
