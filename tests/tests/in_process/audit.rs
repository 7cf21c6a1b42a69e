//! The audit read: who searched what, heard what, was refused what; and whose recordings somebody reached.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::audit::{AuditAction, AuditOutcome};
use policy::id::RecordingId;
use policy::rulebook::Role;
use serde_json::{Value, json};
use store::AuditEvent;
use tests::world::{EVERY_FAULT, for_every_fault};

use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, made, sample_expiry};
use tests::company::{ADMIN_LOGIN, Company, sample_rulebook};

/// Another admin of the sample staff list.
const OTHER_ADMIN: &str = "hayashi";

/// One page, as (staff, action, outcome).
fn told(page: &Value) -> Vec<[&str; 3]> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| ["staff", "action", "outcome"].map(|name| item[name].as_str().unwrap())).collect()
}

/// Every page of a question, by its cursors; at most `pages`.
pub(crate) async fn all_pages(api: &Api, login: &str, path: &str, pages: usize) -> Vec<Vec<Value>> {
    let mut read = Vec::new();
    let mut cursor = String::new();
    for _ in 0..pages {
        let page = api.get(login, &format!("{path}{cursor}")).await.ok();
        read.push(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return read,
        }
    }
    panic!("more than {pages} pages");
}

fn event(staff: &str, at: Timestamp, number: usize) -> AuditEvent {
    AuditEvent {
        at,
        day: "2026-11-12".to_owned(),
        operation: format!("request-{number:05}.play"),
        staff: staff.to_owned(),
        role: Some(Role::Manager),
        action: if number.is_multiple_of(100) { AuditAction::Download } else { AuditAction::Play },
        outcome: AuditOutcome::Permitted,
        facts: BTreeMap::from([("recording".to_owned(), format!("recording-{}", number % 50))]),
        asked: BTreeMap::new(),
        origin: None,
        ends_at: at + SignedDuration::from_hours(24 * 400),
    }
}

#[tokio::test(start_paused = true)]
async fn who_searched_heard_and_was_refused_what_is_read_newest_first() {
    let (api, id) = Api::with_sample(1).await;
    api.get(SALES_MANAGER, "/recordings?number=090-1234-5678&team=sales").await.ok();
    api.world().advance(Duration::from_secs(1));
    api.play(SALES_MANAGER, &id).await.ok();
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.play(SUPPORT_MANAGER, &id).await.status, 404);
    api.world().advance(Duration::from_secs(1));
    assert_eq!(api.download(SALES_MANAGER, &id).await.status, 403);
    api.world().advance(Duration::from_secs(1));
    let page = api.get(ADMIN, "/audit").await.ok();
    assert_eq!(
        told(&page),
        [
            [SALES_MANAGER, "download", "refused"],
            [SUPPORT_MANAGER, "play", "refused"],
            [SALES_MANAGER, "play", "permitted"],
            [SALES_MANAGER, "search", "permitted"],
        ]
    );
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().unwrap();
    assert_eq!(
        items[0],
        json!({
            "at": "2026-11-13T09:00:03+09:00", "staff": "kato", "staff_name": "加藤 恵", "role": "manager", "action": "download",
            "outcome": "refused", "reason": "managers_do_not_download", "stated_reason": null, "recording": id.as_str(),
            "facts": {}, "asked": {}, "origin": {"address": "192.0.2.1", "user_agent": "test", "session": null},
        })
    );
    assert_eq!((&items[1]["reason"], &items[1]["recording"]), (&Value::Null, &json!(id.as_str())));
    assert_eq!(items[2]["facts"]["of_team"], "sales");
    assert_eq!(items[3]["asked"], json!({"number": "+819012345678", "team": "sales"}));

    // Reading it is an event of its own.
    api.world().advance(Duration::from_secs(1));
    let page = api.get(AUDITOR, "/audit?staff=yamada&day=2026-11-13").await.ok();
    assert_eq!(told(&page), [[ADMIN, "audit", "permitted"]]);
    assert_eq!(page["items"][0]["facts"], json!({"from": "2026-11-13", "to": "2026-11-13"}));
    let own = api.audit().pop().unwrap();
    assert_eq!(
        (&own["staff"], &own["role"], &own["asked"]),
        (&json!(AUDITOR), &json!("auditor"), &json!({"staff": ADMIN}))
    );
}

