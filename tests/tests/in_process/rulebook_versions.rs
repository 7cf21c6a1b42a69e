//! The rulebook to those who only read it: versions, what changed, and a check that publishes nothing.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF};
use crate::rulebook::{check, publish, withdraw};
use tests::company::{ADMIN_LOGIN, Company, sample_rulebook};

#[tokio::test(start_paused = true)]
async fn an_auditor_reads_every_version_with_what_changed_and_by_whom() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let renamed = policy.replace("山田商事", "山田商事株式会社");
    api.ask(&publish(&renamed, &staff).by("hayashi")).await.ok();
    for login in [AUDITOR, ADMIN] {
        // Pending: a second admin sees what waits.
        let pending = api.get(login, "/rulebook?version=2").await.ok();
        assert_eq!(
            (&pending["state"], &pending["published_by"], &pending["previous_version"]),
            (&json!("pending"), &json!("hayashi"), &json!(1)),
        );
        assert_eq!(pending["policy"], json!(renamed));
        let of_policy = &pending["changes"][0];
        assert_eq!(of_policy["in"], "policy");
        assert_eq!(of_policy["removed"], json!([{"line": 3, "text": "name = \"山田商事\""}]));
        assert_eq!(of_policy["added"], json!([{"line": 3, "text": "name = \"山田商事株式会社\""}]));
        assert_eq!((&pending["changes"][1]["added"], &pending["changes"][1]["removed"]), (&json!([]), &json!([])));
        assert_eq!(api.get(login, "/rulebook").await.ok()["version"], 1);
    }
    api.world().advance(std::time::Duration::from_secs(180));
    let states = async |version: u32| api.get(AUDITOR, &format!("/rulebook?version={version}")).await.ok();
    assert_eq!((states(1).await["state"].clone(), states(2).await["state"].clone()), (json!("past"), json!("current")));
    assert_eq!(states(1).await["policy"], json!(policy));
    assert_eq!(states(1).await["changes"][0]["removed"], json!([]));
    for (version, problem) in [("3", "no-such-version"), ("0", "invalid"), ("latest", "invalid"), ("01", "invalid")] {
        assert_eq!(api.get(AUDITOR, &format!("/rulebook?version={version}")).await.problem(), problem, "{version}");
    }
    for login in [SALES_MANAGER, STAFF] {
        assert_eq!(api.get(login, "/rulebook?version=1").await.problem(), "not-allowed", "{login}");
    }
    let (policy, staff) = sample_rulebook();
    assert_eq!(api.ask(&publish(&policy, &staff).by(AUDITOR)).await.problem(), "not-allowed", "reading is all");
}

