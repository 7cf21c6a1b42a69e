//! A search as a file for a browser, by a link that lives two minutes.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};
use tests::world::{EVERY_FAULT, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SUPPORT_MANAGER, made};
use crate::exports::csv;

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
    let refused = exports(&api).iter().filter(|event| event["outcome"] == "refused").count();
    assert_eq!(refused, 3);
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
