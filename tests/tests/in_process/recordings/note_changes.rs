//! Notes that are corrected, withdrawn, counted and found by their text.

use jiff::SignedDuration;
use policy::custody::{self, EventKind};
use policy::id::{CallId, RecordingId};
use policy::recording::{CallReference, Recording};
use serde_json::{Value, json};
use tests::world::{EVERY_FAULT, Handler, every_order, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made, sample_expiry};
use tests::company::{Company, sample_rulebook};

const SAID: &str = "見積は税込12万円で合意。";
const CORRECTED: &str = "見積は税込13万円で合意。";

/// Writes a note; the path of what changes it.
async fn written(api: &Api, login: &str, id: &RecordingId, text: &str) -> String {
    let asked = ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": text})).by(login);
    let note = api.ask(&asked).await;
    assert_eq!(note.status, 201);
    let event = note.json()["event_id"].as_str().unwrap().to_owned();
    format!("/recordings/{id}/notes/{}", event.split('.').nth(1).unwrap())
}

fn correct(path: &str, text: &str) -> ApiRequest {
    ApiRequest::put(path, &json!({"text": text}))
}

async fn read(api: &Api, login: &str, id: &RecordingId) -> Answer {
    api.get(login, &format!("/recordings/{id}/notes")).await
}

fn texts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap()).collect()
}

