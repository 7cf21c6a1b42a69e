//! The circuit breaker on the deployed local cloud: a rulebook that would delete two thirds of the calls is stopped, and
//! an admin lets a count through.

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::company;
use crate::stack::{PATIENCE, ask, put, stack, wait_for, wav};

/// More than a day loses of so few calls without an approval: 20.
const CALLS: usize = 30;

/// More than all tests delete in a day.
const ENOUGH: u64 = 10_000;

/// The class stands first: the first that fits is a call's class.
fn with_class(policy: &str, days: u32, retroactive: &str) -> String {
    let class = format!(
        "[[retention]]\nclass = \"e2e-stopped\"\nwhen = {{ direction = \"unknown\" }}\nkeep_days = {days}\n{retroactive}\n"
    );
    let (before, after) = policy.split_once("[[retention]]").unwrap();
    format!("{before}{class}\n[[retention]]{after}\n[keeping]\nsettle_hours = 0\n")
}

async fn count_in_bucket() -> usize {
    let s3 = aws_sdk_s3::Client::new(&stack().sdk_config());
    let versions = s3.list_object_versions().bucket(stack().text("recordings_bucket")).prefix("e2e/stopped-day/");
    versions.send().await.unwrap().versions().len()
}

fn today() -> Value {
    let days = ask("ono", "GET", "/sweeps", None);
    assert_eq!(days.status, 200, "{days:?}");
    days.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|day| day["day"] == company::today().to_string())
        .cloned()
        .unwrap_or_default()
}

/// The day's figures start again at midnight: a test that would run over it begins after it.
async fn wait_out_midnight() {
    let midnight = (company::today() + 1.day()).to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap()).unwrap();
    let left = midnight.timestamp().duration_since(Timestamp::now());
    if left < SignedDuration::from_mins(15) {
        tokio::time::sleep(left.unsigned_abs()).await;
    }
}

fn may_lose(day: &Value) -> u64 {
    day["allowed"].as_u64().unwrap() + day["approved"].as_u64().unwrap()
}

/// Waits until the day has lost all it may, and more waits.
async fn wait_for_stop(approved: u64) -> Value {
    let begun = Instant::now();
    loop {
        let day = today();
        if day["is_stopped"] == true && day["approved"] == approved && day["taken"] == may_lose(&day) {
            return day;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing stopped it: {day}, {} are left", count_in_bucket().await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn approve(login: &str, count: u64) -> u16 {
    let body = json!({"day": company::today().to_string(), "count": count});
    ask(login, "POST", "/sweeps/approval", Some(&body)).status
}

#[tokio::test]
#[ignore = "needs a local cloud: cargo xtask test"]
async fn a_rulebook_that_would_delete_most_calls_is_stopped_and_an_admin_lets_a_count_through() {
    wait_out_midnight().await;
    let _only_publisher = company::PUBLISHING.lock().await;
    let (policy, staff) = company::in_force();
    company::publish(&with_class(&policy, 60, ""), &staff);
    let started_at = (Timestamp::now() - SignedDuration::from_hours(24 * 30)).to_string();
    let mut ids = Vec::new();
    for number in 0..CALLS {
        let call_id = format!("e2e-stopped-{number}");
        let metadata = [("call-id", call_id.as_str()), ("started-at", started_at.as_str())];
        ids.push(put(&format!("e2e/stopped-day/{number}.wav"), wav(), &metadata).await);
    }
    for id in &ids {
        assert_eq!(wait_for(id, 200).json()["retention_class"], "e2e-stopped");
    }

    let shorter = with_class(&policy, 20, "retroactive = true");
    let plan = company::plan(&shorter, &staff);
    assert_eq!((&plan["counts"]["sooner"], &plan["counts"]["at_once"]), (&json!(CALLS), &json!(CALLS)), "{plan}");
    company::publish(&shorter, &staff);
    let day = wait_for_stop(today()["approved"].as_u64().unwrap_or_default()).await;
    let (left, approved) = (count_in_bucket().await, day["approved"].as_u64().unwrap());
    let allowed = usize::try_from(may_lose(&day)).unwrap();
    assert!(left >= CALLS - allowed.min(CALLS) && left > 3, "{day}, {left} left");

    // The one who published it approves nothing.
    assert_eq!(approve("yamada", approved + 3), 403);
    assert_eq!(approve("hayashi", approved + 3), 200);
    wait_for_stop(approved + 3).await;
    let begun = Instant::now();
    while count_in_bucket().await != left - 3 {
        assert!(begun.elapsed() < PATIENCE, "{} of {left} are left", count_in_bucket().await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(approve("hayashi", approved + ENOUGH), 200);
    for id in &ids {
        wait_for(id, 410);
    }
    let begun = Instant::now();
    while count_in_bucket().await > 0 {
        assert!(begun.elapsed() < PATIENCE, "{} are left", count_in_bucket().await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    company::publish(&policy, &staff);
}
