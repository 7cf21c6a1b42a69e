//! Each role on the local cloud sees exactly its share, and a change of role bites within 60 s.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::company::{self, CHANGES_ROLE, SUCCESSOR};
use crate::stack::{ask, search, stack, start_of, token};

/// A sample as `expected.json` tells it, with the id that the upload gave it.
struct Sample {
    id: String,
    line: Value,
}

/// What somebody is to a recording, told from the sample's line and the staff list alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// Admins: everything.
    All,
    /// Managers, of the team at the time of the call.
    Managed,
    /// The calls that were handed over.
    HandedOver,
    /// The facts of their own young calls.
    Facts,
    /// Auditors: the custody.
    Custody,
    /// Not even that there is one.
    Nothing,
}

impl Sample {
    fn all() -> Vec<Self> {
        let file = stack().directory.join("samples.json");
        let uploaded: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let id = |key: &Value| uploaded.values().find(|held| held["key"] == *key).unwrap()["id"].as_str().unwrap();
        let lines = stack().expected();
        lines.into_iter().map(|line| Self { id: id(&line["key"]).to_owned(), line }).collect()
    }

    fn is_quarantined(&self) -> bool {
        self.line["quarantine"].is_string()
    }

    fn has_no_sound(&self) -> bool {
        self.line["quarantine"].as_str().is_some_and(|reason| ["empty", "no_audio", "not_audio"].contains(&reason))
    }

    fn is_of_team(&self, teams: &[&str]) -> bool {
        self.line["team"].as_str().is_some_and(|team| teams.contains(&team))
    }

    /// Whether it was taken by a member, no more than so many days ago.
    fn is_call_of(&self, staff: &str, days: Option<i64>) -> bool {
        let is_young = |days: i64| {
            let day = start_of(&self.line).to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap()).date();
            company::today() <= day + days.days()
        };
        self.line["staff"] == staff && days.is_none_or(is_young)
    }

    /// By DESIGN's table.
    fn share(&self, login: &str) -> Share {
        let is_active = !self.is_quarantined();
        match login {
            "yamada" => Share::All,
            "kato" if is_active && self.is_of_team(&["sales"]) => Share::Managed,
            "mori" if is_active && self.is_of_team(&["support", "general"]) => Share::Managed,
            "watanabe" if is_active && self.is_of_team(&["accounting"]) => Share::Managed,
            "sato" | "suzuki" if is_active && self.is_call_of(login, Some(7)) => Share::Facts,
            SUCCESSOR if is_active && self.is_call_of("sato", None) => Share::HandedOver,
            "ono" => Share::Custody,
            _ => Share::Nothing,
        }
    }

    /// The statuses of the facts, custody, play, download, and a correction: a sound one of those who may not,
    /// one that says nothing of those who may.
    fn statuses(&self, login: &str) -> [u16; 5] {
        match self.share(login) {
            // An admin hears what is in quarantine, where there is something to hear, and nothing leaves it.
            Share::All if self.has_no_sound() => [200, 200, 409, 409, 400],
            Share::All if self.is_quarantined() => [200, 200, 200, 403, 400],
            Share::All => [200, 200, 200, 200, 400],
            Share::Managed => [200, 200, 200, 403, 403],
            Share::HandedOver => [200, 403, 200, 403, 403],
            Share::Facts => [200, 403, 403, 403, 403],
            Share::Custody => [404, 200, 404, 404, 404],
            Share::Nothing => [404; 5],
        }
    }
}

/// Everybody with a share of their own, and one with none.
const EVERYBODY: [&str; 8] = ["yamada", "kato", "mori", "sato", "suzuki", SUCCESSOR, "ono", "watanabe"];

/// 4 at once: more than two processors have to do, and fewer requests a second than the API takes.
const AT_ONCE: usize = 4;

/// Sees to it that those who have no user of the sample's have an access token.
fn with_tokens() {
    company::with_own_members();
    for login in [SUCCESSOR, CHANGES_ROLE] {
        crate::tokens::sign_in_as(login);
    }
}

fn statuses(login: &str, id: &str) -> [u16; 5] {
    let body = json!({"use": "evidence", "reason": "each role and its share"});
    let path = format!("/recordings/{id}");
    let facts = if login == "yamada" { json!({}) } else { json!({"extension": "202"}) };
    [
        ask(login, "GET", &path, None).status,
        ask(login, "GET", &format!("{path}/custody"), None).status,
        ask(login, "POST", &format!("{path}/play"), Some(&body)).status,
        ask(login, "POST", &format!("{path}/download"), Some(&body)).status,
        ask(login, "PUT", &format!("{path}/facts"), Some(&json!({"facts": facts, "reason": "none"}))).status,
    ]
}

