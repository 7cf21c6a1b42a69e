//! The audit names the address of the browser, not that of the console, and nobody else can name one.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use tests::company::{Company, TABLE};

use super::browser::Browser;
use super::double::{Console, Request};
use crate::api::{self, Api, ApiRequest};

/// What the browsers of these tests ask from. The API itself sees 192.0.2.1.
const HOME: &str = "203.0.113.7";

const HEADER: &str = "x-rokuban-browser";

type PassedOn = Arc<Mutex<Vec<http::Request<Bytes>>>>;

/// The console over the very API, with every header; what the API was asked.
fn over_the_api(company: Company) -> (Console, Arc<Api>, PassedOn) {
    let (world, asked) = (company.world.clone(), PassedOn::default());
    let (api, noted) = (Arc::new(Api::of(company)), Arc::clone(&asked));
    let behind = Arc::clone(&api);
    let console = Console::over(world, move |request, login| {
        let api = Arc::clone(&behind);
        noted.lock().unwrap().push(request.clone());
        Box::pin(async move {
            let answer = api.ask(&handed(&request).by(&login)).await;
            http::Response::builder().status(answer.status).body(Bytes::from(answer.bytes)).unwrap()
        })
    });
    (console, api, asked)
}

/// A request as the API gets it.
fn handed(request: &http::Request<Bytes>) -> ApiRequest {
    let mut handed = ApiRequest::get(request.uri().path().strip_prefix("/v1").unwrap());
    for (name, value) in request.headers() {
        handed = handed.header(name.as_str(), value.to_str().unwrap());
    }
    handed
}

fn fetch() -> Request {
    Request { address: HOME, ..Request::fetch("GET", "/api/recordings") }
}

/// Where the last event came from.
fn last_origin(api: &Api) -> (Value, Value) {
    let event = api.audit().pop().unwrap();
    (event["origin"]["address"].clone(), event["origin"]["user_agent"].clone())
}

fn as_the_api_saw() -> (Value, Value) {
    (json!("192.0.2.1"), json!("test"))
}

fn as_the_browser_is() -> (Value, Value) {
    (json!(HOME), json!("Mozilla/5.0 (X11; Linux x86_64)"))
}

#[tokio::test(start_paused = true)]
async fn what_is_done_in_the_console_comes_from_the_browsers_address() {
    let (console, api, _) = over_the_api(Company::with_sample_rulebook(1).await);
    let mut browser = Browser::signed_in(&console, api::STAFF).await;
    assert_eq!(browser.ask(&console, fetch()).await.status, 200);
    assert_eq!(last_origin(&api), as_the_browser_is());
    // The next day has a key of its own.
    console.wait_seconds(24 * 3_600);
    browser = Browser::signed_in(&console, api::STAFF).await;
    assert_eq!(browser.ask(&console, fetch()).await.status, 200);
    assert_eq!(last_origin(&api), as_the_browser_is());
    // Another instance of the console asks with the same key of the day.
    let (other, _, asked) = over_the_api(Company::of_without_retries(console.world.clone()));
    let mut browser = Browser::signed_in(&other, api::STAFF).await;
    console.wait_seconds(1);
    assert_eq!(browser.ask(&other, fetch()).await.status, 200);
    let passed_on = asked.lock().unwrap().pop().unwrap();
    api.ask(&handed(&passed_on).by(api::STAFF)).await.ok();
    assert_eq!(last_origin(&api), as_the_browser_is());
}

#[tokio::test(start_paused = true)]
async fn a_word_on_an_address_that_the_console_did_not_say_is_not_believed() {
    let (console, api, asked) = over_the_api(Company::with_sample_rulebook(1).await);
    let mut browser = Browser::signed_in(&console, api::STAFF).await;
    browser.ask(&console, fetch().header(HEADER, "the browser's own")).await;
    assert_eq!(last_origin(&api), as_the_browser_is(), "what a browser sends is not passed on");
    let passed_on = asked.lock().unwrap().pop().unwrap();
    let genuine = passed_on.headers()[HEADER].to_str().unwrap().to_owned();
    let (said, mac) = genuine.rsplit_once(' ').unwrap();

    let token = passed_on.headers()["authorization"].to_str().unwrap();
    let direct = |word: &str, token: &str| {
        ApiRequest::get("/recordings").by(api::STAFF).header("authorization", token).header(HEADER, word)
    };
    console.wait_seconds(1);
    api.ask(&ApiRequest::get("/recordings").by(api::STAFF)).await.ok();
    assert_eq!(last_origin(&api), as_the_api_saw(), "absent");
    for (what, word, token) in [
        ("no word", "192.0.2.66", token),
        ("no proof", format!("{said} {}", "0".repeat(64)).as_str(), token),
        ("another address", format!("{} {mac}", said.replace(HOME, "198.51.100.1")).as_str(), token),
        ("with another token", genuine.as_str(), "Bearer access-of-mine"),
        ("without a token", genuine.as_str(), ""),
    ] {
        console.wait_seconds(1);
        api.ask(&direct(word, token)).await.ok();
        assert_eq!(last_origin(&api), as_the_api_saw(), "{what}");
    }
    console.wait_seconds(1);
    api.ask(&direct(&genuine, token)).await.ok();
    assert_eq!(last_origin(&api), as_the_browser_is(), "it is the proof that counts");
    console.wait_seconds(61);
    api.ask(&direct(&genuine, token)).await.ok();
    assert_eq!(last_origin(&api), as_the_api_saw(), "a minute later");
}

#[tokio::test(start_paused = true)]
async fn the_key_of_a_day_lies_in_the_table_once_and_in_no_answer() {
    let (console, _, asked) = over_the_api(Company::with_sample_rulebook(1).await);
    let mut browser = Browser::signed_in(&console, api::STAFF).await;
    let answer = browser.ask(&console, fetch()).await;
    let keys: Vec<Value> = console
        .world
        .table_items(TABLE)
        .into_iter()
        .filter(|item| item["pk"].as_str().unwrap().starts_with("E#"))
        .collect();
    assert_eq!(keys.len(), 1, "one a day");
    let digits = keys[0]["digits"].as_str().unwrap();
    assert_eq!(digits.len(), 64);
    assert!(!String::from_utf8_lossy(&answer.body).contains(digits));
    assert!(!format!("{:?}", asked.lock().unwrap()).contains(digits));
}
