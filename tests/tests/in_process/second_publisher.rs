//! `SecondPublisher`: what one admin alone should not change comes into force once another admin publishes the same.

mod at_once;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tests::company::{Company, sample_rulebook};

use crate::api::{ADMIN, Answer, Api, ApiRequest, SALES_MANAGER, STAFF};
use crate::plans::{counted, planned};
use crate::rulebook::{publish, withdraw};

/// The other admin of the sample list.
const SECOND: &str = "hayashi";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A company under these files, in which a second admin is needed.
async fn under(policy: &str, staff: &str) -> Api {
    let company = Company::of(Company::builder(1).build());
    company.publish(policy, staff).await;
    Api::with(company, &[("SECOND_PUBLISHER", "true")])
}

async fn under_the_sample() -> Api {
    let (policy, staff) = sample_rulebook();
    under(&policy, &staff).await
}

/// The sample under which managers download.
fn permitting() -> (String, String) {
    let (policy, staff) = sample_rulebook();
    (policy.replace("manager_download = false", "manager_download = true"), staff)
}

/// The sample that keeps 20 days instead of 30.
fn shorter() -> (String, String) {
    let (policy, staff) = sample_rulebook();
    (policy.replace("keep_days = 30", "keep_days = 20\nretroactive = true"), staff)
}

/// A row of the sample list, changed.
fn with_row(staff: &str, id: &str, row: &str) -> String {
    let before = staff.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap();
    staff.replace(before, row)
}

async fn in_force(api: &Api) -> Value {
    api.get("ono", "/rulebook").await.ok()["version"].clone()
}

async fn pending(api: &Api, login: &str) -> Value {
    api.get(login, "/rulebook").await.ok()["pending"].clone()
}

fn agreements(api: &Api) -> Vec<(Value, Value)> {
    let events = api.audit().into_iter().filter(|event| event["facts"]["agrees"] == "true");
    events.map(|event| (event["staff"].clone(), event["facts"].clone())).collect()
}

fn refused_plan(answer: &Answer) -> (u16, String, Value) {
    (answer.status, answer.problem(), answer.json()["plan"].clone())
}

#[tokio::test(start_paused = true)]
async fn what_permits_more_is_in_force_only_after_another_admin_publishes_the_same() {
    let api = under_the_sample().await;
    let (permits, staff) = permitting();
    let first = api.ask(&publish(&permits, &staff).by(SECOND)).await.ok();
    assert_eq!((&first["version"], &first["awaits_second_admin"]), (&json!(2), &json!(true)));
    // The same person says it twice, and days pass.
    api.world().advance(3 * DAY);
    assert_eq!(api.ask(&publish(&permits, &staff).by(SECOND)).await.ok(), first);
    assert_eq!(in_force(&api).await, 1);
    for (login, may_agree) in [(ADMIN, true), (SECOND, false), ("ono", false)] {
        let pending = pending(&api, login).await;
        assert_eq!(
            (&pending["awaits_second_admin"], &pending["may_agree"]),
            (&json!(true), &json!(may_agree)),
            "{login}"
        );
    }
    let (other, _) = sample_rulebook();
    let other = other.replace("admin_limit = 2", "admin_limit = 3");
    assert_eq!(api.ask(&publish(&other, &staff).by(ADMIN)).await.problem(), "pending-stands");

    let agreed = api.ask(&publish(&permits, &staff).by(ADMIN)).await.ok();
    assert_eq!((&agreed["version"], &agreed["awaits_second_admin"]), (&json!(2), &json!(false)));
    assert_eq!(agreed["effective_at"], "2026-11-16T09:02:00+09:00", "two minutes from now, as every function reads it");
    for login in [ADMIN, SECOND] {
        assert_eq!(api.ask(&publish(&permits, &staff).by(login)).await.ok(), agreed, "twice is once");
    }
    assert_eq!((in_force(&api).await, pending(&api, ADMIN).await["may_agree"].clone()), (json!(1), json!(false)));
    api.world().advance(Duration::from_secs(120));
    assert_eq!(in_force(&api).await, 2);
    let version = api.get(ADMIN, "/rulebook?version=2").await.ok();
    assert_eq!((&version["state"], &version["effective_at"]), (&json!("current"), &agreed["effective_at"]));
    assert_eq!((&version["published_by"], &version["pending"]), (&json!(SECOND), &Value::Null));
    let published = api.audit().into_iter().find(|event| event["action"] == "publish").unwrap();
    assert_eq!(
        (&published["staff"], &published["facts"]["changes"], &published["facts"]["awaits_second_admin"]),
        (&json!(SECOND), &json!("access"), &json!("true"))
    );
    let [(by, facts)] = <[_; 1]>::try_from(agreements(&api)).unwrap();
    assert_eq!((by, &facts["version"], &facts["changes"]), (json!(ADMIN), &json!("2"), &json!("access")));
    assert_eq!((&facts["awaits_second_admin"], &facts["sha256"]), (&json!("false"), &published["facts"]["sha256"]));
}