#[tokio::test(start_paused = true)]
async fn numbers_are_whole_for_admins_and_four_digits_for_auditors_whatever_they_were_typed_into() {
    let api = Api::new(1).await;
    for (query, status) in
        [("number=090-1234-5678", 200), ("last4=5678", 200), ("line=09012345678", 400), ("extension=201", 200)]
    {
        assert_eq!(api.get(SALES_MANAGER, &format!("/recordings?{query}")).await.status, status);
        api.world().advance(Duration::from_secs(1));
    }
    // Whoever asks the audit for a number leaves one too.
    assert_eq!(api.get(ADMIN, "/audit?staff=09012345678").await.problem(), "unknown-name");
    let asked = async |login: &str| -> Vec<Value> {
        let page = api.get(login, "/audit?day=2026-11-13").await.ok();
        page["items"].as_array().unwrap().iter().map(|item| item["asked"].clone()).collect()
    };
    let whole = asked(ADMIN).await;
    assert_eq!(whole.last().unwrap(), &json!({"number": "+819012345678"}));
    let masked = asked(AUDITOR).await;
    assert_eq!(
        masked[masked.len() - 5..],
        [
            json!({"staff": "***5678"}),
            json!({"extension": "201"}),
            json!({"line": "***5678"}),
            json!({"last4": "5678"}),
            json!({"number": "***5678"}),
        ]
    );
    let page = api.get(AUDITOR, "/audit?day=2026-11-13").await;
    assert!(!String::from_utf8(page.bytes).unwrap().contains("12345678"));
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_for_admins_and_auditors_and_a_refusal_is_an_event() {
    let api = Api::new(1).await;
    let paths = [
        ("/audit", "audit"),
        ("/audit/access?staff=kato", "audit_access"),
        ("/audit/admin-activity", "audit_admin_activity"),
    ];
    for (path, action) in paths {
        for login in [ADMIN, AUDITOR] {
            api.get(login, path).await.ok();
        }
        for login in [SALES_MANAGER, STAFF] {
            api.warm().await;
            let answer = api.get(login, path).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "no-audit"), "{login} {path}");
            assert_eq!(api.take_kinds(), ["dynamodb PutItem rokuban"], "nothing is read for them");
            let event = api.audit().into_iter().rfind(|event| event["staff"] == login).unwrap();
            assert_eq!((&event["action"], &event["outcome"]), (&json!(action), &json!("refused")));
        }
        assert_eq!(api.get("nobody", path).await.problem(), "not-a-member");
    }
    // AdminLogin, no member, reads and publishes the rulebook; the audit is the members'.
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff.replace("\nyamada,", "\nyamamoto,")).await;
    let api = Api::of(company);
    api.get(ADMIN_LOGIN, "/rulebook").await.ok();
    assert_eq!(api.get(ADMIN_LOGIN, "/audit").await.problem(), "not-a-member");
}

