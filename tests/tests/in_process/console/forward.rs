//! What is passed on to the API, and handed back.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::browser::Browser;
use super::double::{Console, ORIGIN, Request};
use crate::api::{self, Api};
use tests::company::{Company, sample_rulebook};

#[tokio::test(start_paused = true)]
async fn a_request_is_passed_on_with_the_token_three_headers_and_the_word_on_its_browser() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    for _ in 0..2 {
        let mut ask =
            Request::fetch("POST", "/api/recordings/abc/play?x=%E5%96%B6%2F&y=a+b").body("{\"理由\":1}".as_bytes());
        for (name, value) in [
            ("accept", "application/json"),
            ("accept-language", "ja"),
            ("content-type", "application/json"),
            ("authorization", "Bearer of-the-browser"),
            ("x-forwarded-for", "192.0.2.9"),
            ("x-rokuban-browser", "of-the-browser"),
            ("referer", "https://rokuban.test/"),
            ("host", "rokuban.test"),
            ("range", "bytes=0-1"),
        ] {
            ask = ask.header(name, value);
        }
        assert_eq!(browser.ask(&console, ask).await.status, 200);
        let asked = console.provider().asked.pop().unwrap();
        assert_eq!(asked.method(), "POST");
        assert_eq!(asked.uri().to_string(), "https://api.test/v1/recordings/abc/play?x=%E5%96%B6%2F&y=a+b");
        assert_eq!(asked.body(), "{\"理由\":1}".as_bytes());
        let names: BTreeSet<&str> = asked.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(
            names,
            BTreeSet::from(["accept", "accept-language", "authorization", "content-type", "x-rokuban-browser"])
        );
        assert!(asked.headers()["authorization"].to_str().unwrap().starts_with("Bearer access-"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_handed_back_with_the_headers_on_the_list_and_to_the_byte() {
    let csv = "\u{feff}日時\r\n".as_bytes();
    for (status, body) in
        [(200, csv), (403, b"{}"), (429, b"{\"message\":\"Too Many Requests\"}"), (500, b"\xff\xfe\x00")]
    {
        let console = Console::over(Company::of(Company::builder(1).build()).world, move |_, _| {
            let answer = http::Response::builder()
                .status(status)
                .header("content-type", "text/csv; charset=utf-8")
                .header("content-disposition", "attachment; filename=\"calls.csv\"")
                .header("content-language", "ja")
                .header("link", "<?cursor=x>; rel=\"next\"")
                .header("retry-after", "60")
                .header("set-cookie", "__Host-session=planted")
                .header("access-control-allow-origin", "*")
                .header("content-security-policy", "default-src *")
                .header("location", "https://evil.test/")
                .header("cache-control", "public");
            let answer = answer.body(Bytes::from_static(body)).unwrap();
            Box::pin(async move { answer })
        });
        let mut browser = Browser::signed_in(&console, "kato").await;
        let answer = browser.fetch(&console, "GET", "/api/recordings").await;
        assert_eq!((answer.status, answer.body.as_slice()), (status, body));
        let names: BTreeSet<&str> = answer.headers.keys().map(String::as_str).collect();
        let ours = [
            "cache-control",
            "content-security-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "referrer-policy",
            "strict-transport-security",
            "x-content-type-options",
            "x-rokuban-script",
        ];
        let theirs = ["content-disposition", "content-language", "content-type", "link", "retry-after"];
        assert_eq!(names, ours.into_iter().chain(theirs).collect());
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
        assert!(answer.cookies.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_of_another_page_is_not_passed_on_whatever_its_method() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let ours = |method| Request::fetch(method, "/api/recordings/abc/custody");
    for method in ["GET", "POST", "PUT", "DELETE"] {
        for ask in [
            ours(method).without("x-rokuban"),
            ours(method).header("x-rokuban", "0"),
            ours(method).header("x-rokuban", ""),
            ours(method).without("sec-fetch-site"),
            ours(method).header("sec-fetch-site", "cross-site"),
            ours(method).header("sec-fetch-site", "same-site"),
            ours(method).header("sec-fetch-site", "none"),
            ours(method).header("origin", "https://evil.test"),
            ours(method).header("origin", "null"),
            ours(method).header("origin", "https://rokuban.test.evil.test"),
            ours(method).without("sec-fetch-site").header("origin", "http://rokuban.test"),
        ] {
            let refused = browser.ask(&console, ask.clone()).await;
            assert_eq!((refused.status, refused.problem().as_str()), (403, "not-from-here"), "{ask:?}");
        }
        for ask in [
            ours(method),
            ours(method).header("origin", ORIGIN),
            ours(method).without("sec-fetch-site").header("origin", ORIGIN),
        ] {
            assert_eq!(browser.ask(&console, ask.clone()).await.status, 200, "{ask:?}");
        }
    }
    assert_eq!(console.provider().asked.len(), 4 * 3);
}

#[tokio::test(start_paused = true)]
async fn no_path_leads_anywhere_but_to_the_api() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    for path in [
        "/api/",
        "/api//evil.test",
        "/api/..",
        "/api/../session",
        "/api/./me",
        "/api/recordings/../../me",
        "/api/recordings//me",
        "/api/recordings/",
        "/api/\\evil.test",
        "/api/me\r\nhost: evil.test",
        "/api/me\0",
    ] {
        assert_eq!(browser.fetch(&console, "GET", path).await.problem(), "no-route", "{path:?}");
    }
    for (path, passed_on) in [
        ("/api/%2e%2e/session", "/v1/%252e%252e/session"),
        ("/api/a%2Fb", "/v1/a%252Fb"),
        ("/api/@evil.test", "/v1/%40evil.test"),
        ("/api/:80", "/v1/%3A80"),
        ("/api/api/me", "/v1/api/me"),
        ("/api/calls/通話", "/v1/calls/%E9%80%9A%E8%A9%B1"),
    ] {
        assert_eq!(browser.fetch(&console, "GET", path).await.status, 200, "{path}");
        let asked = console.provider().asked.pop().unwrap();
        assert_eq!((asked.uri().host(), asked.uri().path()), (Some("api.test"), passed_on), "{path}");
    }
    for path in ["/api", "/apix/me", "/API/me"] {
        assert_eq!(browser.fetch(&console, "GET", path).await.problem(), "no-route", "{path}");
    }
    for method in ["OPTIONS", "TRACE", "HEAD", "PATCH", "CONNECT"] {
        assert_eq!(browser.fetch(&console, method, "/api/me").await.problem(), "no-method", "{method}");
    }
    assert!(console.provider().asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_no_query_is_not_passed_on() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let mut ask = Request::fetch("GET", "/api/me");
    ask.query = "a=b c\r\nhost: evil.test".to_owned();
    assert_eq!(browser.ask(&console, ask).await.problem(), "no-route");
    assert!(console.provider().asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_session_the_api_is_asked_nothing_and_the_problem_is_in_ones_language() {
    let console = Console::new(1);
    for (language, title) in [("ja", "ログインしていません"), ("en", "You are signed out")] {
        let refused = console.ask(&Request::fetch("GET", "/api/me").header("accept-language", language)).await;
        assert_eq!((refused.status, refused.headers["content-language"].as_str()), (401, language));
        assert_eq!(refused.json()["title"], title);
        assert_eq!(refused.json()["type"], "urn:rokuban:problem:signed-out");
    }
    assert!(console.provider().asked.is_empty());
    assert!(console.world.calls().is_empty());
}

/// The console over the very API, in one world.
fn over_the_api(company: Company) -> (Console, Arc<Api>) {
    let world = company.world.clone();
    let api = Arc::new(Api::of(company));
    let behind = Arc::clone(&api);
    let console = Console::over(world, move |request, login| {
        let api = Arc::clone(&behind);
        Box::pin(async move {
            let path = request.uri().path_and_query().unwrap().as_str().strip_prefix("/v1").unwrap();
            let answer = api.get(&login, path).await;
            let mut handed = http::Response::builder().status(answer.status);
            for (name, value) in &answer.headers {
                handed = handed.header(name, value);
            }
            handed.body(Bytes::from(answer.bytes)).unwrap()
        })
    });
    (console, api)
}

#[tokio::test(start_paused = true)]
async fn a_session_sees_exactly_what_its_token_sees() {
    let (console, api) = over_the_api(Company::with_sample_rulebook(1).await);
    let id = api.company.upload_sample(api::SAMPLE).await;
    for login in [api::ADMIN, api::SALES_MANAGER, api::SUPPORT_MANAGER, api::STAFF, api::AUDITOR, "stranger"] {
        let mut browser = Browser::signed_in(&console, login).await;
        for path in
            ["/me".to_owned(), "/recordings?limit=10".to_owned(), format!("/recordings/{id}"), "/rulebook".to_owned()]
        {
            let through = browser.fetch(&console, "GET", &format!("/api{path}")).await;
            let direct = api.get(login, &path).await;
            let [through_json, direct_json] = [&through.body, &direct.bytes].map(|bytes| {
                let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                // The one thing by which two answers always differ.
                json.as_object_mut().unwrap().remove("request_id");
                json
            });
            assert_eq!((through.status, through_json), (direct.status, direct_json), "{login} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leavers_session_sees_nothing_a_minute_after_the_new_staff_list_is_in_force() {
    let (console, api) = over_the_api(Company::with_sample_rulebook(1).await);
    let mut browser = Browser::signed_in(&console, api::STAFF).await;
    assert_eq!(browser.fetch(&console, "GET", "/api/recordings").await.status, 200);
    let (policy, staff) = sample_rulebook();
    let left = staff
        .replace("090-0000-0201,sales,staff,,,2026-04-01,\n", "090-0000-0201,sales,staff,,,2026-04-01,2026-11-12\n");
    assert_ne!(left, staff);
    api.company.publish(&policy, &left).await;
    console.wait_seconds(61);
    for path in ["/api/recordings", "/api/me"] {
        assert_eq!(browser.fetch(&console, "GET", path).await.status, 403, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_says_from_where_the_browser_asked_under_the_apis_id_of_the_request() {
    let log = crate::quiet::Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let console = Console::over(Company::of(Company::builder(1).build()).world, |_, _| {
        let answer = http::Response::builder().status(403).header("apigw-requestid", "JKJaXmPLvHcESHA=");
        Box::pin(async move { answer.body(Bytes::from_static(b"{}")).unwrap() })
    });
    let mut browser = Browser::signed_in(&console, "kato").await;
    let ask = Request::fetch("GET", "/api/recordings/abc").header("x-forwarded-for", "192.0.2.66");
    let answer = browser.ask(&console, ask).await;
    assert!(!answer.headers.contains_key("apigw-requestid"));
    let text = log.text();
    let line =
        r#"request_id="JKJaXmPLvHcESHA=" status=403 address="192.0.2.1" browser="Mozilla/5.0 (X11; Linux x86_64)""#;
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("192.0.2.66"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn neither_a_token_nor_a_cookie_nor_a_path_stands_in_the_log() {
    let log = crate::quiet::Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let session = browser.jar["__Host-session"].clone();
    console.provider().failure = Some((400, json!({"error": "eyJsecret", "error_description": "refresh-2"})));
    browser.return_from_provider(&console, "kato").await;
    console.wait_seconds(14 * 60 + 30);
    browser.fetch(&console, "GET", "/api/recordings?number=09012345678").await;
    console.provider().is_unreachable = true;
    browser.fetch(&console, "GET", "/api/recordings?number=09012345678").await;
    browser.fetch(&console, "POST", "/session/logout").await;
    let text = log.text();
    for said in ["a sign-in failed", "a session's tokens were not renewed", "a refresh token was not revoked"] {
        assert!(text.contains(said), "`{said}` was to be logged: {text}");
    }
    for private in ["access-", "refresh-", "code-", &session, "eyJ", "09012345678", "api.test", "kato"] {
        assert!(!text.contains(private), "`{private}` is in the log: {text}");
    }
}
