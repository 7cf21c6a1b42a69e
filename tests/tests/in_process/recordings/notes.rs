//! Notes: what was written about a call, by whom, for whom, and for how long.

use jiff::SignedDuration;
use policy::call::Claim;
use policy::custody::{self, EventKind};
use policy::hold::Holds;
use policy::id::RecordingId;
use policy::recording::Recording;
use serde_json::{Value, json};
use tests::monitor::Rule;
use tests::world::{EVERY_FAULT, Handler, every_order, for_every_fault};

use crate::api::{
    ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made, one_hold, sample_expiry,
};
use tests::company::{Company, sample_rulebook};

/// In support; has nothing to do with sales.
const SUCCESSOR: &str = "suzuki";
/// In sales, as [`STAFF`] is.
const COLLEAGUE: &str = "abe";

const SAID: &str = "見積は税込12万円で合意。\n納期は要確認。";

fn write(id: &RecordingId, text: &str) -> ApiRequest {
    ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": text}))
}

/// Writes many notes as [`ADMIN`], in as many hours as that may take.
async fn write_many(api: &Api, id: &RecordingId, texts: impl Iterator<Item = String>) {
    for (number, text) in texts.enumerate() {
        if number % 100 == 0 {
            api.world().set_now(api.world().now() + SignedDuration::from_hours(1));
        }
        assert_eq!(api.ask(&write(id, &text).by(ADMIN)).await.status, 201);
    }
}

async fn read(api: &Api, login: &str, id: &RecordingId) -> Answer {
    api.get(login, &format!("/recordings/{id}/notes")).await
}

/// Of sales, taken by [`STAFF`], on the day before.
async fn own_call(api: &Api) -> RecordingId {
    let mut recording: Recording = made(1, "2026-11-12T10:00:00+09:00".parse().unwrap());
    recording.view.staff = Some(STAFF.to_owned());
    api.put(&recording).await;
    recording.view.id
}

#[tokio::test(start_paused = true)]
async fn whoever_may_write_a_note_writes_it_and_whoever_may_read_it_reads_it() {
    let api = Api::new(1).await;
    let id = own_call(&api).await;
    let written = api.ask(&write(&id, &format!("  {SAID}\n")).by(STAFF)).await;
    assert_eq!(written.status, 201);
    let note = written.json();
    assert_eq!((&note["text"], &note["staff"]), (&json!(SAID), &json!(STAFF)));
    assert_eq!(note["at"], "2026-11-13T09:00:00+09:00");
    for (login, reads, writes) in [
        (ADMIN, 200, 201),
        (SALES_MANAGER, 200, 201),
        (STAFF, 200, 201),
        (COLLEAGUE, 404, 404),
        (SUPPORT_MANAGER, 404, 404),
        (AUDITOR, 404, 404),
    ] {
        let found = read(&api, login, &id).await;
        assert_eq!(found.status, reads, "{login}");
        if reads == 200 {
            assert_eq!(found.json()["items"].as_array().unwrap().last().unwrap(), &note, "{login}");
        }
        assert_eq!(api.ask(&write(&id, "もう一つ").by(login)).await.status, writes, "{login}");
    }
    let all = read(&api, ADMIN, &id).await.ok();
    let writers: Vec<&str> =
        all["items"].as_array().unwrap().iter().map(|note| note["staff"].as_str().unwrap()).collect();
    assert_eq!(writers, [STAFF, SALES_MANAGER, ADMIN, STAFF], "newest first");
}

#[tokio::test(start_paused = true)]
async fn a_successor_reads_notes_and_writes_none() {
    let (policy, staff) = sample_rulebook();
    let handover = format!("[[handover]]\nfrom = \"{STAFF}\"\nto = \"{SUCCESSOR}\"\nsince = 2026-11-13\n");
    let company = Company::of(Company::builder(1).build());
    company.publish(&format!("{policy}\n{handover}"), &staff).await;
    let api = Api::of(company);
    let id = own_call(&api).await;
    assert_eq!(api.ask(&write(&id, SAID).by(STAFF)).await.status, 201);
    assert_eq!(read(&api, SUCCESSOR, &id).await.ok()["items"][0]["text"], SAID);
    let refused = api.ask(&write(&id, SAID).by(SUCCESSOR)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "not-allowed"));
}