#[tokio::test(start_paused = true)]
async fn a_day_of_ten_thousand_events_is_paged_without_a_gap_or_a_repeat() {
    const EVENTS: usize = 10_000;
    let api = Api::new(1).await;
    let table = api.company.table();
    let midnight: Timestamp = "2026-11-12T00:00:00+09:00".parse().unwrap();
    // Several fall into one millisecond.
    let at = |number: usize| midnight + SignedDuration::from_millis(i64::try_from(number / 3).unwrap());
    for number in 0..EVENTS {
        let staff = if number % 40 == 0 { "sato" } else { "kato" };
        table.audit(&event(staff, at(number), number)).await.unwrap();
    }
    api.warm().await;
    let pages = all_pages(&api, AUDITOR, "/audit?day=2026-11-12&limit=100", EVENTS / 100 + 1).await;
    let calls = api.take_kinds();
    let queries = calls.iter().filter(|kind| kind.starts_with("dynamodb Query")).count();
    assert!(queries <= 4 * (EVENTS / 100 + 1), "{queries}");
    let times: Vec<String> = pages.iter().flatten().map(|item| item["at"].as_str().unwrap().to_owned()).collect();
    assert_eq!(times.len(), EVENTS);
    assert!(times.windows(2).all(|two| two[0] >= two[1]), "newest first");
    let by = |name: &str| pages.iter().flatten().filter(|item| item["staff"] == name).count();
    assert_eq!((by("kato"), by("sato")), (9_750, 250));

    // What is asked for is found among what is not; a page may be short.
    let found = all_pages(&api, AUDITOR, "/audit?day=2026-11-12&action=download&limit=100", 20).await;
    assert_eq!(found.iter().flatten().count(), EVENTS / 100);
    let found = all_pages(&api, AUDITOR, "/audit?day=2026-11-12&recording=recording-7&limit=100", 20).await;
    assert_eq!(found.iter().flatten().count(), EVENTS / 50);
    // By member, from the index, over another range.
    let of_sato = all_pages(&api, AUDITOR, "/audit?staff=sato&from=2026-09-01&limit=100", 4).await;
    assert_eq!(of_sato.iter().flatten().count(), 250);
}