#[test]
#[ignore = "needs a local cloud: cargo xtask test"]
fn each_role_gets_of_every_route_and_every_sample_exactly_its_share() {
    with_tokens();
    let samples = Sample::all();
    assert_eq!(samples.len(), 22);
    // Every kind of share is somebody's: none of the expectations stands for nothing.
    let shares: BTreeSet<String> = EVERYBODY
        .iter()
        .flat_map(|login| samples.iter().map(move |sample| format!("{:?}", sample.share(login))))
        .collect();
    assert_eq!(shares.len(), 6, "{shares:?}");
    for at_once in EVERYBODY.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for login in at_once {
                scope.spawn(|| gets_exactly_its_share(login, &samples));
            }
        });
    }
}

fn gets_exactly_its_share(login: &str, samples: &[Sample]) {
    let known: BTreeSet<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    let listed = |query: &str| -> BTreeSet<String> {
        let ids = search(login, query).into_iter().map(|item| item["id"].as_str().unwrap().to_owned());
        ids.filter(|id| known.contains(id.as_str())).collect()
    };
    for sample in samples {
        let what = format!("{login} {:?} {}", sample.share(login), sample.line["key"]);
        assert_eq!(statuses(login, &sample.id), sample.statuses(login), "{what}");
    }
    for (query, quarantined) in [("", false), ("state=quarantined", true)] {
        let may = |sample: &&Sample| sample.is_quarantined() == quarantined && sample.statuses(login)[0] == 200;
        let expected: BTreeSet<String> = samples.iter().filter(may).map(|sample| sample.id.clone()).collect();
        if login == "ono" {
            // Auditors search nothing: an empty list would say that there is nothing.
            assert!(expected.is_empty() && ask(login, "GET", "/recordings", None).status == 403, "{login} {query}");
            continue;
        }
        assert_eq!(listed(query), expected, "{login} {query}");
    }
    let is_admin = login == "yamada";
    let me = ask(login, "GET", "/me", None).json();
    assert_eq!((&me["id"], &me["publishes_rulebook"]), (&json!(login), &json!(is_admin)));
    let or_refused = |status: u16| if is_admin { status } else { 403 };
    let faulty = json!({"policy": "", "staff": ""});
    assert_eq!(
        ask(login, "GET", "/rulebook", None).status,
        if login == "ono" { 200 } else { or_refused(200) },
        "{login}"
    );
    assert_eq!(ask(login, "PUT", "/rulebook", Some(&faulty)).status, or_refused(422), "{login}");
    if !is_admin {
        assert_eq!(ask(login, "DELETE", "/rulebook/pending", None).status, 403, "{login}");
    }
    let sees_reports = is_admin || ["kato", "mori", "watanabe", "ono"].contains(&login);
    assert_eq!(ask(login, "GET", "/reports/notice", None).status, if sees_reports { 200 } else { 403 }, "{login}");
}

/// Asks until the answer has a status; how long that took.
fn until(status: u16, path: &str) -> Duration {
    let begun = Instant::now();
    loop {
        let answer = ask(CHANGES_ROLE, "GET", path, None);
        if answer.status == status {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs a local cloud: cargo xtask test"]
fn a_change_of_role_bites_within_60_seconds_of_its_taking_effect() {
    with_tokens();
    let _only_publisher = company::PUBLISHING.blocking_lock();
    let samples = Sample::all();
    let of_sales = samples.iter().find(|sample| sample.is_of_team(&["sales"])).unwrap();
    let path = format!("/recordings/{}", of_sales.id);
    let held = token(CHANGES_ROLE);
    let (policy, staff) = company::in_force();
    until(200, &path);
    let from = company::today() - 40.days();
    let as_staff = format!("{CHANGES_ROLE},異動 試,,,,support,staff,,,{from},");
    company::publish(&policy, &company::with_row(&staff, CHANGES_ROLE, Some(&as_staff)));
    until(404, &path);
    assert_eq!(statuses(CHANGES_ROLE, &of_sales.id), [404; 5]);
    company::publish(&policy, &company::with_row(&staff, CHANGES_ROLE, None));
    until(403, "/me");
    assert_eq!(statuses(CHANGES_ROLE, &of_sales.id), [403; 5]);
    company::publish(&policy, &staff);
    until(200, &path);
    assert_eq!(held, token(CHANGES_ROLE), "all the while with one and the same token");
}