#[tokio::test(start_paused = true)]
async fn staff_write_and_read_as_long_as_they_view_the_call() {
    let api = Api::new(1).await;
    let id = own_call(&api).await;
    api.world().set_now("2026-11-19T23:59:59+09:00".parse().unwrap());
    assert_eq!(api.ask(&write(&id, SAID).by(STAFF)).await.status, 201);
    api.world().set_now("2026-11-20T00:00:00+09:00".parse().unwrap());
    assert_eq!(api.ask(&write(&id, SAID).by(STAFF)).await.status, 404);
    assert_eq!(read(&api, STAFF, &id).await.status, 404);
    assert_eq!(read(&api, SALES_MANAGER, &id).await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn custody_says_that_a_note_was_written_and_not_what() {
    let (api, id) = Api::with_sample(1).await;
    assert_eq!(api.ask(&write(&id, SAID).by(SALES_MANAGER)).await.status, 201);
    for login in [AUDITOR, ADMIN, SALES_MANAGER] {
        let custody = api.get(login, &format!("/recordings/{id}/custody")).await.ok();
        let last = custody["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["kind"], &last["texts"], &custody["verified"]), (&json!("noted"), &json!({}), &json!(true)));
        assert!(!custody.to_string().contains("税込"), "{login}");
    }
    assert!(!Value::from(api.audit()).to_string().contains("税込"));
    let chain = api.chain(&id).await;
    assert_eq!(chain.last().unwrap().texts["text"].text, SAID);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_none_is_refused_and_nothing_is_written() {
    let (api, id) = Api::with_sample(1).await;
    let longest = "録".repeat(2_000);
    assert_eq!(api.ask(&write(&id, &longest).by(ADMIN)).await.status, 201);
    let events = api.chain(&id).await.len();
    for text in ["", " \n ", &format!("{longest}音"), "a\u{0}b", "a\tb", "a\u{1b}[31mb", "a\rb"] {
        for language in ["en", "ja"] {
            let refused = api.ask(&write(&id, text).by(ADMIN).header("accept-language", language)).await;
            assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"), "{text:?}");
            assert_eq!(refused.json()["parameter"], "text");
        }
    }
    let path = format!("/recordings/{id}/notes");
    for body in [json!({}), json!({"text": 1}), json!({"text": "a", "more": "b"})] {
        assert_eq!(api.ask(&ApiRequest::post(&path, &body).by(ADMIN)).await.problem(), "wrong-fields");
    }
    assert_eq!(api.chain(&id).await.len(), events);
}

#[tokio::test(start_paused = true)]
async fn more_notes_than_a_page_holds_come_on_the_next() {
    let (api, id) = Api::with_sample(1).await;
    for part in [0..1, 1..51, 51..101] {
        write_many(&api, &id, part.map(|number| number.to_string())).await;
        api.play(ADMIN, &id).await.ok();
    }
    let first = read(&api, ADMIN, &id).await.ok();
    let texts = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect()
    };
    let mut found = texts(&first);
    assert_eq!(found.len(), 100);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = api.get(ADMIN, &format!("/recordings/{id}/notes?cursor={cursor}")).await.ok();
    assert_eq!(second["next_cursor"], Value::Null);
    found.extend(texts(&second));
    let expected: Vec<String> = (0..101).rev().map(|number: i32| number.to_string()).collect();
    assert_eq!(found, expected);
    for cursor in ["0", "1"] {
        let none = api.get(ADMIN, &format!("/recordings/{id}/notes?cursor={cursor}")).await.ok();
        assert_eq!(none["items"], json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_note_ends_with_its_recording_and_never_lengthens_it() {
    let (api, id) = Api::with_sample(1).await;
    assert_eq!(api.ask(&write(&id, SAID).by(SALES_MANAGER)).await.status, 201);
    api.world().set_now(sample_expiry());
    assert_eq!(read(&api, SALES_MANAGER, &id).await.status, 404);
    assert_eq!(api.ask(&write(&id, SAID).by(ADMIN)).await.status, 404, "from the second of expiry");
    api.company.sweep().await.unwrap();
    let gone = read(&api, SALES_MANAGER, &id).await;
    assert_eq!((gone.status, gone.problem().as_str()), (410, "deleted"));
    assert_eq!(api.ask(&write(&id, SAID).by(SALES_MANAGER)).await.status, 410);
    let left = api.company.snapshot().into_iter().filter(|item| item.to_string().contains("税込")).count();
    assert_eq!(left, 0);
}

#[tokio::test(start_paused = true)]
async fn notes_are_read_as_long_as_the_call_itself_stands_whatever_a_copy_says() {
    let (api, id) = Api::with_sample(1).await;
    assert_eq!(api.ask(&write(&id, SAID).by(SALES_MANAGER)).await.status, 201);
    api.change(&id, |recording, call| {
        recording.view.holds = one_hold();
        call.holds = one_hold();
    })
    .await;
    api.world().set_now(sample_expiry() + SignedDuration::from_hours(48));
    assert_eq!(read(&api, SALES_MANAGER, &id).await.ok()["items"][0]["text"], SAID, "a hold suspends expiry");
    // The hold is lifted; the copy in the recording is behind.
    api.change(&id, |_, call| call.holds = Holds::default()).await;
    assert_eq!(read(&api, SALES_MANAGER, &id).await.problem(), "no-such-recording");

    let (api, id) = Api::with_sample(2).await;
    api.company.leaves(Rule::NeverEarly, "the call is claimed by hand, weeks before its end: a sweep would finish it");
    assert_eq!(api.ask(&write(&id, SAID).by(ADMIN)).await.status, 201);
    read(&api, ADMIN, &id).await.ok();
    let recording = api.company.recording(&id).await;
    let call = api.company.table().call(&recording.view.call).await.unwrap().unwrap();
    let claim = Claim { id: "claim-1".to_owned(), at: api.world().now(), rulebook_version: 1 };
    api.company.table().claim(&call, &claim).await.unwrap();
    assert_eq!(read(&api, ADMIN, &id).await.problem(), "no-such-recording", "it is being deleted");
    assert_eq!(api.ask(&write(&id, SAID).by(ADMIN)).await.problem(), "no-such-recording");
}

#[tokio::test(start_paused = true)]
async fn however_many_notes_were_written_none_outlives_its_recording() {
    let (api, id) = Api::with_sample(1).await;
    // One more than is erased at once.
    write_many(&api, &id, (0..1_001).map(|number| format!("税込{number}円"))).await;
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&id).await.is_some());
    let left = api.company.snapshot().into_iter().filter(|item| item.to_string().contains("税込")).count();
    assert_eq!(left, 0);
    let chain = api.company.table().custody(&id, 1, 2_000).await.unwrap();
    assert_eq!(custody::verify(&id, &chain).unwrap().number, 1_003, "taken in, the notes, deleted");
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_note_is_written_once_with_its_event_or_not_at_all() {
    let (_, id) = Api::with_sample(1).await;
    let ask = write(&id, SAID).by(SALES_MANAGER).with_request_id("once");
    let tried = for_every_fault(
        EVERY_FAULT,
        async || Api::with_sample(1).await.0.company.world,
        async |world| Api::over(world).ask(&ask).await,
        async |world, fault, answer| {
            assert!(matches!(answer.status, 201 | 500 | 503), "{fault:?}: {}", answer.status);
            let api = Api::over(world);
            // The browser tries again, the same request.
            let again = api.ask(&ask).await;
            assert_eq!((again.status, &again.json()["text"]), (201, &json!(SAID)), "{fault:?}");
            let notes = api.chain(&id).await.iter().filter(|link| link.event.kind == EventKind::Noted).count();
            let events = api.audit().iter().filter(|event| event["action"] == "note").count();
            assert_eq!((notes, events), (1, 1), "{fault:?}");
        },
    )
    .await;
    assert!(tried >= 10, "{tried}");
}

#[tokio::test(start_paused = true)]
async fn a_note_and_a_sweep_in_every_order_leave_no_text_of_what_is_deleted() {
    let (api, id) = Api::with_sample(1).await;
    let call = api.company.recording(&id).await.view.call;
    let second_before = sample_expiry() - SignedDuration::from_secs(1);
    let explored = every_order(
        2_000,
        async || {
            let world = Api::with_sample(1).await.0.company.world;
            world.set_now(second_before);
            world
        },
        |world| {
            let (writing, sweeping) = (world.clone(), world.clone());
            let (ask, call) = (write(&id, SAID).by(SALES_MANAGER), call.clone());
            let note: Handler<u16> = Box::pin(async move { Api::over(&writing).ask(&ask).await.status });
            let sweep: Handler<u16> = Box::pin(async move {
                sweeping.set_now(sample_expiry());
                let company = Company::of(sweeping);
                // As the due index would nominate it.
                u16::from(sweep::sweep_call(&company.sweep_context(), "run-1", &call).await.is_ok())
            });
            vec![note, sweep]
        },
        async |world, answers, trace| {
            assert!(matches!(answers[0], 201 | 404 | 410 | 503), "{answers:?}: {trace}");
            // What the note came between is swept the next time.
            let api = Api::over(world);
            api.company.sweep().await.unwrap();
            assert!(api.company.tombstone(&id).await.is_some(), "{trace}");
            let left = api.company.snapshot().into_iter().filter(|item| item.to_string().contains("税込")).count();
            assert_eq!(left, 0, "{trace}");
        },
    )
    .await;
    assert!(explored.is_complete && explored.runs > 5, "{explored:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_custody_comes_in_pages_and_what_is_at_its_end_is_not_hidden_behind_notes() {
    let (api, id) = Api::with_sample(1).await;
    write_many(&api, &id, (0..2_000).map(|number| number.to_string())).await;
    api.play(SALES_MANAGER, &id).await.ok();
    let page = async |query: &str| api.get(AUDITOR, &format!("/recordings/{id}/custody{query}")).await;
    let first = page("").await.ok();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["verified"]), (2_000, &json!(true)));
    assert_eq!(first["next_cursor"], "2000");
    let second = page("?cursor=2000").await.ok();
    let kinds: Vec<&str> =
        second["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(
        (kinds, &second["next_cursor"], &second["verified"]),
        (vec!["noted", "played"], &Value::Null, &json!(true))
    );
    assert_eq!(page("?cursor=2002").await.ok()["items"], json!([]));
    for cursor in ["2003", "0"] {
        assert_eq!(page(&format!("?cursor={cursor}")).await.problem(), "invalid");
    }
}
