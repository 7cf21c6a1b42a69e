//! A manager's day on the deployed local cloud: find by name, by plain day, by the beginning of a number, follow a lost
//! call, read quarantine, take the list away as a browser does and open it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::stack::{Answer, PATIENCE, ask, samples, search, send, start_of};

/// A manager of sales, a manager of support, an admin.
const MANAGER: &str = "kato";
const OF_ANOTHER_TEAM: &str = "mori";
const ADMIN: &str = "yamada";

/// A value of a query, every byte encoded.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn ok(login: &str, path: &str) -> Value {
    let answer = ask(login, "GET", path, None);
    assert_eq!(answer.status, 200, "{login} {path}: {answer:?}");
    answer.json()
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The report, once its days are computed: `jobs` follows the uploads.
fn lost_call() -> (String, String) {
    let begun = Instant::now();
    loop {
        let report = ok(MANAGER, "/reports/completeness");
        let mut lost = report["items"].as_array().unwrap().iter().flat_map(|item| {
            let ids = item["lost"]["ids"].as_array().into_iter().flatten();
            ids.map(|id| (item["source"].as_str().unwrap().to_owned(), id.as_str().unwrap().to_owned()))
        });
        if let Some(lost) = lost.next() {
            return lost;
        }
        assert!(begun.elapsed() < PATIENCE, "no lost call in {report}");
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
}

/// The list as a file by a link, without a token, as a browser saves it.
fn saved(query: &Value) -> Answer {
    let linked = ask(MANAGER, "POST", "/recordings/export-link", Some(&json!({"query": query})));
    assert_eq!(linked.status, 201, "{linked:?}");
    let url = linked.json()["url"].as_str().unwrap().to_owned();
    assert!(!url.contains("1234"), "no number stands in an address: {url}");
    send("GET", &url, &[], None)
}

#[test]
#[ignore = "needs a local cloud: cargo xtask test"]
fn a_managers_day_goes_by_names_and_days_and_ends_in_a_table() {
    // Morning: a complaint about a call with 佐藤 花子, whose number began with 090-1234.
    let directory = ok(MANAGER, "/directory");
    let members = directory["members"].as_array().unwrap();
    let name = members.iter().find(|member| member["id"] == "sato").unwrap()["name"].as_str().unwrap();
    let of_sato = search(MANAGER, &format!("staff={}", encoded(name)));
    assert!(!of_sato.is_empty() && of_sato.iter().all(|item| item["staff"] == "sato"), "{of_sato:?}");
    let known = samples(MANAGER, "staff=sato");
    let wanted = known.iter().find(|item| item["counterpart"] == "+819012345678").unwrap();
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let day = tokyo.to_datetime(start_of(wanted)).date();
    let plain = encoded(&day.strftime("%Y/%m/%d").to_string());
    let found = search(MANAGER, &format!("from={plain}&to={plain}&number_prefix=090-1234&sort=oldest"));
    assert!(ids(&found).contains(wanted["id"].as_str().unwrap()), "{found:?}");
    assert!(ids(&found).is_subset(&ids(&search(MANAGER, "number_prefix=0901234"))));
    // The same day of another number, and another team's manager: none, and nobody is told of any.
    assert!(search(MANAGER, &format!("from={plain}&to={plain}&number_prefix=090-9999")).is_empty());
    assert!(
        !ids(&search(OF_ANOTHER_TEAM, &format!("from={plain}&to={plain}"))).contains(wanted["id"].as_str().unwrap())
    );

    // Noon: the report says that a call was lost. Whose, and when?
    let (source, id) = lost_call();
    let logged = ok(MANAGER, &format!("/calls/{}/{}", encoded(&source), encoded(&id)));
    assert_eq!(logged["recordings"], json!([]), "{logged}");
    assert!(logged["rows"][0]["staff_name"].is_string() && logged["rows"][0]["team"] == "sales", "{logged}");

    // Afternoon: the admin looks at what could not be read, with its reason and what to do.
    let quarantine = search(ADMIN, "state=quarantined");
    assert!(quarantine.len() >= 5, "{quarantine:?}");
    for item in &quarantine {
        assert!(item["quarantine_reason"].is_string() && item["quarantine_fix"].is_string(), "{item}");
    }
    assert!(search(MANAGER, "state=quarantined").is_empty(), "managers know of no quarantine");

    // Evening: the list of the day before and the day itself, as a table that says the same as the JSON.
    let from = day.checked_sub(1.day()).unwrap().strftime("%Y/%m/%d").to_string();
    let to = day.strftime("%Y/%m/%d").to_string();
    let listed = search(MANAGER, &format!("from={}&to={}&number_prefix=090-1234", encoded(&from), encoded(&to)));
    let file = saved(&json!({"from": from, "to": to, "number_prefix": "090-1234"}));
    assert_eq!((file.status, file.headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
    let text = String::from_utf8(file.body).unwrap();
    let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes())
        .deserialize()
        .map(|row| row.unwrap())
        .collect();
    let heading = |one: &str, other: &str| if rows[0].contains_key(one) { one.to_owned() } else { other.to_owned() };
    let (id, number) = (heading("録音ID", "id"), heading("相手番号", "counterpart"));
    assert_eq!(rows.iter().map(|row| row[&id].clone()).collect::<BTreeSet<_>>(), ids(&listed), "{text}");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(rows.iter().all(|row| digits(&row[&number]).starts_with("0901234")), "{text}");
}
