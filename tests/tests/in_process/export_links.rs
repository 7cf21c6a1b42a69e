//! Lists as files for a browser, by a link that lives two minutes.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};
use tests::world::{EVERY_FAULT, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made};
use crate::document;
use crate::exports::csv;
use crate::managers_day::encoded;

fn link(query: &Value) -> ApiRequest {
    ApiRequest::post("/recordings/export-link", &json!({"query": query})).header("accept-language", "ja")
}

/// Follows a link as a browser does: without a token.
async fn follow(api: &Api, answer: &Answer) -> Answer {
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("https://api.example/v1").unwrap().to_owned();
    api.ask(&ApiRequest::get(&path)).await
}

fn exports(api: &Api) -> Vec<Value> {
    api.audit().into_iter().filter(|event| event["action"] == "export").collect()
}

#[tokio::test(start_paused = true)]
async fn a_browser_saves_the_file_of_a_search_by_a_link_that_says_nothing() {
    let (api, id) = Api::with_sample(1).await;
    let query = json!({"from": "2026-11-01", "number": "090-1234-5678", "conditions": "true"});
    let made = api.ask(&link(&query).by(SALES_MANAGER)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["expires_at"], "2026-11-13T09:02:00+09:00");
    let url = made.json()["url"].as_str().unwrap().to_owned();
    // QUIET: no number and no filter in the address; nothing stored opens it.
    let secret = url.rsplit('/').next().unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{url}");
    assert!(!api.company.snapshot().iter().any(|item| item.to_string().contains(secret)));
    // TRACE FIRST: before anybody follows it.
    assert_eq!(exports(&api).len(), 1);
    let file = follow(&api, &made).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert!(
        text.contains("検索した期間(から)") && text.contains(id.as_str()) && text.contains("090-1234-5678"),
        "{text}"
    );
    // It is what the member would take away with a token.
    let query = "from=2026-11-01&number=090-1234-5678&conditions=true&to=2026-11-13T09:00:00%2B09:00";
    let asked = csv(&format!("/recordings?{query}")).header("accept-language", "ja").by(SALES_MANAGER);
    let own = String::from_utf8(api.ask(&asked).await.bytes).unwrap();
    assert_eq!(own.lines().last(), text.lines().last());
    let opened = exports(&api).into_iter().find(|event| event["facts"]["link"] == "opened").unwrap();
    assert_eq!((&opened["facts"]["rows"], &opened["staff"]), (&json!("1"), &json!(SALES_MANAGER)));
    assert_eq!(opened["origin"]["address"], "192.0.2.1");
}

#[tokio::test(start_paused = true)]
async fn a_link_ends_after_two_minutes_and_with_its_maker_and_tells_what_the_maker_may_see() {
    let (api, of_sales) = Api::with_sample(1).await;
    let query = json!({"from": "2026-11-01"});
    let of_support = api.ask(&link(&query).by(SUPPORT_MANAGER)).await;
    let file = follow(&api, &of_support).await;
    assert!(file.status == 200 && !String::from_utf8(file.bytes).unwrap().contains(of_sales.as_str()));
    let begun = api.world().now();
    api.world().set_now(begun + SignedDuration::from_secs(119));
    assert_eq!(follow(&api, &of_support).await.status, 200);
    api.world().set_now(begun + SignedDuration::from_secs(120));
    let ended = follow(&api, &of_support).await.without_request_id();
    assert_eq!((ended.status, ended.problem().as_str()), (404, "no-such-link"));
    for secret in ["0".repeat(64), "x".to_owned(), "%FF".to_owned()] {
        let ask = ApiRequest::get(&format!("/exports/{secret}"));
        assert_eq!(api.ask(&ask).await.without_request_id(), ended, "{secret}");
    }
    // Who has left opens nothing, with a link that is a minute old.
    let of_admin = api.ask(&link(&query).by(SALES_MANAGER)).await;
    assert_eq!(follow(&api, &of_admin).await.status, 200);
    let (policy, staff) = sample_rulebook();
    let left = staff.replace("kato,加藤 恵,", "goto,後藤 進,");
    api.company.publish(&policy, &left).await;
    api.world().set_now(api.world().now() + SignedDuration::from_secs(61));
    let gone = follow(&api, &of_admin).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test(start_paused = true)]
