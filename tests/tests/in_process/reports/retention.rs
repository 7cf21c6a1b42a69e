//! What is kept and when it ends, and how many days after the call recordings were needed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::date;
use policy::report::age_at_use::{Line, NeedKind};
use serde_json::{Value, json};
use store::{ReportKind, RollUp};
use tests::company::sample_rulebook;

use crate::api::{ADMIN, AUDITOR, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF};
use crate::plans::planned;

#[tokio::test(start_paused = true)]
async fn the_retention_report_says_what_ends_when_and_what_a_pending_rulebook_changes() {
    let (api, _) = Api::with_sample(1).await;
    let report = async || api.get(AUDITOR, "/reports/retention").await.ok();
    let empty = report().await;
    assert_eq!((&empty["counted_on"], &empty["items"], &empty["storage"]), (&Value::Null, &json!([]), &Value::Null));
    api.company.run_schedule("roll_up").await;
    api.company.run_schedule("reconcile").await;
    let found = report().await;
    assert_eq!((&found["counted_on"], &found["calls"]), (&json!("2026-11-13"), &json!(1)));
    let bytes = tests::company::sample(SAMPLE).len();
    assert_eq!(found["items"], json!([{"day": "2026-12-04", "class": "standard", "calls": 1, "bytes": bytes}]));
    let all = json!({"bytes": bytes, "cents_a_month": 1});
    let nothing = json!({"bytes": 0, "cents_a_month": 0});
    assert_eq!(found["by_class"], json!([{"class": "standard", "calls": 1, "storage": all}]));
    assert_eq!(found["held"]["storage"], nothing);
    assert_eq!(found["storage"], json!({"objects": 1, "bytes": bytes, "cents_a_month": 1}));
    assert_eq!(found["pending"], Value::Null);
    let (policy, staff) = sample_rulebook();
    let shorter = policy.replace("keep_days = 30", "keep_days = 20\nretroactive = true");
    api.ask(&planned(&api, "hayashi", &shorter, &staff).await).await.ok();
    let pending = json!({
        "version": 2, "effective_at": "2026-11-14T09:00:00+09:00", "awaits_second_admin": false, "sooner": 1, "later": 0,
        "sooner_storage": all, "later_storage": nothing,
    });
    assert_eq!(report().await["pending"], pending);
    let file = api.ask(&ApiRequest::get("/reports/retention").by(AUDITOR).header("accept", "text/csv")).await;
    let text = String::from_utf8(file.bytes).unwrap();
    let expected = format!("period,2026-12-04,standard,1,{bytes},1\r\npending_sooner,,,1,{bytes},1\r\n");
    assert_eq!(text.split_once('\n').unwrap().1, expected);
    for login in [SALES_MANAGER, STAFF] {
        for path in ["/reports/retention", "/reports/age-at-use"] {
            assert_eq!(api.get(login, path).await.problem(), "no-reports");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_calls_take_up_is_their_share_by_what_holds_them_and_nothing_before_it_is_measured() {
    let (api, id) = Api::with_sample(1).await;
    let metadata = [
        ("call-id", "held"),
        ("started-at", "2026-11-11T10:00:00+09:00"),
        ("direction", "inbound"),
        ("extension", "201"),
        ("counterpart", "withheld"),
    ];
    let audio = [tests::company::sample(SAMPLE), b"held".to_vec()].concat();
    let total = audio.len() + tests::company::sample(SAMPLE).len();
    let stopped = api.company.upload("other/a/held.flac", audio, &metadata).await;
    let hold = ApiRequest::post(&format!("/recordings/{stopped}/holds"), &json!({"reason": "係争のおそれがあるため"}));
    assert_eq!(api.ask(&hold.by(ADMIN)).await.status, 201);
    api.company.run_schedule("roll_up").await;
    let unmeasured = api.get(AUDITOR, "/reports/retention").await.ok();
    let storage = &unmeasured["by_class"][0]["storage"];
    assert_eq!((&unmeasured["items"][0]["bytes"], storage), (&Value::Null, &Value::Null));
    assert_eq!(unmeasured["held"]["storage"], Value::Null);
    api.company.run_schedule("reconcile").await;
    let found = api.get(AUDITOR, "/reports/retention").await.ok();
    assert_eq!((&found["calls"], &found["held"]["calls"]), (&json!(1), &json!(1)), "{id}");
    let half = json!({"bytes": total / 2, "cents_a_month": 1});
    assert_eq!((&found["held"]["storage"], &found["by_class"][0]["storage"]), (&half, &half));
    let kinds = found["held"]["by_kind"].as_array().unwrap();
    let of_kinds: Vec<_> = kinds.iter().map(|kind| (kind["kind"].as_str().unwrap(), &kind["storage"])).collect();
    let nothing = json!({"bytes": 0, "cents_a_month": 0});
    assert_eq!(of_kinds, [("legal", &half), ("case", &nothing), ("provisional", &nothing)]);

    let file = ApiRequest::get("/reports/retention?conditions=true").by(AUDITOR).header("accept", "text/csv");
    let file = api.ask(&file.header("accept-language", "ja")).await;
    let text = String::from_utf8(file.bytes).unwrap();
    let lines = [
        "日,2026-11-13".to_owned(),
        ",".to_owned(),
        "区分,削除される日,保存区分,通話,容量の目安（バイト）,月の保存料金の目安（米セント）".to_owned(),
        format!("保存期間,2026-12-04,standard,1,{},1", total / 2),
        format!("削除停止（係争・調査）,,,1,{},1", total / 2),
    ];
    assert_eq!(text.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(), lines);
    let event = api.audit().into_iter().next_back().unwrap();
    assert_eq!((&event["action"], &event["facts"]["what"]), (&json!("export"), &json!("retention")));
}

#[tokio::test(start_paused = true)]
async fn what_is_played_counts_by_its_age_once_a_day() {
    let (api, id) = Api::with_sample(1).await;
    for _ in 0..2 {
        api.play(SALES_MANAGER, &id).await.ok();
        api.download(ADMIN, &id).await.ok();
    }
    api.world().advance(Duration::from_secs(24 * 3600));
    api.play(SALES_MANAGER, &id).await.ok();
    api.company.run_schedule("roll_up").await;
    let report = api.get(AUDITOR, "/reports/age-at-use?from=2026-11-01&to=2026-11-14").await.ok();
    assert_eq!(report["days_counted"], 2);
    let item = &report["items"][0];
    assert_eq!(
        (&item["purpose"], &item["class"], &item["keep_days"]),
        (&json!("evidence"), &json!("standard"), &json!(30))
    );
    assert_eq!(item["by_kind"], json!({"played": 2, "case": 0, "shared": 0, "released": 0, "missed": 0}));
    let curve = json!([{"days": 10, "served": 1, "percent": 50}, {"days": 11, "served": 2, "percent": 100}]);
    assert_eq!(item["curve"], curve);
    assert_eq!(item["suggestion"], json!({"is": "too_few", "uses": 2, "needed": 30}));
    let japanese = ApiRequest::get("/reports/age-at-use").by(AUDITOR).header("accept-language", "ja");
    let text = api.ask(&japanese).await.ok()["items"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("まだ判断できません"), "{text}");
    let wrong = api.get(AUDITOR, "/reports/age-at-use?from=2025-11-12&to=2026-11-13").await;
    assert_eq!((wrong.status, wrong.json()["parameter"].as_str()), (400, Some("from")));
}

/// A year's needs, `factor` times: on each day one after `day % 40` days, every tenth a case after 60, every 73rd missed
/// after 100.
async fn a_year(factor: u64) -> (Api, BTreeMap<u32, u64>) {
    let api = Api::new(1).await;
    let mut by_hand: BTreeMap<u32, u64> = BTreeMap::new();
    let first = date(2025, 11, 14);
    for number in 0..365_u32 {
        let line = |kind, purpose: &str, age_days| Line {
            kind,
            purpose: purpose.to_owned(),
            class: "contracts".to_owned(),
            age_days,
            count: factor,
        };
        let mut lines = vec![line(NeedKind::Played, "evidence", number % 40)];
        if number % 10 == 0 {
            lines.push(line(NeedKind::Case, "evidence", 60));
        }
        if number % 73 == 0 {
            lines.push(line(NeedKind::Missed, "", 100));
        }
        for line in &lines {
            *by_hand.entry(line.age_days).or_default() += factor;
        }
        let day = first.checked_add(i64::from(number).days()).unwrap();
        let roll_up = RollUp { computed_at: api.world().now(), lines };
        api.company.table().put_roll_up(ReportKind::AgeAtUse, day, &roll_up).await.unwrap();
    }
    (api, by_hand)
}

#[tokio::test(start_paused = true)]
async fn a_years_curve_is_what_is_computed_by_hand_and_costs_the_same_after_ten_times_the_events() {
    let mut costs = Vec::new();
    for factor in [1, 10] {
        let (api, by_hand) = a_year(factor).await;
        api.warm().await;
        let report = api.get(AUDITOR, "/reports/age-at-use").await.ok();
        costs.push(api.take_kinds().len());
        assert_eq!(report["days_counted"], 365);
        let item = &report["items"][0];
        let uses: u64 = by_hand.values().sum();
        assert_eq!(uses, (365 + 37 + 5) * factor);
        assert_eq!(item["uses"], uses);
        assert_eq!(item["by_kind"]["missed"], 5 * factor, "the period's own needs, and those it could not serve");
        let points = item["curve"].as_array().unwrap();
        assert_eq!(points.len(), by_hand.len());
        for (point, (age, _)) in points.iter().zip(&by_hand) {
            let served: u64 = by_hand.iter().filter(|(other, _)| *other <= age).map(|(_, count)| count).sum();
            assert_eq!(*point, json!({"days": age, "served": served, "percent": served * 100 / uses}));
        }
        // 365 of 407 came within 39 days, 89 in 100; with the cases 402, 98 in 100.
        let shorter =
            json!({"is": "shorter", "within_days": 60, "keep_days": 90, "would_do_days": 60, "less_percent": 32});
        assert_eq!(item["suggestion"], shorter);
        assert_eq!(item["text"], "95 % of needs came within 60 days; you keep 90; 60 would do and store 32 % less.");
    }
    assert_eq!(costs[0], costs[1]);
    assert!(costs[0] <= 366 + 2, "a day is one read: {costs:?}");
}
