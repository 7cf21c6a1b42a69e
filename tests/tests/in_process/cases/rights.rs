//! Who may write, see, link and close what, and what everybody else is answered.

use jiff::SignedDuration;
use policy::id::RecordingId;
use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};

use super::common::{COLLEAGUE, actions, closing, linking, listed, memo, read, with, write};
use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER};

#[tokio::test(start_paused = true)]
async fn a_case_one_may_not_see_and_none_at_all_are_alike_on_every_route() {
    let (api, recording) = Api::with_sample(1).await;
    let case = write(&api, STAFF, &memo()).await;
    let absent = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let routes = |case: &str| {
        let one = ApiRequest::get(&format!("/cases/{case}"));
        let out = ApiRequest::delete(&format!("/cases/{case}/recordings/{recording}"));
        [one, linking(case, &recording), out, closing(case)]
    };
    api.warm().await;
    for login in [SUPPORT_MANAGER, COLLEAGUE, AUDITOR, "watanabe"] {
        for hidden in [case.as_str(), "not-an-id", "%FF"] {
            for (ask, nothing) in routes(hidden).into_iter().zip(routes(absent)) {
                let mut answers = Vec::new();
                for ask in [ask, nothing] {
                    let before = api.audit().len();
                    api.world().take_calls();
                    let answer = api.ask(&ask.by(login)).await.without_request_id();
                    let kinds = api.take_kinds();
                    let mut events = api.audit().split_off(before);
                    assert_eq!(events.len(), 1);
                    events[0]["facts"]["case"] = json!("the id asked for");
                    events[0]["operation"] = json!("");
                    answers.push((answer, kinds, events));
                }
                assert_eq!(answers[0].0.problem(), "no-such-case");
                assert_eq!(answers[0], answers[1], "{login} {hidden}");
            }
        }
        assert_eq!(listed(&api, login, "").await, [""; 0], "{login}");
    }
    // Who may see it and does not work on it is answered so.
    for ask in [linking(&case, &recording), closing(&case)] {
        let refused = api.ask(&ask.by(STAFF)).await;
        assert_eq!((refused.status, refused.json()["reason"].as_str()), (403, Some("not_your_case")));
    }
    assert_eq!(api.company.table().case(&case.parse().unwrap()).await.unwrap().unwrap().generation, 1);
}

#[tokio::test(start_paused = true)]
async fn a_recording_one_may_not_hold_and_none_at_all_are_alike_to_who_links() {
    let (api, of_sales) = Api::with_sample(1).await;
    let case = write(&api, SUPPORT_MANAGER, &memo()).await;
    let absent = RecordingId::of("bucket", "key", "version");
    api.warm().await;
    let mut answers = Vec::new();
    for recording in [&of_sales, &absent] {
        api.world().take_calls();
        let answer = api.ask(&linking(&case, recording).by(SUPPORT_MANAGER)).await.without_request_id();
        assert_eq!(answer.problem(), "no-such-recording");
        answers.push((answer, api.take_kinds()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(read(&api, SUPPORT_MANAGER, &case).await.ok()["candidates"], json!([]));
    assert_eq!(read(&api, ADMIN, &case).await.ok()["candidates"][0]["recording_id"], json!(of_sales));
    // An admin links it; the case's manager sees the case, and still nothing of the recording.
    api.ask(&linking(&case, &of_sales).by(ADMIN)).await.ok();
    assert_eq!(read(&api, SUPPORT_MANAGER, &case).await.ok()["recordings"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn an_investigation_is_seen_by_its_owner_and_admins_alone() {
    let (api, recording) = Api::with_sample(1).await;
    let by_staff = write(&api, STAFF, &with(&json!({"kind": "investigation"}))).await;
    let by_manager = write(&api, SALES_MANAGER, &with(&json!({"kind": "investigation", "team": "support"}))).await;
    for (login, case, sees) in [
        (STAFF, &by_staff, 200),
        (SALES_MANAGER, &by_staff, 404),
        (SUPPORT_MANAGER, &by_manager, 404),
        (SALES_MANAGER, &by_manager, 200),
        (ADMIN, &by_staff, 200),
        (ADMIN, &by_manager, 200),
        (AUDITOR, &by_manager, 404),
    ] {
        assert_eq!(read(&api, login, case).await.status, sees, "{login}");
        assert_eq!(listed(&api, login, "").await.contains(case), sees == 200, "{login}");
    }
    api.ask(&linking(&by_manager, &recording).by(SALES_MANAGER)).await.ok();
    assert_eq!(listed(&api, SALES_MANAGER, "?state=in_progress").await, [by_manager]);
    assert_eq!(api.ask(&closing(&by_staff).by(STAFF)).await.status, 403, "staff work on no case");
}

#[tokio::test(start_paused = true)]
async fn a_memo_for_another_team_is_its_managers_and_a_disclosure_has_a_day() {
    let api = Api::new(1).await;
    let case = write(&api, STAFF, &with(&json!({"kind": "disclosure", "team": "support"}))).await;
    assert_eq!(listed(&api, SUPPORT_MANAGER, "").await, [case.as_str()]);
    assert_eq!(listed(&api, SALES_MANAGER, "").await, [""; 0]);
    let found = read(&api, SUPPORT_MANAGER, &case).await.ok();
    assert_eq!(found["due_on"], "2026-11-27");
    let close = |body: Value| ApiRequest::post(&format!("/cases/{case}/close"), &body).by(SUPPORT_MANAGER);
    let wrong = api.ask(&close(json!({"outcome": "resolved"}))).await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (422, "wrong-outcome"));
    assert_eq!(wrong.json()["outcomes"][0], "disclosed_whole");
    assert_eq!(api.ask(&close(json!({"outcome": "refused"}))).await.json()["parameter"], "reason");
    api.ask(&close(json!({"outcome": "none_held"}))).await.ok();
    let again = api.ask(&close(json!({"outcome": "disclosed_whole"}))).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "case-closed"));
}

#[tokio::test(start_paused = true)]
async fn auditors_write_no_memos_and_everybody_else_so_many_an_hour() {
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&format!("{policy}\n[limits]\nmemos_per_hour = 2\n"), &staff).await;
    let api = Api::of(company);
    let refused = api.ask(&ApiRequest::post("/cases", &memo()).by(AUDITOR)).await;
    assert_eq!((refused.status, refused.json()["reason"].as_str()), (403, Some("no_memos")));
    write(&api, STAFF, &memo()).await;
    write(&api, STAFF, &memo()).await;
    let third = api.ask(&ApiRequest::post("/cases", &memo()).by(STAFF)).await;
    assert_eq!((third.status, third.problem().as_str()), (429, "too-many"));
    write(&api, COLLEAGUE, &memo()).await;
    let refusals =
        actions(&api).into_iter().filter(|(_, action, outcome)| action == "write_memo" && outcome == "refused");
    assert_eq!(refusals.map(|(staff, ..)| staff).collect::<Vec<_>>(), [AUDITOR, STAFF]);
    api.world().set_now(api.world().now() + SignedDuration::from_hours(1));
    write(&api, STAFF, &memo()).await;
}