async fn links_are_refused_as_searches_are_and_counted_as_exports_are() {
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&format!("{policy}\n[limits]\nexports_per_hour = 2\n"), &staff).await;
    let api = Api::of(company);
    api.put(&made(1, "2026-11-12T10:00:00+09:00".parse().unwrap())).await;
    for (login, query, problem) in [
        (AUDITOR, json!({}), "not-allowed"),
        (SALES_MANAGER, json!({"team": "nowhere"}), "unknown-name"),
        (SALES_MANAGER, json!({"from": "yesterday"}), "invalid"),
        (SALES_MANAGER, json!({"anything": "x"}), "unknown-parameter"),
        (SALES_MANAGER, json!({"limit": "5000"}), "invalid"),
    ] {
        assert_eq!(api.ask(&link(&query).by(login)).await.problem(), problem, "{login} {query}");
    }
    let first = api.ask(&link(&json!({})).by(ADMIN)).await;
    // Following it is not counted again.
    for _ in 0..3 {
        assert_eq!(follow(&api, &first).await.status, 200);
    }
    api.ask(&csv("/recordings").by(ADMIN)).await;
    let third = api.ask(&link(&json!({})).by(ADMIN)).await;
    assert_eq!((third.status, third.problem().as_str()), (429, "too-many"));
    // The list's own refusals, and that of the export over its limit.
    let refused: Vec<Value> = api.audit().into_iter().filter(|event| event["outcome"] == "refused").collect();
    let actions: Vec<&str> = refused.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["search", "search", "export"]);
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_no_link_is_without_its_event() {
    let ask = link(&json!({"from": "2026-11-01"})).by(SALES_MANAGER);
    let tried = for_every_fault(
        EVERY_FAULT,
        async || Api::with_sample(1).await.0.company.world,
        async |world| Api::over(world).ask(&ask).await,
        async |world, fault, answer| {
            assert!(matches!(answer.status, 201 | 500 | 503), "{fault:?}: {}", answer.status);
            let api = Api::over(world);
            let links = api.company.snapshot().iter().filter(|item| item["pk"].to_string().contains("F#")).count();
            assert_eq!(exports(&api).len(), links, "{fault:?}");
            if answer.status == 201 {
                assert_eq!(follow(&api, &answer).await.status, 200, "{fault:?}");
            }
        },
    )
    .await;
    assert!(tried >= 4, "{tried}");
}

/// Every list that answers a file, with what it needs, who may have it and who not, and what its events say it is of.
const LISTS: [(&str, &str, &str, Option<&str>, &str); 10] = [
    ("/recordings", "from=2026-11-01", SALES_MANAGER, Some(AUDITOR), "recordings"),
    ("/notes", "text=12万円", SALES_MANAGER, Some(AUDITOR), "notes"),
    ("/deletions", "from=2026-11-01", AUDITOR, Some(SALES_MANAGER), "deletions"),
    ("/audit", "from=2026-11-01&to=2026-11-13", AUDITOR, Some(SALES_MANAGER), "audit"),
    ("/audit/access", "staff=加藤 恵", AUDITOR, Some(SALES_MANAGER), "audit-access"),
    ("/audit/admin-activity", "month=2026-11", AUDITOR, Some(SALES_MANAGER), "admin-activity"),
    ("/reports/completeness", "from=2026-11-01", SALES_MANAGER, Some(STAFF), "completeness"),
    ("/reports/notice", "from=2026-11-01", SALES_MANAGER, Some(STAFF), "notice"),
    ("/reports/permissions", "", AUDITOR, Some(SALES_MANAGER), "permissions"),
    ("/reports/retention", "", AUDITOR, Some(SALES_MANAGER), "retention"),
];

fn query_of(text: &str) -> Value {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect::<serde_json::Map<String, Value>>().into()
}

/// What links are to, by the audit: the list, and how far a link got.
fn links(api: &Api) -> Vec<(String, String, String)> {
    let text = |event: &Value, name: &str| event["facts"][name].as_str().unwrap_or_default().to_owned();
    let of = |event: Value| (text(&event, "what"), text(&event, "link"), event["outcome"].as_str().unwrap().to_owned());
    exports(api).into_iter().map(of).filter(|(_, link, _)| !link.is_empty()).collect()
}

/// A company in which every list has a row.
async fn with_rows() -> Api {
    let (api, id) = Api::with_sample(1).await;
    let note = ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": "見積は12万円"}));
    assert_eq!(api.ask(&note.by(SALES_MANAGER)).await.status, 201);
    assert_eq!(api.play(SALES_MANAGER, &id).await.status, 200);
    api.company.run_schedule("roll_up").await;
    api
}