/// How many notes lists say that a recording has.
async fn counted(api: &Api, id: &RecordingId) -> Value {
    let listed = api.get(ADMIN, "/recordings").await.ok();
    let items = listed["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == id.as_str()).unwrap()["notes"].clone()
}

#[tokio::test(start_paused = true)]
async fn its_writer_corrects_a_note_and_the_earlier_text_stays_committed() {
    let (api, id) = Api::with_sample(1).await;
    let path = written(&api, SALES_MANAGER, &id, SAID).await;
    let corrected = api.ask(&correct(&path, &format!(" {CORRECTED}\n")).by(SALES_MANAGER)).await.ok();
    assert_eq!(
        (&corrected["text"], &corrected["corrected_at"], &corrected["withdrawn_at"]),
        (&json!(CORRECTED), &json!("2026-11-13T09:00:00+09:00"), &Value::Null)
    );
    assert_eq!(read(&api, ADMIN, &id).await.ok()["items"], json!([corrected]));
    assert_eq!(counted(&api, &id).await, 1);
    let chain = api.chain(&id).await;
    let said: Vec<(EventKind, &str)> =
        chain.iter().filter_map(|link| Some((link.event.kind, link.texts.get("text")?.text.as_str()))).collect();
    assert_eq!(said, [(EventKind::Noted, SAID), (EventKind::NoteCorrected, CORRECTED)]);
    custody::verify(&id, &chain).unwrap();
    // Auditors see that it was corrected, and neither text.
    let custody = api.get(AUDITOR, &format!("/recordings/{id}/custody")).await.ok();
    assert_eq!(custody["items"].as_array().unwrap().last().unwrap()["kind"], "note_corrected");
    assert!(!custody.to_string().contains("税込") && !Value::from(api.audit()).to_string().contains("税込"));

    for (login, status, problem) in
        [(ADMIN, 403, "not-allowed"), (STAFF, 404, "no-such-recording"), (SUPPORT_MANAGER, 404, "no-such-recording")]
    {
        for ask in [correct(&path, "x"), ApiRequest::delete(&path)] {
            let refused = api.ask(&ask.by(login)).await;
            assert_eq!((refused.status, refused.problem().as_str()), (status, problem), "{login}");
        }
    }
    for number in ["1", "99", "0", "x", "02"] {
        let refused = api.ask(&correct(&format!("/recordings/{id}/notes/{number}"), "x").by(SALES_MANAGER)).await;
        assert_eq!(refused.problem(), "no-such-note", "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_note_that_its_writer_withdrew_is_shown_no_more_and_counts_no_more() {
    let (api, id) = Api::with_sample(1).await;
    let first = written(&api, SALES_MANAGER, &id, "ひとつめ").await;
    written(&api, ADMIN, &id, "ふたつめ").await;
    assert_eq!(counted(&api, &id).await, 2);
    for _ in 0..2 {
        let withdrawn = api.ask(&ApiRequest::delete(&first).by(SALES_MANAGER)).await.ok();
        assert_eq!((&withdrawn["text"], withdrawn["withdrawn_at"].is_string()), (&json!("ひとつめ"), true));
    }
    assert_eq!(texts(&read(&api, ADMIN, &id).await.ok()), ["ふたつめ"]);
    assert_eq!(counted(&api, &id).await, 1);
    assert_eq!(api.ask(&correct(&first, "x").by(SALES_MANAGER)).await.problem(), "no-such-note");
    let withdrawals = api.chain(&id).await.iter().filter(|link| link.event.kind == EventKind::NoteWithdrawn).count();
    assert_eq!(withdrawals, 1, "TWICE IS ONCE");
    // Nothing of it outlives the recording.
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    assert!(!api.company.snapshot().iter().any(|item| item.to_string().contains("ひとつめ")));
}

#[tokio::test(start_paused = true)]
async fn lists_say_how_many_notes_a_recording_has_and_find_those_that_have_any() {
    let (api, id) = Api::with_sample(1).await;
    let without: Recording = made(1, "2026-11-12T10:00:00+09:00".parse().unwrap());
    api.put(&without).await;
    written(&api, SALES_MANAGER, &id, SAID).await;
    let ids = async |query: &str| {
        let found = api.get(SALES_MANAGER, &format!("/recordings?{query}")).await.ok();
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("notes=true").await, [id.as_str()]);
    assert_eq!(ids("notes=false").await, [without.view.id.as_str()]);
    // The cost of a page is the same as without notes.
    api.world().take_calls();
    let costs = async |path: &str| {
        api.get(SALES_MANAGER, path).await.ok();
        api.world().take_calls().len()
    };
    assert_eq!(costs("/recordings?notes=true").await, costs("/recordings?held=false").await);
    // Whatever the index learns later does not forget them.
    api.company.upload(&format!("{}.json", crate::api::SAMPLE), br#"{"line": "x"}"#.to_vec(), &[]).await;
    assert_eq!(counted(&api, &id).await, 1);
}

#[tokio::test(start_paused = true)]
async fn notes_are_found_by_their_text_in_any_width_within_what_one_may_see() {
    let (api, id) = Api::with_sample(1).await;
    let mut of_support: Recording = made(1, "2026-11-12T10:00:00+09:00".parse().unwrap());
    of_support.view.team = Some("support".to_owned());
    api.put(&of_support).await;
    let path = written(&api, SALES_MANAGER, &id, SAID).await;
    written(&api, ADMIN, &id, "折り返しの電話を希望").await;
    written(&api, SUPPORT_MANAGER, &of_support.view.id, "税込の請求額が違うとのこと").await;
    let found = async |login: &str, query: &str| {
        let page = api.get(login, &format!("/notes?{query}")).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        let of = |item: &Value| {
            let notes = item["notes"].as_array().unwrap().iter();
            let texts: Vec<String> = notes.map(|note| note["text"].as_str().unwrap().to_owned()).collect();
            (item["recording"]["id"].as_str().unwrap().to_owned(), texts)
        };
        items.iter().map(of).collect::<Vec<_>>()
    };
    let sales = (id.as_str().to_owned(), vec![SAID.to_owned()]);
    // 税込１２ in full width, and with a blank.
    let text = "text=%E7%A8%8E%E8%BE%BC%20%EF%BC%91%EF%BC%92";
    assert_eq!(found(SALES_MANAGER, text).await, std::slice::from_ref(&sales));
    assert_eq!(found(SUPPORT_MANAGER, text).await, []);
    assert_eq!(found(ADMIN, "text=%E7%A8%8E%E8%BE%BC").await.len(), 2);
    assert_eq!(found(ADMIN, "text=%E7%A8%8E%E8%BE%BC&team=sales").await, [sales]);
    assert_eq!(found(ADMIN, "text=%E7%A8%8E%E8%BE%BC&from=2026-11-12").await.len(), 1);
    // Of a note that was corrected, the text that stands; of one that was withdrawn, none.
    api.ask(&correct(&path, "金額は確認中").by(SALES_MANAGER)).await.ok();
    assert_eq!(found(SALES_MANAGER, text).await, []);
    assert_eq!(found(SALES_MANAGER, "text=%E9%87%91%E9%A1%8D").await.len(), 1);
    api.ask(&ApiRequest::delete(&path).by(SALES_MANAGER)).await.ok();
    assert_eq!(found(SALES_MANAGER, "text=%E9%87%91%E9%A1%8D").await, []);
    // NEVER LATE: from the second of expiry.
    api.world().set_now(sample_expiry());
    assert_eq!(found(ADMIN, "text=%E6%8A%98%E3%82%8A&from=2026-11-01").await, []);

    for (login, query, problem) in [
        (AUDITOR, "text=x", "not-allowed"),
        (ADMIN, "", "invalid"),
        (ADMIN, "text=%20", "invalid"),
        (ADMIN, "text=a&text=b", "invalid"),
        (ADMIN, "text=a&count=true", "unknown-parameter"),
        (SALES_MANAGER, "text=a&team=nowhere", "unknown-name"),
    ] {
        assert_eq!(api.get(login, &format!("/notes?{query}")).await.problem(), problem, "{login} {query}");
    }
    let searches: Vec<Value> = api.audit().into_iter().filter(|event| event["action"] == "search_notes").collect();
    assert!(searches.iter().any(|event| event["outcome"] == "refused"));
    assert!(searches.iter().any(|event| event["asked"]["text"] == "金額"));
    assert!(!searches.iter().any(|event| event["facts"].to_string().contains("金額")), "{searches:?}");
}

#[tokio::test(start_paused = true)]
async fn the_notes_of_a_call_are_those_of_all_its_legs_that_one_may_read() {
    let api = Api::new(1).await;
    let call = CallReference { id: CallId::of("freepbx", None, "1793682300.900"), incarnation: 0 };
    let mut ids = Vec::new();
    for (number, team) in [(1, "sales"), (2, "sales"), (3, "support")] {
        let mut leg: Recording = made(number, "2026-11-12T10:00:00+09:00".parse().unwrap());
        leg.view.call = call.clone();
        leg.view.team = Some(team.to_owned());
        api.put(&leg).await;
        ids.push(leg.view.id);
    }
    for (number, id) in ids.iter().enumerate() {
        api.world().advance(std::time::Duration::from_secs(1));
        written(&api, ADMIN, id, &format!("leg {number}")).await;
    }
    assert_eq!(texts(&read(&api, ADMIN, &ids[0]).await.ok()), ["leg 2", "leg 1", "leg 0"]);
    let of_sales = read(&api, SALES_MANAGER, &ids[0]).await.ok();
    assert_eq!(texts(&of_sales), ["leg 1", "leg 0"]);
    assert_eq!(of_sales["items"][0]["recording_id"], ids[1].as_str());
    // More than a page holds: each comes once.
    for number in 0..99 {
        written(&api, SALES_MANAGER, &ids[number % 2], &format!("more {number}")).await;
    }
    let mut found = Vec::new();
    let mut path = format!("/recordings/{}/notes", ids[0]);
    loop {
        let page = api.get(SALES_MANAGER, &path).await.ok();
        found.extend(texts(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/recordings/{}/notes?cursor={cursor}", ids[0]);
    }
    let different: std::collections::BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), different.len()), (101, 101));
}

#[tokio::test(start_paused = true)]
async fn notes_are_limited_by_the_hour_and_a_withdrawal_is_not_counted() {
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&format!("{policy}\n[limits]\nnotes_per_hour = 2\n"), &staff).await;
    let api = Api::of(company);
    let recording: Recording = made(1, "2026-11-12T10:00:00+09:00".parse().unwrap());
    api.put(&recording).await;
    let id = recording.view.id;
    let path = written(&api, SALES_MANAGER, &id, "one").await;
    api.ask(&correct(&path, "two").by(SALES_MANAGER)).await.ok();
    let refused = api.ask(&correct(&path, "three").by(SALES_MANAGER)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many"));
    assert_eq!(counted(&api, &id).await, 1);
    api.ask(&ApiRequest::delete(&path).by(SALES_MANAGER)).await.ok();
    api.world().set_now(api.world().now() + SignedDuration::from_hours(1));
    written(&api, SALES_MANAGER, &id, "three").await;
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_a_note_is_corrected_and_withdrawn_once_or_not_at_all() {
    let start = async || {
        let (api, id) = Api::with_sample(1).await;
        let path = written(&api, SALES_MANAGER, &id, SAID).await;
        (api, id, path)
    };
    let (_, id, path) = start().await;
    for (ask, kind, count) in [
        (correct(&path, CORRECTED), EventKind::NoteCorrected, 1),
        (ApiRequest::delete(&path), EventKind::NoteWithdrawn, 0),
    ] {
        let ask = ask.by(SALES_MANAGER).with_request_id("once");
        let tried = for_every_fault(
            EVERY_FAULT,
            async || start().await.0.company.world,
            async |world| Api::over(world).ask(&ask).await,
            async |world, fault, answer| {
                assert!(matches!(answer.status, 200 | 500 | 503), "{fault:?}: {}", answer.status);
                let api = Api::over(world);
                // The browser tries again, the same request.
                assert_eq!(api.ask(&ask).await.status, 200, "{fault:?}");
                let events = api.chain(&id).await.iter().filter(|link| link.event.kind == kind).count();
                assert_eq!((events, counted(&api, &id).await), (1, json!(count)), "{fault:?}");
            },
        )
        .await;
        assert!(tried >= 10, "{tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_one_note_in_every_order_leave_one_count_and_one_end() {
    let start = async || {
        let (api, id) = Api::with_sample(1).await;
        let path = written(&api, SALES_MANAGER, &id, SAID).await;
        written(&api, ADMIN, &id, "ほか").await;
        (api, id, path)
    };
    let (_, id, path) = start().await;
    let explored = every_order(
        2_000,
        async || start().await.0.company.world,
        |world| {
            let handler = |ask: ApiRequest| -> Handler<u16> {
                let world = world.clone();
                Box::pin(async move { Api::over(&world).ask(&ask).await.status })
            };
            vec![
                handler(correct(&path, CORRECTED).by(SALES_MANAGER)),
                handler(ApiRequest::delete(&path).by(SALES_MANAGER)),
            ]
        },
        async |world, answers, trace| {
            assert!(matches!(answers[0], 200 | 404 | 503) && matches!(answers[1], 200 | 503), "{answers:?}: {trace}");
            let api = Api::over(world);
            api.ask(&ApiRequest::delete(&path).by(SALES_MANAGER)).await.ok();
            assert_eq!(texts(&read(&api, ADMIN, &id).await.ok()), ["ほか"], "{trace}");
            assert_eq!(counted(&api, &id).await, 1, "{trace}");
            let chain = api.chain(&id).await;
            custody::verify(&id, &chain).unwrap();
            let ends = chain.iter().filter(|link| link.event.kind == EventKind::NoteWithdrawn).count();
            assert_eq!(ends, 1, "{trace}");
        },
    )
    .await;
    assert!(explored.is_complete && explored.runs > 5, "{explored:?}");
}

#[tokio::test(start_paused = true)]
async fn staff_find_the_notes_on_their_own_calls_of_seven_days_and_nothing_tells_them_of_others() {
    let api = Api::new(1).await;
    let at = |day: &str| format!("2026-11-{day}T10:00:00+09:00").parse().unwrap();
    let mut own: Recording = made(1, at("12"));
    own.view.staff = Some(STAFF.to_owned());
    let mut of_colleague: Recording = made(2, at("12"));
    of_colleague.view.staff = Some("abe".to_owned());
    let mut too_old: Recording = made(3, at("02"));
    too_old.view.staff = Some(STAFF.to_owned());
    for recording in [&own, &of_colleague, &too_old] {
        api.put(recording).await;
    }
    written(&api, STAFF, &own.view.id, "折り返しを約束").await;
    written(&api, ADMIN, &of_colleague.view.id, "秘密の値引き").await;
    written(&api, ADMIN, &too_old.view.id, "秘密の値引き").await;
    let found = async |login: &str, query: &str| {
        api.world().take_calls();
        let page = api.get(login, &format!("/notes?{query}")).await;
        let kinds = api.take_kinds();
        let mut json = page.json();
        json.as_object_mut().unwrap().remove("request_id");
        (page.status, json, kinds)
    };
    // 折り返し, 秘密, 無関係.
    let (own_text, secret, none) =
        ("text=%E6%8A%98%E3%82%8A%E8%BF%94%E3%81%97", "text=%E7%A7%98%E5%AF%86", "text=%E7%84%A1%E9%96%A2%E4%BF%82");
    found(STAFF, none).await;
    let (_, page, _) = found(STAFF, own_text).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["recording"]["id"], own.view.id.as_str());
    assert_eq!(found(ADMIN, secret).await.1["items"].as_array().unwrap().len(), 2, "there is something to hide");
    // STRICT: what one may not view, and what nobody wrote.
    for filters in ["", "&from=2026-11-01", "&staff=sato"] {
        let [hidden, absent] =
            [found(STAFF, &format!("{secret}{filters}")).await, found(STAFF, &format!("{none}{filters}")).await];
        assert_eq!(hidden.0, 200);
        assert_eq!(hidden.1["items"], json!([]));
        assert_eq!(hidden, absent, "{filters}");
    }
    // The days are those of viewing: on the eighth day it is gone from the search.
    api.world().set_now(at("20"));
    assert_eq!(found(STAFF, own_text).await.1["items"], json!([]));
    assert_eq!(found(ADMIN, own_text).await.1["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn notes_are_a_file_with_a_row_each_that_counts_as_an_export() {
    let (api, id) = Api::with_sample(1).await;
    written(&api, SALES_MANAGER, &id, SAID).await;
    written(&api, ADMIN, &id, "=税込で確認").await;
    // 税込.
    let file = |login: &str| {
        ApiRequest::get("/notes?text=%E7%A8%8E%E8%BE%BC")
            .by(login)
            .header("accept", "text/csv")
            .header("accept-language", "ja")
    };
    let answer = api.ask(&file(SALES_MANAGER)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.bytes).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("録音ID,開始日時,相手番号,"), "{text}");
    assert!(lines[1].ends_with("'=税込で確認") && lines[2].ends_with(SAID), "{text}");
    assert!(lines[1].starts_with(id.as_str()) && lines[1].contains("090-1234-5678"), "{text}");
    let event = api.audit().into_iter().find(|event| event["action"] == "export").unwrap();
    assert_eq!((&event["facts"]["what"], &event["facts"]["rows"]), (&json!("notes"), &json!("2")));
    assert_eq!(api.ask(&file(AUDITOR)).await.problem(), "not-allowed");
    let empty = String::from_utf8(api.ask(&file(SUPPORT_MANAGER)).await.bytes).unwrap();
    assert_eq!(empty.lines().count(), 1, "{empty}");
}
