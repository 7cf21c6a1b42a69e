//! Who may hear what: the report says what the routes do, and the audit says why somebody heard.

use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, evidence, made};
use crate::exports::csv;
use policy::recording::Recording;

const PATH: &str = "/reports/permissions";

/// Staff hear their own calls, managers download, and one member's work was handed over.
async fn company() -> Api {
    let (policy, staff) = sample_rulebook();
    let policy = policy
        .replace("staff = \"none\"", "staff = \"own_calls\"")
        .replace("manager_download = false", "manager_download = true");
    let handover = "[[handover]]\nfrom = \"sato\"\nto = \"suzuki\"\nsince = 2026-11-13\n";
    let company = Company::of(Company::builder(1).build());
    company.publish(&format!("{policy}\n{handover}"), &staff).await;
    Api::of(company)
}

/// What the report says that a member may do with the recordings of a team and a member.
fn can<'r>(report: &'r Value, login: &str, team: &str, owner: Option<&str>) -> Vec<&'r str> {
    let items = report["items"].as_array().unwrap();
    let rights = items.iter().find(|item| item["staff"] == login).unwrap()["rights"].as_array().unwrap();
    let applies = |right: &&Value| match right["whose"].as_str().unwrap() {
        "team" => right["team"] == team,
        "own_calls" => owner == Some(login),
        "handed_over" => right["of_staff"].as_str() == owner,
        _ => false,
    };
    rights
        .iter()
        .filter(applies)
        .flat_map(|right| right["can"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_report_of_permissions_says_what_each_member_may_do_on_every_route() {
    let api = company().await;
    let report = api.get(AUDITOR, PATH).await.ok();
    assert_eq!(
        (&report["day"], &report["staff_view_days"], &report["next_cursor"]),
        (&json!("2026-11-13"), &json!(7), &Value::Null)
    );
    assert_eq!(api.get(ADMIN, PATH).await.ok(), report);
    let members = report["items"].as_array().unwrap();
    assert!(members.len() > 5 && members.iter().any(|item| item["role"] == "auditor"));
    let mut asked = 0;
    let mut heard = 0;
    for (number, (team, owner)) in
        [("sales", None), ("support", None), ("general", None), ("sales", Some("sato")), ("support", Some("suzuki"))]
            .into_iter()
            .enumerate()
    {
        let mut recording: Recording = made(number + 1, "2026-11-13T08:00:00+09:00".parse().unwrap());
        recording.view.team = Some(team.to_owned());
        recording.view.staff = owner.map(str::to_owned);
        api.put(&recording).await;
        let id = recording.view.id;
        for member in members {
            let login = member["staff"].as_str().unwrap();
            let can = can(&report, login, team, owner);
            let path = |suffix: &str| format!("/recordings/{id}{suffix}");
            for (action, ask) in [
                ("view", ApiRequest::get(&path(""))),
                ("read_notes", ApiRequest::get(&path("/notes"))),
                ("custody", ApiRequest::get(&path("/custody"))),
                ("play", ApiRequest::post(&path("/play"), &evidence())),
                ("download", ApiRequest::post(&path("/download"), &evidence())),
            ] {
                let answer = api.ask(&ask.by(login)).await;
                assert_eq!(answer.status == 200, can.contains(&action), "{login} {action} {team} {owner:?}");
                asked += 1;
                heard += u32::from(answer.status == 200 && action == "play");
            }
        }
    }
    assert!(asked > 100 && heard > 8, "{asked} {heard}");
}

#[tokio::test(start_paused = true)]
async fn the_report_of_permissions_is_for_admins_and_auditors_and_leaves_its_event() {
    let api = company().await;
    for login in [SALES_MANAGER, SUPPORT_MANAGER, STAFF] {
        let refused = api.get(login, PATH).await;
        assert_eq!((refused.status, refused.problem().as_str()), (403, "no-audit"), "{login}");
    }
    assert_eq!(api.get(AUDITOR, &format!("{PATH}?team=sales")).await.problem(), "unknown-parameter");
    let answer = api.ask(&csv(PATH).header("accept-language", "ja").by(AUDITOR)).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    assert_eq!(lines.next(), Some("社員ID,氏名,役割,だれの録音,部署・前任者,できること"));
    assert!(lines.clone().any(|line| line.starts_with("kato,") && line.contains("責任者,部署の通話,sales,")), "{text}");
    assert!(lines.any(|line| line.contains("引き継いだ通話,sato,") && line.contains("再生")), "{text}");
    let events: Vec<(String, String)> = api
        .audit()
        .iter()
        .map(|event| [&event["action"], &event["outcome"]].map(|word| word.as_str().unwrap().to_owned()).into())
        .filter(|(action, _)| action == "report_permissions" || action == "export")
        .collect();
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(events.iter().filter(|(_, outcome)| outcome == "refused").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_audit_says_why_somebody_heard_as_long_as_the_recording_stands() {
    let (api, id) = Api::with_sample(1).await;
    api.play(SALES_MANAGER, &id).await.ok();
    let note = ApiRequest::post(&format!("/recordings/{id}/notes"), &json!({"text": "税込12万円で合意"}));
    assert_eq!(api.ask(&note.by(SALES_MANAGER)).await.status, 201);
    let of = async |login: &str| {
        let page = api.get(login, "/audit?day=2026-11-13").await.ok();
        let items = page["items"].as_array().unwrap().clone();
        let reason = |action: &str| {
            let item = items.iter().find(|item| item["action"] == action).unwrap();
            item["stated_reason"].clone()
        };
        assert!(!page.to_string().contains("税込"), "a note is not shown");
        (reason("play"), reason("note"))
    };
    let reason = evidence()["reason"].clone();
    for login in [AUDITOR, ADMIN] {
        assert_eq!(of(login).await, (reason.clone(), Value::Null), "{login}");
    }
    let file = api.ask(&csv("/audit?day=2026-11-13").by(AUDITOR)).await;
    let text = String::from_utf8(file.bytes).unwrap();
    assert!(text.lines().next().unwrap().contains("stated_reason") && text.contains(reason.as_str().unwrap()));
    // It ends with the recording.
    api.world().set_now(crate::api::sample_expiry());
    api.company.sweep().await.unwrap();
    assert_eq!(of(AUDITOR).await.0, Value::Null);
}