#[tokio::test(start_paused = true)]
async fn every_list_that_answers_a_file_is_fetched_by_a_browser_and_by_nobody_whom_it_is_not_for() {
    let api = with_rows().await;
    let lists: Vec<&str> = LISTS.iter().map(|(list, ..)| *list).collect();
    let mut of_document = document::paths_with_a_file();
    of_document.sort_by_key(|path| lists.iter().position(|list| list == path));
    assert_eq!(of_document, lists, "every list of the document that answers a file is tried here");
    for (list, given, login, refused, what) in LISTS {
        let body = json!({"query": query_of(given)});
        let post = ApiRequest::post(&format!("{list}/export-link"), &body).header("accept-language", "ja");
        let before = links(&api).len();
        let made = api.ask(&post.clone().by(login)).await;
        assert_eq!(made.status, 201, "{list}: {}", String::from_utf8_lossy(&made.bytes));
        let file = follow(&api, &made).await;
        let encoded: Vec<String> = given
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let own =
            api.ask(&csv(&format!("{list}?{}", encoded.join("&"))).header("accept-language", "ja").by(login)).await;
        assert_eq!((file.status, own.status), (200, 200), "{list}");
        // The audit has the link's own events by now; what else has a file has the same one.
        let (file, own) = [file, own].map(|file| String::from_utf8(file.bytes).unwrap()).into();
        let is_of_the_audit = list == "/audit";
        assert!(is_of_the_audit || file == own, "{list}: {file} {own}");
        assert_eq!(file.lines().next(), own.lines().next(), "{list}");
        // Nothing was deleted, and no line or call log gives a manager a row.
        let may_be_empty = ["/deletions", "/reports/completeness", "/reports/notice"].contains(&list);
        assert!(may_be_empty || file.lines().count() > 1, "{list}: {file}");
        let ours = links(&api).split_off(before);
        let event = |link: &str, outcome: &str| (what.to_owned(), link.to_owned(), outcome.to_owned());
        assert_eq!(ours, [event("made", "permitted"), event("opened", "permitted")], "{list}");
        // The same refusal as the list's own, with the same event, and no link.
        let refused = refused.unwrap();
        let events = api.audit().len();
        let of_list = api.ask(&csv(&format!("{list}?{}", encoded.join("&"))).by(refused)).await.without_request_id();
        let of_link = api.ask(&post.by(refused).header("accept-language", "en")).await.without_request_id();
        assert_eq!((of_list.status, &of_list), (403, &of_link), "{list}");
        let [mut of_list, mut of_link]: [Value; 2] = api.audit().split_off(events).try_into().unwrap();
        for event in [&mut of_list, &mut of_link] {
            event["operation"] = json!("");
            assert_eq!(event["outcome"], "refused", "{list}");
        }
        assert_eq!(of_list, of_link, "{list}");
        assert_eq!(links(&api).len(), before + 2, "{list}");
        // A parameter that the list does not know is told to a person, not to the browser.
        let mut unknown = query_of(given);
        unknown["anything"] = json!("x");
        let unknown = ApiRequest::post(&format!("{list}/export-link"), &json!({"query": unknown}));
        assert_eq!(api.ask(&unknown.by(login)).await.problem(), "unknown-parameter", "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_link_opens_is_decided_when_it_is_opened() {
    let api = with_rows().await;
    let (policy, staff) = sample_rulebook();
    let mut made = Vec::new();
    for (list, given, login, _, _) in LISTS {
        let ask = ApiRequest::post(&format!("{list}/export-link"), &json!({"query": query_of(given)}));
        made.push((list, login, api.ask(&ask.by(login)).await));
    }
    // The auditor has left, and the manager manages nobody any more.
    let changed = staff
        .replace("ono,小野 真理,", "goto,後藤 進,")
        .replace("kato,加藤 恵,,210,,sales,manager,sales,", "kato,加藤 恵,,210,,support,staff,,")
        .replace("support;general", "support;general;sales");
    assert!(changed.contains("support;general;sales") && changed.contains(",staff,,,2026-04-01"));
    api.company.publish(&policy, &changed).await;
    api.world().set_now(api.world().now() + SignedDuration::from_secs(61));
    for (list, login, made) in made {
        let opened = follow(&api, &made).await;
        let problem = (opened.status != 200).then(|| opened.problem());
        let expected = match (login, list) {
            (AUDITOR, _) => Some("no-such-link"),
            (_, "/reports/completeness" | "/reports/notice") => Some("no-reports"),
            // A search, with nothing in it that a member without recordings may see.
            _ => None,
        };
        assert_eq!(problem.as_deref(), expected, "{list}");
        if expected.is_none() {
            assert_eq!(String::from_utf8(opened.bytes).unwrap().lines().count(), 1, "{list}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_member_reached_is_a_file_with_a_row_for_each_recording() {
    let api = with_rows().await;
    let of_kato = csv("/audit/access?staff=kato&from=2026-11-01").header("accept-language", "ja").by(AUDITOR);
    let file = String::from_utf8(api.ask(&of_kato).await.bytes).unwrap();
    let rows: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
    assert!(rows[0].ends_with(",録音の担当者ID,録音の担当者名,録音の部署,表示(回),再生(回),再生の継続(回),ダウンロード(回),最初の日時,最後の日時"));
    assert!(rows.len() == 2 && rows[1].starts_with("kato,加藤 恵,"), "{file}");
    assert!(rows[1].ends_with(",sato,佐藤 花子,sales,0,1,0,0,2026-11-13 09:00:00,2026-11-13 09:00:00"), "{file}");
}
