#![allow(clippy::unwrap_used)]
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://issuer.test";

/// What the provider was asked, and the nonce that its ID token must have.
#[derive(Default)]
struct Provided {
    asked: Vec<String>,
    nonce: Option<String>,
}

fn provider(provided: &Arc<Mutex<Provided>>) -> HttpClient {
    let provided = Arc::clone(provided);
    HttpClient::of(move |request| {
        let form = String::from_utf8(request.body().to_vec()).unwrap();
        let mut provided = provided.lock().unwrap();
        provided.asked.push(format!("{} {form}", request.uri().path()));
        let body = match request.uri().path() {
            "/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": "https://issuer.test/authorize",
                "token_endpoint": "https://issuer.test/token",
                "revocation_endpoint": "https://issuer.test/revoke",
            }),
            "/token" => {
                let claims = json!({"iss": ISSUER, "aud": "cli", "exp": 2_000_000_000_i64, "nonce": provided.nonce});
                let payload = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
                json!({"access_token": "access", "refresh_token": "refresh", "id_token": format!("e30.{payload}.c2ln")})
            }
            _ => Value::Null,
        };
        Box::pin(async move { Ok(http::Response::new(Bytes::from(body.to_string()))) })
    })
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn arguments(port: u16) -> Login {
    Login {
        issuer: ISSUER.to_owned(),
        client_id: "cli".to_owned(),
        scopes: "openid".to_owned(),
        port,
        no_browser: true,
    }
}

fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// A browser that goes to some addresses of this machine, one after the other; gives what it got.
fn browse(port: u16, targets: Vec<String>) -> JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let get = |target: &String| {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            write!(stream, "{target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        targets.iter().map(get).collect()
    })
}

#[tokio::test]
async fn a_person_signs_in_and_nothing_good_is_left_behind() {
    let provided = Arc::<Mutex<Provided>>::default();
    let http = provider(&provided);
    let port = free_port();
    let mut browser = None;
    let token = login(&arguments(port), &http, Timestamp::now, |address| {
        assert!(address.starts_with("https://issuer.test/authorize?"));
        assert_eq!(parameter(address, "redirect_uri"), format!("http://localhost:{port}/signed-in"));
        provided.lock().unwrap().nonce = Some(parameter(address, "nonce"));
        let state = parameter(address, "state");
        browser = Some(browse(
            port,
            vec![
                "GET /favicon.ico".to_owned(),
                "GET /signed-in?code=planted&state=another".to_owned(),
                format!("POST /signed-in?code=planted&state={state}"),
                format!("GET /signed-in?code=code-1&state={state}"),
            ],
        ));
    })
    .await
    .unwrap();
    assert_eq!(token.expose(), "access");
    let answers = browser.unwrap().join().unwrap();
    assert!(answers[0].starts_with("HTTP/1.1 404") && answers[1].starts_with("HTTP/1.1 404") && answers[2].is_empty());
    assert!(answers[3].starts_with("HTTP/1.1 200 OK\r\n") && answers[3].contains("no-store"), "{}", answers[3]);
    let asked = &provided.lock().unwrap().asked;
    assert!(asked[1].contains("code=code-1") && !format!("{asked:?}").contains("planted"), "{asked:?}");
    assert_eq!(asked[2], "/revoke token=refresh&token_type_hint=refresh_token&client_id=cli");
}

#[tokio::test]
async fn what_the_provider_refuses_is_said_and_a_nonce_of_another_is_refused() {
    let provided = Arc::<Mutex<Provided>>::default();
    let http = provider(&provided);
    for (answer, said) in [("error=access_denied", "accessdenied"), ("code=code-1", "nonce")] {
        let port = free_port();
        provided.lock().unwrap().nonce = Some("another".to_owned());
        let failure = login(&arguments(port), &http, Timestamp::now, |address| {
            browse(port, vec![format!("GET /signed-in?{answer}&state={}", parameter(address, "state"))]);
        })
        .await
        .unwrap_err()
        .to_string();
        assert!(failure.contains(said) && !failure.contains("code-1"), "{failure}");
    }
}

#[tokio::test]
async fn nobody_who_comes_back_and_a_port_that_is_taken_are_said() {
    let provided = Arc::<Mutex<Provided>>::default();
    let http = provider(&provided);
    let start = Timestamp::now();
    let calls = std::cell::Cell::new(0);
    let clock = || {
        calls.set(calls.get() + 1);
        if calls.get() == 1 { start } else { start + PATIENCE }
    };
    let failure = login(&arguments(free_port()), &http, clock, |_| {}).await.unwrap_err().to_string();
    assert!(failure.contains("ten minutes"), "{failure}");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let failure = login(&arguments(port), &http, Timestamp::now, |_| {}).await.unwrap_err().to_string();
    assert!(failure.contains(&format!("port {port}")) && failure.contains("--port"), "{failure}");
}