#[tokio::test(start_paused = true)]
async fn what_permits_nothing_more_waits_for_nobody_and_where_nobody_could_agree_nothing_does() {
    let (policy, staff) = sample_rulebook();
    let renamed = policy.replace("山田商事", "山田商会");
    let (permits, _) = permitting();
    let limited = format!("{policy}\n[limits]\nplays_per_hour = 61\n");
    let row = staff.lines().find(|line| line.starts_with("hayashi,")).unwrap();
    let alone = staff.replace(&format!("{row}\n"), "");
    let two_logins = format!("{alone}yamada,山田 太郎,yamada2,103,,management,admin,,,2026-04-01,\n");
    let staff_login = format!("{staff}yamada,山田 太郎,yamada2,103,,sales,staff,,,2026-04-01,\n");
    let ends = with_row(&staff, "hayashi", "hayashi,林 由美,,101,,management,admin,,,2026-04-01,2026-11-13");
    let ended = with_row(&staff, "hayashi", "hayashi,林 由美,,101,,management,admin,,,2026-04-01,2026-11-12");
    let manages = with_row(&staff, "abe", "abe,阿部 学,,302,,sales,manager,sales,,2026-04-01,");
    for (what, before, policy, after, awaits) in [
        ("a name", &staff, &renamed, &staff, false),
        ("a manager", &staff, &policy, &manages, false),
        ("access", &staff, &permits, &staff, true),
        ("a limit", &staff, &limited, &staff, true),
        ("an admin less", &staff, &policy, &alone, true),
        ("an admin until today", &staff, &policy, &ends, true),
        ("an admin's further login", &staff, &policy, &staff_login, true),
        // The only admin today waits for nobody: no one could ever agree.
        ("one admin", &alone, &permits, &alone, false),
        ("one admin, who makes another", &alone, &policy, &staff, false),
        ("one admin with two logins", &two_logins, &permits, &two_logins, false),
        ("the other's last day", &ends, &permits, &ends, true),
        ("the other's last day was yesterday", &ended, &permits, &ended, false),
    ] {
        let api = under(&sample_rulebook().0, before).await;
        let answer = api.ask(&publish(policy, after).by(ADMIN)).await.ok();
        assert_eq!(answer["awaits_second_admin"], awaits, "{what}");
        // What it changes is in the audit log in any case.
        let event = api.audit().into_iter().find(|event| event["action"] == "publish").unwrap();
        assert_eq!(event["facts"]["awaits_second_admin"], json!(awaits.to_string()), "{what}");
        assert_eq!(event["facts"]["changes"] == "", ["a name", "a manager"].contains(&what), "{what}");
        // It can be withdrawn by its publisher too.
        assert_eq!(api.ask(&withdraw().by(ADMIN)).await.status, 200, "{what}");
    }
    // Without the parameter nothing waits.
    let api = Api::new(1).await;
    assert_eq!(api.ask(&publish(&permits, &staff).by(ADMIN)).await.ok()["awaits_second_admin"], false);
}

