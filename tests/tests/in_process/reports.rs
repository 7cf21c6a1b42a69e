//! Reports: who sees which lines, and what they say.

mod held;
mod retention;

use serde_json::{Value, json};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER};
use tests::company::{CALL_LOGS, Company, expected};

/// The samples with their logs, every day worked out.
async fn reported() -> Api {
    let company = Company::with_sample_rulebook(1).await;
    for line in expected() {
        company.upload_sample(line["key"].as_str().unwrap()).await;
    }
    for log in CALL_LOGS {
        company.upload_sample(log).await;
    }
    company.run_schedule("roll_up").await;
    Api::over(&company.world)
}

fn lost(report: &Value) -> Vec<&str> {
    let items = report["items"].as_array().unwrap().iter();
    items.flat_map(|item| item["lost"]["ids"].as_array().into_iter().flatten()).map(|id| id.as_str().unwrap()).collect()
}

const NOVEMBER: &str = "from=2026-11-01&to=2026-11-13";

#[tokio::test(start_paused = true)]
async fn completeness_names_the_lost_call_to_those_who_may_know() {
    let api = reported().await;
    let report = |login: &'static str| {
        let api = &api;
        async move { api.get(login, &format!("/reports/completeness?{NOVEMBER}")).await.ok() }
    };
    for login in [ADMIN, AUDITOR, SALES_MANAGER] {
        assert_eq!(lost(&report(login).await), ["1793867398.108"], "{login}");
    }
    let support = report(SUPPORT_MANAGER).await;
    assert_eq!(lost(&support), Vec::<&str>::new());
    let teams = |report: &Value| {
        let items = report["items"].as_array().unwrap().iter();
        items.map(|item| item["team"].as_str().unwrap_or("-").to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(teams(&support).is_subset(&["support", "general"].map(str::to_owned).into()), "{support}");
    let all = report(ADMIN).await;
    assert_eq!(all["pending_days"].as_array().unwrap().len(), 13 - 7, "{all}");
    assert!(all["coverage"]["ja"].as_str().unwrap().contains("私物"));
    assert!(all["sources"].as_array().unwrap().contains(&json!({"source": "freepbx", "has_call_log": true})));
    let refused = api.get(STAFF, "/reports/completeness").await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "no-reports"));
}

#[tokio::test(start_paused = true)]
async fn bad_rows_are_named_by_line_to_those_who_see_everything() {
    let company = Company::with_sample_rulebook(1).await;
    let log = company.upload("calllog/asterisk/bad.csv", "cut,off\n", &[]).await;
    let api = Api::over(&company.world);
    let report = api.get(ADMIN, "/reports/completeness").await.ok();
    assert_eq!(report["bad_rows"][0]["log_id"], log.as_str());
    assert_eq!((&report["bad_rows"][0]["line"], &report["bad_rows"][0]["reason"]), (&json!(1), &json!("column count")));
    let managers = api.get(SALES_MANAGER, "/reports/completeness").await.ok();
    assert_eq!(managers["bad_rows"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn notice_shows_where_callers_were_not_told() {
    let api = reported().await;
    let report = api.get(ADMIN, &format!("/reports/notice?{NOVEMBER}")).await.ok();
    let items = report["items"].as_array().unwrap();
    let of = |line: Value, direction: &str| {
        let found = items.iter().filter(|item| item["line"] == line && item["direction"] == direction);
        found
            .map(|item| (item["recordings"].as_u64().unwrap(), item["gap"]["count"].as_u64().unwrap()))
            .collect::<Vec<_>>()
    };
    // The queue's line has no notice in the sample rulebook; 代表 has an IVR.
    assert!(of(json!("サポート窓口"), "inbound").iter().all(|(recordings, gap)| recordings == gap));
    assert!(of(json!("代表"), "inbound").iter().all(|(_, gap)| *gap == 0));
    assert!(items.iter().all(|item| item["direction"] != "internal"));
}

#[tokio::test(start_paused = true)]
async fn every_report_is_an_event_and_a_wrong_day_is_named() {
    let api = reported().await;
    api.get(ADMIN, &format!("/reports/notice?{NOVEMBER}")).await.ok();
    api.get(STAFF, "/reports/notice").await;
    let events: Vec<(String, String)> = api
        .audit()
        .iter()
        .filter(|event| event["action"] == "report_notice")
        .map(|event| (event["staff"].as_str().unwrap().to_owned(), event["outcome"].as_str().unwrap().to_owned()))
        .collect();
    let expected =
        [(ADMIN, "permitted"), (STAFF, "refused")].map(|(who, outcome)| (who.to_owned(), outcome.to_owned()));
    assert!(expected.iter().all(|event| events.contains(event)), "{events:?}");
    let wrong = api.ask(&ApiRequest::get("/reports/notice?from=yesterday").by(ADMIN)).await;
    assert_eq!((wrong.status, wrong.json()["parameter"].clone()), (400, json!("from")));
}
