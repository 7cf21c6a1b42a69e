//! `GET /calls/{source}/{call_id}`: a lost call is followed from the report of completeness.

use serde_json::{Value, json};

use crate::api::{ADMIN, AUDITOR, Api, SALES_MANAGER, STAFF, SUPPORT_MANAGER};
use tests::company::{CALL_LOGS, Company, expected};

/// Lost, by the report of completeness; of sales.
const LOST: &str = "1793867398.108";

async fn logged() -> Api {
    let company = Company::with_sample_rulebook(1).await;
    for line in expected() {
        company.upload_sample(line["key"].as_str().unwrap()).await;
    }
    for log in CALL_LOGS {
        company.upload_sample(log).await;
    }
    Api::over(&company.world)
}

#[tokio::test(start_paused = true)]
async fn the_row_of_a_lost_call_is_told_to_those_who_may_see_it() {
    let api = logged().await;
    let path = format!("/calls/freepbx/{LOST}");
    for login in [ADMIN, SALES_MANAGER] {
        let call = api.get(login, &path).await.ok();
        assert_eq!(
            (&call["source"], &call["call_id"], &call["recordings"]),
            (&json!("freepbx"), &json!(LOST), &json!([]))
        );
        let row = &call["rows"][0];
        assert_eq!((&row["is_answered"], &row["team"]), (&json!(true), &json!("sales")), "{row}");
        let numbers = [&row["caller"], &row["called"], &row["counterpart"]].map(|number| number.as_str().unwrap_or(""));
        assert!(numbers.iter().any(|number| number.len() >= 10 && !number.starts_with('*')), "{row}");
        assert!(row["started_at"].as_str().unwrap().ends_with("+09:00"));
    }
    let masked = api.get(AUDITOR, &path).await.ok();
    let text = masked["rows"].to_string();
    let digits = text.split(|letter: char| !letter.is_ascii_digit()).map(str::len).max().unwrap();
    assert!(digits < 7, "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_recorded_call_names_the_recordings_that_may_be_viewed() {
    let api = logged().await;
    let page = api.get(ADMIN, "/recordings?from=2026-11-01&to=2026-11-13&limit=100").await.ok();
    let logged = page["items"].as_array().unwrap().iter().filter(|item| item["source"] == "freepbx");
    let mut followed = 0;
    for item in logged {
        let answer = api.get(ADMIN, &format!("/calls/freepbx/{}", item["call_id"].as_str().unwrap())).await;
        if answer.status == 200 {
            assert!(answer.json()["recordings"].as_array().unwrap().contains(&item["id"]), "{item}");
            followed += 1;
        }
    }
    assert!(followed > 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_one_may_not_see_and_one_that_no_log_has_are_one_answer_after_the_same_calls() {
    let api = logged().await;
    api.get(SUPPORT_MANAGER, "/me").await.ok();
    let mut answers = Vec::new();
    for (login, id) in [(SUPPORT_MANAGER, LOST), (SUPPORT_MANAGER, "1793867398.999"), (STAFF, LOST), (ADMIN, "none")] {
        api.world().take_calls();
        let answer = api.get(login, &format!("/calls/freepbx/{id}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-call"), "{login} {id}");
        answers.push((answer.without_request_id(), api.take_kinds()));
        let event = api.audit().pop().unwrap();
        assert_eq!((&event["action"], &event["outcome"]), (&json!("view"), &json!("refused")));
        assert_eq!((&event["facts"], &event["asked"]["call_id"]), (&Value::Null, &json!(id)));
    }
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    // Beyond its period the row is nobody's.
    api.world().set_now("2027-12-01T09:00:00+09:00".parse().unwrap());
    assert_eq!(api.get(ADMIN, &format!("/calls/freepbx/{LOST}")).await.problem(), "no-such-call");
}