#[tokio::test(start_paused = true)]
async fn what_deletes_sooner_is_agreed_to_by_the_first_ones_plan_or_by_ones_own_and_waits_a_day_from_then() {
    let (policy, staff) = shorter();
    let needs = |word: &str| (409, "plan-needed".to_owned(), json!(word));
    for is_own in [false, true] {
        let api = under_the_sample().await;
        let by_plan = planned(&api, SECOND, &policy, &staff).await;
        let first = api.ask(&by_plan).await.ok();
        assert_eq!((&first["deletes_sooner"], &first["awaits_second_admin"]), (&json!(true), &json!(true)));
        // The same person needs no plan to hear the same again; who agrees has looked at one.
        assert_eq!(api.ask(&publish(&policy, &staff).by(SECOND)).await.ok(), first);
        assert_eq!(refused_plan(&api.ask(&publish(&policy, &staff).by(ADMIN)).await), needs("missing"));
        let (permits, _) = permitting();
        let other = counted(&api, ADMIN, &permits, &staff).await;
        let of_other_files = ApiRequest::put("/rulebook", &json!({"policy": policy, "staff": staff, "plan_id": other}));
        let of_other_files = of_other_files.by(ADMIN);
        assert_eq!(refused_plan(&api.ask(&of_other_files).await), needs("other_files"));
        let (agreed, effective_at) = if is_own {
            api.world().advance(DAY + Duration::from_secs(1));
            assert_eq!(refused_plan(&api.ask(&by_plan.clone().by(ADMIN)).await), needs("too_old"));
            (planned(&api, ADMIN, &policy, &staff).await, "2026-11-15T09:00:01+09:00")
        } else {
            api.world().advance(Duration::from_secs(3600));
            (by_plan.clone().by(ADMIN), "2026-11-14T10:00:00+09:00")
        };
        assert_eq!(pending(&api, ADMIN).await["awaits_second_admin"], true);
        let agreed = api.ask(&agreed).await.ok();
        assert_eq!((&agreed["awaits_second_admin"], &agreed["effective_at"]), (&json!(false), &json!(effective_at)));
        api.world().advance(Duration::from_secs(24 * 3600 - 1));
        assert_eq!(in_force(&api).await, 1);
        // Until then it can be withdrawn.
        api.world().advance(Duration::from_secs(1));
        assert_eq!(in_force(&api).await, 2);
    }
}

/// NEVER EARLY: time alone brings nothing into force that awaits an admin.
#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_by_a_pending_rulebook_that_awaits_an_admin() {
    let api = under_the_sample().await;
    let id = api.company.upload_sample(crate::api::SAMPLE).await;
    let (policy, staff) = shorter();
    api.ask(&planned(&api, SECOND, &policy, &staff).await).await.ok();
    let expires_at = async || api.get(ADMIN, &format!("/recordings/{id}")).await.ok()["expires_at"].clone();
    // Its moment, a moment later, and a day after the recording's end under it.
    for days in [1, 1, 10] {
        api.world().advance(days * DAY + Duration::from_secs(1));
        api.company.sweep().await.unwrap();
        assert_eq!(expires_at().await, "2026-12-04T00:00:00+09:00");
    }
    assert!(api.company.tombstone(&id).await.is_none());
    let report = api.get("ono", "/reports/retention").await.ok();
    assert_eq!((&report["pending"]["version"], &report["pending"]["awaits_second_admin"]), (&json!(2), &json!(true)));
    api.ask(&planned(&api, ADMIN, &policy, &staff).await).await.ok();
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&id).await.is_none(), "agreed, and a day to withdraw it");
    api.world().advance(DAY);
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&id).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_agrees_after_the_withdrawal_publishes_and_waits_for_the_other() {
    let api = under_the_sample().await;
    let (permits, staff) = permitting();
    api.ask(&publish(&permits, &staff).by(SECOND)).await.ok();
    assert_eq!(api.ask(&withdraw().by(SECOND)).await.ok(), json!({"withdrawn": 2}));
    let answer = api.ask(&publish(&permits, &staff).by(ADMIN)).await.ok();
    assert_eq!(answer["awaits_second_admin"], true);
    assert_eq!(agreements(&api), []);
    api.world().advance(30 * DAY);
    assert_eq!((in_force(&api).await, api.ask(&withdraw().by(SECOND)).await.status), (json!(1), 200));
    // What was agreed to can be withdrawn too, until it is in force.
    api.ask(&publish(&permits, &staff).by(SECOND)).await.ok();
    assert_eq!(api.ask(&publish(&permits, &staff).by(ADMIN)).await.ok()["awaits_second_admin"], false);
    assert_eq!(api.ask(&withdraw().by(SECOND)).await.status, 200);
    api.world().advance(DAY);
    assert_eq!(in_force(&api).await, 1);
}