#[tokio::test(start_paused = true)]
async fn a_days_events_are_those_of_the_companys_day() {
    let api = Api::new(1).await;
    for (now, who) in [
        ("2026-11-14T23:59:59.999+09:00", SALES_MANAGER),
        ("2026-11-15T00:00:00+09:00", SUPPORT_MANAGER),
        ("2026-11-15T23:59:59.999+09:00", SALES_MANAGER),
        ("2026-11-16T00:00:00+09:00", SUPPORT_MANAGER),
    ] {
        api.world().set_now(now.parse().unwrap());
        api.get(who, "/recordings").await.ok();
    }
    let staff = async |path: &str| -> Vec<String> {
        let page = api.get(ADMIN, path).await.ok();
        told(&page).iter().map(|[staff, ..]| (*staff).to_owned()).collect()
    };
    assert_eq!(staff("/audit?day=2026-11-15").await, [SALES_MANAGER, SUPPORT_MANAGER]);
    assert_eq!(staff("/audit?staff=kato&day=2026-11-15").await, [SALES_MANAGER]);
    assert_eq!(staff("/audit?staff=mori&from=2026-11-15&to=2026-11-15").await, [SUPPORT_MANAGER]);
    assert_eq!(staff("/audit?staff=mori&from=2026-11-14").await, [SUPPORT_MANAGER, SUPPORT_MANAGER]);
    assert_eq!(staff("/audit?day=2026-11-15&outcome=refused").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_kept_as_long_as_the_rulebook_said_when_it_was_written_and_not_a_second_longer() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let with_days = |days: &str| {
        let kept = format!("[keeping]\naudit_days = {days}\n");
        if policy.contains("[keeping]") { policy.replace("[keeping]\n", &kept) } else { format!("{policy}\n{kept}") }
    };
    company.publish(&with_days("400"), &staff).await;
    let api = Api::of(company);
    let written_at = api.world().now();
    api.get(SALES_MANAGER, "/recordings").await.ok();
    // A later rulebook says less; what is written keeps its time.
    api.world().advance(Duration::from_secs(120));
    api.company.publish(&with_days("366"), &staff).await;
    let ends_at = written_at + SignedDuration::from_hours(24 * 400);
    let of_kato = "/audit?staff=kato&day=2026-11-13";
    for (now, count) in [(ends_at - SignedDuration::from_secs(1), 1), (ends_at, 0)] {
        api.world().set_now(now);
        for path in [of_kato, "/audit?day=2026-11-13&action=search"] {
            assert_eq!(told(&api.get(ADMIN, path).await.ok()).len(), count, "{path} {now}");
        }
        let reached = api.get(ADMIN, "/audit/access?staff=kato&from=2026-11-13&to=2026-11-13").await.ok();
        assert_eq!(reached["searches"], json!(count));
    }
    // DynamoDB ends it some time later.
    let written = |api: &Api| api.audit().iter().filter(|event| event["staff"] == "kato").count();
    assert_eq!(written(&api), 1);
    api.world().advance(Duration::from_secs(1));
    api.world().sweep_time_to_live();
    assert_eq!(written(&api), 0);
}

#[tokio::test(start_paused = true)]
async fn whose_recordings_somebody_reached_is_one_answer_even_after_they_are_deleted() {
    let (api, of_sato) = Api::with_sample(1).await;
    let at: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    let teamless = {
        let mut recording = made(1, at);
        recording.view.team = None;
        api.put(&recording).await;
        recording.view.id
    };
    api.get(ADMIN, "/recordings").await.ok();
    let viewed = api.get(ADMIN, &format!("/recordings/{of_sato}")).await.ok();
    assert_eq!(viewed["staff"], "sato");
    api.world().advance(Duration::from_secs(60));
    let played = api.play(ADMIN, &of_sato).await.ok();
    let renewal = json!({"use": "evidence", "reason": "続き", "continues": played["event_id"]});
    api.ask(&ApiRequest::post(&format!("/recordings/{of_sato}/play"), &renewal).by(ADMIN)).await.ok();
    api.download(ADMIN, &of_sato).await.ok();
    api.world().advance(Duration::from_secs(60));
    api.play(ADMIN, &teamless).await.ok();
    // Neither is reached: another's, and what was refused.
    api.play(SALES_MANAGER, &of_sato).await.ok();
    assert_eq!(api.play(ADMIN, &RecordingId::of("bucket", "key", "version")).await.status, 404);

    let path = "/audit/access?staff=yamada&from=2026-11-01&to=2026-11-30";
    let expected = json!({
        "staff": "yamada", "staff_name": "山田 太郎", "from": "2026-11-01", "to": "2026-11-30",
        "searches": 1, "is_complete": true,
        "items": [
            {"staff": null, "staff_name": null, "team": null, "recordings": [{
                "recording": teamless.as_str(), "views": 0, "plays": 1, "renewals": 0, "downloads": 0,
                "first_at": "2026-11-13T09:02:00+09:00", "last_at": "2026-11-13T09:02:00+09:00",
            }]},
            {"staff": "sato", "staff_name": "佐藤 花子", "team": "sales", "recordings": [{
                "recording": of_sato.as_str(), "views": 1, "plays": 1, "renewals": 1, "downloads": 1,
                "first_at": "2026-11-13T09:00:00+09:00", "last_at": "2026-11-13T09:01:00+09:00",
            }]},
        ],
    });
    assert_eq!(api.get(AUDITOR, path).await.ok(), expected);
    api.world().set_now(sample_expiry());
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&of_sato).await.is_some());
    assert_eq!(api.get(AUDITOR, path).await.ok(), expected);
    for (query, parameter) in [("", "staff"), ("?staff=kato&from=2026-08-01&to=2026-11-13", "from")] {
        let answer = api.get(AUDITOR, &format!("/audit/access{query}")).await;
        assert_eq!((answer.status, &answer.json()["parameter"]), (400, &json!(parameter)), "{query}");
    }
    assert_eq!(api.get(AUDITOR, "/audit/access?staff=kato&day=2026-11-13").await.problem(), "unknown-parameter");
}

