//! What recorders in the field write: every case of `tests/field/` comes out as it says, as the API shows it.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::api::{ADMIN, Api, ApiRequest};
use tests::company::{Company, sample_rulebook};

/// The names of a case that are no facts of the recording.
const NOT_FACTS: [&str; 6] = ["id", "kind", "from", "why", "key", "with"];

fn field(path: &str) -> Vec<u8> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/field")).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases(file: &str) -> Vec<Value> {
    serde_json::from_slice(&field(file)).unwrap()
}

/// The sample company, on the morning after the field's calls.
async fn api() -> Api {
    let world = Company::builder(1).now("2026-11-21T09:00:00+09:00".parse().unwrap()).build();
    let (policy, staff) = sample_rulebook();
    let company = Company::of(world);
    company.publish(&policy, &staff).await;
    Api::over(&company.world)
}

/// Whether a fact is as expected: moments and lengths by their value, everything else by its text.
fn is_as_expected(name: &str, expected: &Value, found: &Value) -> bool {
    let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match name {
        "started_at" => moment(expected).is_some() && moment(expected) == moment(found),
        "duration_seconds" => {
            expected.as_f64().zip(found.as_f64()).is_some_and(|(expected, found)| (expected - found).abs() <= 0.2)
        }
        _ => expected == found,
    }
}

fn differences(expected: &Value, found: &Value) -> Vec<String> {
    expected
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !NOT_FACTS.contains(&name.as_str()) && *name != "object_metadata")
        .filter(|(name, value)| !is_as_expected(name, value, &found[name.as_str()]))
        .map(|(name, value)| format!("{name}: {} instead of {value}", found[name.as_str()]))
        .collect()
}

/// Plays a case: its recording, as the API shows it.
async fn play(api: &Api, case: &Value, log_first: bool) -> Value {
    let key = case["key"].as_str().unwrap();
    let metadata = case["object_metadata"].as_object().cloned().unwrap_or_default();
    let metadata: Vec<(&str, &str)> =
        metadata.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let beside: Vec<&str> = case["with"].as_array().into_iter().flatten().map(|key| key.as_str().unwrap()).collect();
    if log_first {
        for key in &beside {
            api.company.upload(key, field(key), &[]).await;
        }
    }
    let id = api.company.upload(key, field(key), &metadata).await;
    if !log_first {
        for key in &beside {
            api.company.upload(key, field(key), &[]).await;
        }
    }
    api.get(ADMIN, &format!("/recordings/{id}")).await.ok()
}

#[tokio::test(start_paused = true)]
async fn every_upload_of_the_field_comes_out_as_it_says_whatever_came_first() {
    for log_first in [false, true] {
        let api = api().await;
        let mut wrong = Vec::new();
        for case in cases("expected.json") {
            let found = play(&api, &case, log_first).await;
            let differences = differences(&case, &found);
            if !differences.is_empty() || found["state"] != "active" {
                let reason = &found["quarantine_reason"];
                wrong.push(format!("{} {}: {differences:?} {reason}", case["id"], case["key"]));
            }
        }
        assert!(wrong.is_empty(), "log first: {log_first}\n{}", wrong.join("\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn every_source_that_was_tried_in_the_field_gives_what_it_says() {
    let api = api().await;
    let mut wrong = Vec::new();
    for case in cases("try.json") {
        let mut body = case["try"].clone();
        body["keys"] = json!([case["key"]]);
        let answer = api.ask(&ApiRequest::post("/sources/try", &body).by(ADMIN)).await.ok();
        let differences = differences(&case["expected"], &answer["items"][0]["result"]);
        if !differences.is_empty() {
            wrong.push(format!("{}: {differences:?} {}", case["id"], answer["items"][0]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
