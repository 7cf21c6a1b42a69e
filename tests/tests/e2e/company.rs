//! The company that the tests share: the sample rulebook, and members of the tests' own beside it, so that a test
//! can change what they are without changing what another test sees.

use std::sync::Once;
use std::time::Instant;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use policy::id::RecordingId;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::stack::{PATIENCE, ask};

/// Held by whoever publishes, until what it published needs no longer stand.
pub(crate) static PUBLISHING: Mutex<()> = Mutex::const_new(());

/// Manages sales; nobody signs in as this one but the tests of tokens.
pub(crate) const TOKENS_MANAGER: &str = "e2e-kanri";
/// Was a member until yesterday.
pub(crate) const ENDED: &str = "e2e-kinou";
/// Will be a member the day after tomorrow: a test that runs over midnight meets no first day.
pub(crate) const BEGINS: &str = "e2e-asatte";
/// Of support; the calls of `sato` are handed over to this one.
pub(crate) const SUCCESSOR: &str = "e2e-atotsugi";
/// Manages sales until a test says otherwise.
pub(crate) const CHANGES_ROLE: &str = "e2e-idou";

/// What stands before the tests' own part of policy.
const MARK: &str = "\n# The tests' own:\n";

/// Today in the company's zone.
pub(crate) fn today() -> Date {
    jiff::Timestamp::now().to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap()).date()
}

/// The policy and the staff list in force.
pub(crate) fn in_force() -> (String, String) {
    let current = ask("yamada", "GET", "/rulebook", None).json();
    let text = |name: &str| current[name].as_str().unwrap().to_owned();
    (text("policy"), text("staff"))
}

/// Publishes, and waits until it is in force; when it came to be. Whoever calls this holds [`PUBLISHING`].
pub(crate) fn publish(policy: &str, staff: &str) -> Instant {
    let mut body = json!({"policy": policy, "staff": staff});
    let begun = Instant::now();
    let version = loop {
        let answer = ask("yamada", "PUT", "/rulebook", Some(&body));
        // The one before may wait to come into force.
        if answer.status == 200 {
            break answer.json()["version"].clone();
        }
        assert_eq!(answer.status, 409, "{answer:?}");
        if answer.json()["type"].as_str().unwrap().ends_with("plan-needed") {
            body["plan_id"] = plan(policy, staff)["id"].clone();
            continue;
        }
        assert!(begun.elapsed() < PATIENCE, "another rulebook waits");
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    // `GET /rulebook` reads the pointer itself, cached nowhere.
    while ask("yamada", "GET", "/rulebook", None).json()["version"] != version {
        assert!(begun.elapsed() < PATIENCE, "the rulebook did not come into force");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Instant::now()
}

/// Has it counted what a rulebook would do, and waits for it.
pub(crate) fn plan(policy: &str, staff: &str) -> Value {
    let begun = Instant::now();
    let made = ask("yamada", "POST", "/rulebook/plan", Some(&json!({"policy": policy, "staff": staff})));
    assert_eq!(made.status, 202, "{made:?}");
    let path = format!("/rulebook/plans/{}", made.json()["id"].as_str().unwrap());
    loop {
        let plan = ask("yamada", "GET", &path, None).json();
        if plan["state"] == "ready" {
            return plan;
        }
        assert!(begun.elapsed() < PATIENCE, "the plan was not counted: {plan}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Publishes the policy in force with more at its end; what was in force. Whoever calls this holds [`PUBLISHING`].
pub(crate) fn publish_with(more: &str) -> (String, String) {
    let (policy, staff) = in_force();
    publish(&format!("{policy}\n{more}"), &staff);
    (policy, staff)
}

/// Sees to it that the tests' own members stand.
pub(crate) fn with_own_members() {
    static PUBLISHED: Once = Once::new();
    PUBLISHED.call_once(|| {
        let _only_publisher = PUBLISHING.blocking_lock();
        let (policy, staff) = in_force();
        let (policy, _) = policy.split_once(MARK).unwrap_or((&policy, ""));
        let others: String =
            staff.lines().filter(|row| !row.starts_with("e2e-")).map(|row| format!("{row}\n")).collect();
        let (from, yesterday, later) = (today() - 40.days(), today() - 1.day(), today() + 2.days());
        let handover = format!("[[handover]]\nfrom = \"sato\"\nto = \"{SUCCESSOR}\"\nsince = {yesterday}\n");
        let own = format!(
            "{TOKENS_MANAGER},管理 試,,,,sales,manager,sales,,{from},\n\
             {ENDED},昨日 試,,,,sales,manager,sales,,{from},{yesterday}\n\
             {BEGINS},明後 試,,,,sales,manager,sales,,{later},\n\
             {SUCCESSOR},後継 試,,,,support,staff,,,{from},\n\
             {CHANGES_ROLE},異動 試,,,,sales,manager,sales,,{from},\n"
        );
        publish(&format!("{policy}{MARK}{handover}"), &format!("{others}{own}"));
    });
}

/// The rows of the staff list in force with one of them changed, or taken out.
pub(crate) fn with_row(staff: &str, id: &str, row: Option<&str>) -> String {
    let rows = staff.lines().filter_map(|line| match line.split(',').next() {
        Some(first) if first == id => row,
        _ => Some(line),
    });
    rows.map(|row| format!("{row}\n")).collect()
}

/// An admin says what a recording is, which brings its end nearer, and a second one says the same.
pub(crate) fn two_admins_correct(id: &RecordingId, facts: &Value) {
    let body = json!({"facts": facts, "reason": "the recorder's clock was checked"});
    for (login, status, state) in [("yamada", 202, "awaits_a_second_person"), ("hayashi", 200, "corrected")] {
        let answer = ask(login, "PUT", &format!("/recordings/{id}/facts"), Some(&body));
        assert_eq!((answer.status, &answer.json()["state"]), (status, &json!(state)), "{answer:?}");
    }
}