#[tokio::test(start_paused = true)]
async fn a_month_names_every_admin_with_what_they_did_and_those_who_did_nothing() {
    let (api, id) = Api::with_sample(1).await;
    let days = ["2026-11-13T09:00:00+09:00", "2026-11-14T23:59:59+09:00"].map(|at| at.parse::<Timestamp>().unwrap());
    for day in days {
        api.world().set_now(day);
        let played = api.play(ADMIN, &id).await.ok();
        let renewal = json!({"use": "evidence", "reason": "続き", "continues": played["event_id"]});
        api.ask(&ApiRequest::post(&format!("/recordings/{id}/play"), &renewal).by(ADMIN)).await.ok();
        api.play(SALES_MANAGER, &id).await.ok();
    }
    api.download(ADMIN, &id).await.ok();
    assert_eq!(api.play(ADMIN, &RecordingId::of("bucket", "key", "version")).await.status, 404);
    let (policy, staff) = sample_rulebook();
    // Published, and by then off the list: what was done stays told.
    let without = staff.replace(
        "yamada,山田 太郎,,100,,management,admin,,,2026-04-01,",
        "yamada,山田 太郎,,100,,management,manager,management,,2026-04-01,",
    );
    assert_ne!(without, staff);
    api.ask(&ApiRequest::put("/rulebook", &json!({"policy": policy, "staff": without})).by(ADMIN)).await.ok();
    api.world().advance(Duration::from_secs(2 * 86_400));
    for _ in 0..2 {
        // Twice is once.
        api.company.run_schedule("roll_up").await;
        for day in ["2026-11-13", "2026-11-14"] {
            api.company.run_job(&store::Job::RollUp { day: day.parse().unwrap() }).await;
        }
    }
    let report = api.get(AUDITOR, "/audit/admin-activity?month=2026-11").await.ok();
    assert_eq!(report["month"], "2026-11");
    let nothing = |staff: &str, name: &str| {
        json!({
            "staff": staff, "name": name, "plays": 0, "renewals": 0, "downloads": 0, "deletions": 0, "approvals": 0,
            "corrections": 0, "searches": 0, "publications": 0, "withdrawals": 0, "refusals": 0, "others": {},
        })
    };
    let mut yamada = nothing(ADMIN, "山田 太郎");
    for (what, count) in [("plays", 2), ("renewals", 2), ("downloads", 1), ("publications", 1), ("refusals", 1)] {
        yamada[what] = json!(count);
    }
    assert_eq!(report["items"], json!([nothing(OTHER_ADMIN, "林 由美"), yamada]));
    let missing: BTreeSet<&str> =
        report["pending_days"].as_array().unwrap().iter().map(|day| day.as_str().unwrap()).collect();
    assert!(missing.contains("2026-11-01") && !missing.contains("2026-11-13") && !missing.contains("2026-11-16"));
    let answer: Answer = api.get(AUDITOR, "/audit/admin-activity?month=2026-12").await;
    assert_eq!((answer.status, &answer.json()["parameter"]), (400, &json!("month")));
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_nothing_of_the_audit_is_told_whose_reading_is_no_event() {
    for path in ["/audit", "/audit?staff=kato", "/audit/access?staff=kato", "/audit/admin-activity"] {
        let tried = for_every_fault(
            EVERY_FAULT,
            async || {
                let (api, id) = Api::with_sample(1).await;
                for _ in 0..3 {
                    api.play(SALES_MANAGER, &id).await.ok();
                }
                api.world().clone()
            },
            async |world| Api::over(world).get(AUDITOR, path).await,
            async |world, fault, answer| {
                let api = Api::over(world);
                let is_read = |event: &Value| event["staff"] == AUDITOR && event["outcome"] == "permitted";
                let events = api.audit().iter().filter(|event| is_read(event)).count();
                match answer.status {
                    200 => assert_eq!(events, 1, "{path} {fault:?}"),
                    500 | 503 => assert!(events <= 1 && fault.is_some(), "{path} {fault:?}"),
                    other => panic!("{other}: {path} {fault:?}"),
                }
                // However short a page of DynamoDB's was, nothing is left out.
                if answer.status == 200 && path.starts_with("/audit?staff") {
                    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 3, "{fault:?}");
                }
                if answer.status == 200 && path.starts_with("/audit/access") {
                    assert_eq!(answer.json()["items"][0]["recordings"][0]["plays"], 3, "{fault:?}");
                }
            },
        )
        .await;
        assert!(tried >= 8, "{path}: {tried}");
    }
}