#[tokio::test(start_paused = true)]
async fn other_line_endings_are_the_same_files_and_any_other_difference_is_none() {
    let (policy, staff) = shorter();
    let lines = |text: &str| text.replace('\n', "\r\n");
    let api = under_the_sample().await;
    api.ask(&planned(&api, SECOND, &policy, &staff).await).await.ok();
    for (policy, staff) in [(format!("{policy}\n"), staff.clone()), (policy.clone(), format!("{staff}\n"))] {
        assert_eq!(api.ask(&publish(&policy, &staff).by(ADMIN)).await.problem(), "pending-stands");
    }
    // As a spreadsheet saves it, by a plan of those very bytes.
    let saved = lines(&staff);
    let (bytes, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(&saved);
    assert!(!is_lossy);
    let plan_id = counted(&api, ADMIN, &lines(&policy), &saved).await;
    let files = json!({"policy": lines(&policy), "staff_base64": BASE64.encode(&bytes), "plan_id": plan_id});
    let agreement = ApiRequest::put("/rulebook", &files).by(ADMIN);
    let agreed = api.ask(&agreement).await.ok();
    assert_eq!((&agreed["version"], &agreed["awaits_second_admin"]), (&json!(2), &json!(false)));
    api.world().advance(DAY);
    let published = api.get(ADMIN, "/rulebook").await.ok();
    assert_eq!(
        (&published["version"], &published["policy"], &published["staff"]),
        (&json!(2), &json!(policy), &json!(staff))
    );
}

#[tokio::test(start_paused = true)]
async fn only_an_admin_of_the_list_in_force_agrees() {
    let (policy, staff) = sample_rulebook();
    // The pending list makes an admin, and another one's login: neither is one yet.
    let raised = policy.replace("admin_limit = 2", "admin_limit = 3");
    let made = with_row(&staff, "sato", "sato,佐藤 花子,,201,,management,admin,,,2026-04-01,");
    let made = format!("{made}yamada,山田 太郎,yamada2,103,,management,admin,,,2026-04-01,\n");
    let api = under(&raised, &staff).await;
    assert_eq!(api.ask(&publish(&raised, &made).by(SECOND)).await.ok()["awaits_second_admin"], true);
    for login in [STAFF, SALES_MANAGER, "ono", "yamada2"] {
        assert_eq!(api.ask(&publish(&raised, &made).by(login)).await.status, 403, "{login}");
    }
    assert_eq!(pending(&api, ADMIN).await["awaits_second_admin"], true);

    // Two logins of one member are one person.
    let two = format!("{staff}hayashi,林 由美,hayashi2,103,,management,admin,,,2026-04-01,\n");
    let (permits, _) = permitting();
    let api = under(&policy, &two).await;
    let first = api.ask(&publish(&permits, &two).by(SECOND)).await.ok();
    assert_eq!(api.ask(&publish(&permits, &two).by("hayashi2")).await.ok(), first);
    assert_eq!(pending(&api, "hayashi2").await["may_agree"], false);
    assert_eq!(agreements(&api), []);

    // `AdminLogin` publishes though no list names it, and agrees to nothing.
    let unnamed = with_row(&staff, "yamada", "watari,渡 一,,100,,management,admin,,,2026-04-01,");
    let api = under(&policy, &unnamed).await;
    let first = api.ask(&publish(&permits, &unnamed).by("watari")).await.ok();
    assert_eq!(api.ask(&publish(&permits, &unnamed).by(ADMIN)).await.ok(), first);
    assert_eq!(pending(&api, ADMIN).await["may_agree"], false);
    api.ask(&withdraw().by(ADMIN)).await.ok();
    assert_eq!(api.ask(&publish(&permits, &unnamed).by(ADMIN)).await.ok()["awaits_second_admin"], true);
    assert_eq!(api.ask(&publish(&permits, &unnamed).by(SECOND)).await.ok()["awaits_second_admin"], false);
}

#[tokio::test(start_paused = true)]
async fn one_whose_post_has_ended_meanwhile_agrees_no_more_and_nobody_is_left_out_for_good() {
    let (policy, staff) = sample_rulebook();
    let last = "hayashi,林 由美,,101,,management,admin,,,2026-04-01,2026-11-14";
    let then_staff = format!("{last}\nhayashi,林 由美,,101,,sales,staff,,,2026-11-15,");
    let (permits, _) = permitting();
    for (row, problem) in [(last, "not-a-member"), (&*then_staff, "not-allowed")] {
        let people = with_row(&staff, "hayashi", row);
        let api = under(&policy, &people).await;
        assert_eq!(api.ask(&publish(&permits, &people).by(ADMIN)).await.ok()["awaits_second_admin"], true);
        api.world().advance(2 * DAY);
        let refused = api.ask(&publish(&permits, &people).by(SECOND)).await;
        assert_eq!((refused.status, refused.problem().as_str()), (403, problem));
        assert_eq!(pending(&api, ADMIN).await["awaits_second_admin"], true);
        assert_eq!(in_force(&api).await, 1);
        // Now nobody else is an admin: withdrawn and published again, it waits for nobody.
        api.ask(&withdraw().by(ADMIN)).await.ok();
        assert_eq!(api.ask(&publish(&permits, &people).by(ADMIN)).await.ok()["awaits_second_admin"], false);
    }
}