#[tokio::test(start_paused = true)]
async fn a_check_tells_every_fault_in_the_callers_language_and_publishes_nothing() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let check_by_admin = |policy: &str, staff: &str| check(policy, staff).by(ADMIN);
    let clean = api.ask(&check_by_admin(&policy, &staff)).await.ok();
    assert_eq!(clean, json!({"faults": [], "placeholders": [], "warnings": [], "deletes_sooner": false}));
    let unchecked =
        policy.replace("kept = 90\nchecked_by = \"yamada\"\nchecked_on = \"2026-10-01\"", "kept = \"unknown\"");
    let warned = api.ask(&check_by_admin(&unchecked, &staff).header("accept-language", "ja")).await.ok();
    let warning = &warned["warnings"][0];
    assert_eq!(warned["warnings"].as_array().unwrap().len(), 1);
    let expected = (&json!("origin_copy_unknown"), &json!(false), &json!("policy"));
    assert_eq!((&warning["code"], &warning["needs_confirmation"], &warning["in"]), expected);
    assert!(warning["reason"].as_str().unwrap().contains("録音元「freepbx」"), "{warning}");
    let written = unchecked.lines().position(|line| line.starts_with("[[origin_copy]]"));
    assert_eq!(warning["line"], json!(written.map(|line| line + 1)));
    let shorter = policy.replace("keep_days = 30", "keep_days = 20\nretroactive = true");
    assert_eq!(api.ask(&check_by_admin(&shorter, &staff)).await.ok()["deletes_sooner"], true);
    let faulty = policy.replace("keep_days = 90", "keep_days = 0").replace("country = \"JP\"", "country = \"日本\"");
    let faulty_staff = staff.replace("abe,阿部 学,,302,,sales,staff", "abe,阿部 学,,302,,sales,boss");
    let found = api.ask(&check_by_admin(&faulty, &faulty_staff)).await.ok();
    let listed = found["faults"].as_array().unwrap();
    assert!(listed.len() >= 3, "{found}");
    let files: Vec<&Value> = listed.iter().map(|fault| &fault["in"]).collect();
    assert!(files.contains(&&json!("policy")) && files.contains(&&json!("staff")), "{found}");
    let japanese = api.ask(&check_by_admin(&faulty, &faulty_staff).header("accept-language", "ja")).await.ok();
    assert!(!japanese["faults"][0]["reason"].as_str().unwrap().is_ascii());
    assert_eq!(found["deletes_sooner"], Value::Null);
    // What publishing would answer: the same faults.
    let published = api.ask(&publish(&faulty, &faulty_staff).by(ADMIN)).await;
    assert_eq!(published.json()["faults"], found["faults"]);
    assert_eq!(api.get(ADMIN, "/rulebook").await.ok()["version"], 1);
    assert_eq!(api.get(ADMIN, "/rulebook").await.ok()["pending"], Value::Null);
    for login in [AUDITOR, SALES_MANAGER, STAFF] {
        assert_eq!(api.ask(&check(&policy, &staff).by(login)).await.problem(), "not-allowed", "{login}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_admins_publish_they_and_auditors_read_and_a_refusal_is_an_event() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let shorter = policy.replace("keep_days = 30", "keep_days = 20\nretroactive = true");
    for login in [SALES_MANAGER, STAFF, AUDITOR] {
        let read = api.get(login, "/rulebook").await;
        assert_eq!(read.status, if login == AUDITOR { 200 } else { 403 }, "{login}");
        for ask in [publish(&shorter, &staff), publish("", ""), withdraw()] {
            let refused = api.ask(&ask.by(login)).await;
            assert_eq!((refused.status, refused.problem().as_str()), (403, "not-allowed"));
            assert_eq!(refused.json()["reason"], "only_admins");
        }
    }
    let (read, refused): (Vec<_>, Vec<_>) = api.audit().into_iter().partition(|event| event["outcome"] == "permitted");
    assert_eq!((read.len(), refused.len()), (1, 11), "the auditor read it");
    assert_eq!((&read[0]["action"], &read[0]["staff"]), (&json!("read_rulebook"), &json!(AUDITOR)));
    assert_eq!(api.get(ADMIN, "/rulebook").await.ok()["version"], 1);
}

#[tokio::test(start_paused = true)]
async fn admin_login_publishes_even_when_the_list_says_otherwise() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let without = staff.replace("yamada,山田 太郎,,", "yamada,山田 太郎,another,");
    company.publish(&policy, &without).await;
    let id = company.upload_sample(SAMPLE).await;
    let api = Api::of(company);
    let me = api.get(ADMIN_LOGIN, "/me").await.ok();
    assert_eq!((&me["role"], &me["publishes_rulebook"]), (&Value::Null, &json!(true)));
    assert_eq!(api.get(ADMIN_LOGIN, "/rulebook").await.ok()["version"], 1);
    api.ask(&publish(&policy, &staff).by(ADMIN_LOGIN)).await.ok();
    // It opens the rulebook, not the recordings.
    for path in ["/recordings".to_owned(), format!("/recordings/{id}")] {
        assert_eq!(api.get(ADMIN_LOGIN, &path).await.problem(), "not-a-member");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rulebook_that_ships_is_not_published_with_its_placeholders() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let policy = policy.replace("山田商事", "会社名を書いてください");
    let answer = api.ask(&publish(&policy, &staff).by(ADMIN)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "has-placeholders"));
    assert_eq!(answer.json()["placeholders"], json!(["会社名を書いてください"]));
    let checked = api.ask(&check(&policy, &staff).by(ADMIN)).await.ok();
    assert_eq!((&checked["placeholders"], &checked["faults"]), (&json!(["会社名を書いてください"]), &json!([])));
    assert_eq!(api.get(ADMIN, "/rulebook").await.ok()["pending"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn what_is_seldom_meant_is_published_only_once_each_is_confirmed() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let first = policy.lines().count() + 2;
    let odd = format!("{policy}\n[[line]]\nname = \"夜間\"\n");
    let late = format!("{staff}new,新人 一,,,,sales,staff,,,2062-04-01,\n");
    let line = json!({"in": "policy", "line": first, "code": "line_matches_nothing"});
    let day = json!({"in": "staff", "line": late.lines().count(), "code": "day_far_ahead"});
    let checked = api.ask(&check(&odd, &late).by(ADMIN)).await.ok();
    let shown = |list: &Value| {
        let short = |warning: &Value| {
            assert_eq!(warning["needs_confirmation"], true);
            json!({"in": warning["in"], "line": warning["line"], "code": warning["code"]})
        };
        list.as_array().unwrap().iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!((shown(&checked["warnings"]), &checked["faults"]), (vec![line.clone(), day.clone()], &json!([])));
    let put = async |confirmed: Value, language: &str| {
        let body = json!({"policy": odd, "staff": late, "confirmed": confirmed});
        api.ask(&ApiRequest::put("/rulebook", &body).by(ADMIN).header("accept-language", language)).await
    };
    let moved = json!({"in": "policy", "line": first + 1, "code": "line_matches_nothing"});
    for confirmed in [json!([]), json!([line]), json!([day]), json!([moved, day])] {
        let refused = put(confirmed, "ja").await;
        assert_eq!((refused.status, refused.problem().as_str()), (409, "warnings-to-confirm"));
        assert_eq!(shown(&refused.json()["warnings"]), [line.clone(), day.clone()]);
        assert!(refused.json()["warnings"][0]["reason"].as_str().unwrap().contains("「夜間」"));
    }
    assert_eq!(api.ask(&publish(&odd, &late).by(ADMIN)).await.problem(), "warnings-to-confirm");
    assert_eq!(api.get(ADMIN, "/rulebook").await.ok()["pending"], Value::Null, "nothing was published");
    // TWICE IS ONCE.
    for _ in 0..2 {
        assert_eq!(put(json!([day, line]), "en").await.ok()["version"], 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_sent_as_the_bytes_of_its_file_whose_letters_no_tool_loses_on_the_way() {
    let api = Api::new(1).await;
    let (policy, staff) = sample_rulebook();
    let policy = policy.replace("山田商事", "録番商事");
    let (cp932, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(&policy);
    assert!(!is_lossy && std::str::from_utf8(&cp932).is_err());
    let ask = async |body: Value| api.ask(&ApiRequest::post("/rulebook/check", &body).by(ADMIN)).await;
    // What a tool makes of these bytes where it takes them for UTF-8.
    let lost = String::from_utf8_lossy(&cp932);
    let faults = ask(json!({"policy": lost, "staff": staff})).await.ok()["faults"].clone();
    assert!(!faults.as_array().unwrap().is_empty(), "{faults}");
    for bytes in [&*cp932, policy.as_bytes()] {
        let body = json!({"policy_base64": BASE64.encode(bytes), "staff": staff});
        assert_eq!(ask(body).await.ok()["faults"], json!([]));
    }
    let body = json!({"policy_base64": BASE64.encode(&cp932), "staff": staff});
    assert_eq!(api.ask(&ApiRequest::put("/rulebook", &body).by(ADMIN)).await.ok()["version"], 2);
    assert_eq!(api.get(ADMIN, "/rulebook?version=2").await.ok()["policy"], policy);
    for (body, parameter) in [
        (json!({"staff": staff}), "policy"),
        (json!({"policy": policy, "policy_base64": BASE64.encode(&cp932), "staff": staff}), "policy"),
        (json!({"policy_base64": "*", "staff": staff}), "policy_base64"),
        (json!({"policy_base64": BASE64.encode(b"name = \"\x81"), "staff": staff}), "policy_base64"),
    ] {
        let refused = ask(body).await;
        assert_eq!((refused.status, &refused.json()["parameter"]), (400, &json!(parameter)));
    }
}
