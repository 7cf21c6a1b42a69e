//! `GET /directory`: the names behind ids, and whose they are to know.

use serde_json::{Value, json};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF};

fn ids(directory: &Value) -> Vec<&str> {
    directory["members"].as_array().unwrap().iter().map(|member| member["id"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_name_is_told_to_those_who_may_know_it() {
    let api = Api::new(1).await;
    let all = api.get(ADMIN, "/directory").await.ok();
    assert!(ids(&all).contains(&"sato") && ids(&all).contains(&"mori"), "{all}");
    assert_eq!(ids(&all), ids(&api.get(AUDITOR, "/directory").await.ok()));
    let of_sales = api.get(SALES_MANAGER, "/directory").await.ok();
    assert!(ids(&of_sales).contains(&"sato") && !ids(&of_sales).contains(&"mori"), "{of_sales}");
    for team in of_sales["teams"].as_array().unwrap() {
        assert_ne!(team["name"], "support", "{of_sales}");
    }
    for line in of_sales["lines"].as_array().unwrap() {
        assert_ne!(line["team"], "support", "{of_sales}");
    }
    assert_eq!(ids(&api.get(STAFF, "/directory").await.ok()), ["sato"]);
    let japanese = api.ask(&ApiRequest::get("/directory").by(STAFF).header("accept-language", "ja")).await.ok();
    assert_eq!(japanese["purposes"][0], json!({"id": "evidence", "name": "合意内容の確認"}));
    assert!(japanese["classes"].as_array().unwrap().iter().any(|class| class["id"] == "standard"), "{japanese}");
}

#[tokio::test(start_paused = true)]
async fn the_directory_of_a_day_has_those_who_were_there_then() {
    let api = Api::new(1).await;
    // Left on 4 November.
    for (day, is_there) in [("2026-11-04", true), ("2026/11/04", true), ("2026-11-05", false)] {
        let directory = api.get(ADMIN, &format!("/directory?day={day}")).await.ok();
        assert_eq!(ids(&directory).contains(&"tanaka"), is_there, "{day}: {directory}");
    }
    assert_eq!(api.get(ADMIN, "/directory?day=yesterday").await.problem(), "invalid");
}

#[tokio::test(start_paused = true)]
async fn what_one_can_do_is_what_the_role_and_the_rulebook_let_one() {
    let api = Api::new(1).await;
    for (login, can) in [
        (
            ADMIN,
            "search play download note write_memo work_on_cases custody hold lift_hold request_deletion approve_deletion \
             correct audit reports publish",
        ),
        (SALES_MANAGER, "search play note write_memo work_on_cases custody hold request_deletion reports"),
        (STAFF, "search note write_memo"),
        (AUDITOR, "custody approve_deletion audit reports"),
    ] {
        let can: Vec<&str> = can.split(' ').collect();
        assert_eq!(api.get(login, "/me").await.ok()["can"], json!(can), "{login}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_says_what_it_searched_and_a_number_looks_back_over_the_longest_period() {
    let (api, id) = Api::with_sample(1).await;
    let day = api.get(SALES_MANAGER, "/recordings?from=2026-11-03&to=2026/11/03").await.ok();
    assert_eq!((&day["from"], &day["to"]), (&json!("2026-11-03T00:00:00+09:00"), &json!("2026-11-04T00:00:00+09:00")));
    assert_eq!(day["items"][0]["id"], id.as_str());
    assert_eq!(day["items"][0]["staff_name"], "佐藤 花子");
    let plain = api.get(SALES_MANAGER, "/recordings").await.ok();
    let of_one = api.get(SALES_MANAGER, "/recordings?number=090-1234-5678").await.ok();
    assert_eq!(plain["from"], "2026-10-14T09:00:00+09:00");
    assert!(of_one["from"].as_str() < plain["from"].as_str(), "{of_one}");
}
