//! What is not the answer asked for, and what is said in every answer.

use lambda_http::http::HeaderValue;
use policy::id::RecordingId;
use serde_json::json;
use tests::world::{Fault, FaultKind, Moment, Service, Which};

use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, evidence};

#[tokio::test(start_paused = true)]
async fn a_wrong_route_and_a_wrong_method_are_told_apart() {
    let (api, id) = Api::with_sample(1).await;
    for path in ["/", "/recording", "/recordings/", "/rulebook/compare", "/recordings/x/y"] {
        let answer = api.get(ADMIN, path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-route"), "{path}");
    }
    let play = format!("/recordings/{id}/play");
    for (ask, allow) in [
        (ApiRequest::delete("/me"), "GET"),
        (ApiRequest::get(&play), "POST"),
        (ApiRequest::post("/rulebook", &json!({})), "GET, PUT"),
        (ApiRequest::get("/rulebook/pending"), "DELETE"),
    ] {
        let answer = api.ask(&ask.by(ADMIN)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (405, "wrong-method"));
        assert_eq!(answer.headers["allow"], allow);
    }
    // An answer to HEAD has no body (RFC 9110, 9.3.2).
    let head = api.ask(&ApiRequest::get("/me").with_method("HEAD").by(ADMIN)).await;
    assert_eq!((head.status, &head.headers["allow"]), (405, &HeaderValue::from_static("GET")));
    for path in ["/", "/me", "/recordings", "/v2/me"] {
        let answer = api.ask(&ApiRequest::get(path).at_the_root().by(ADMIN)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-route"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_by_the_default_route_reaches_no_handler_whatever_it_says() {
    let (api, id) = Api::with_sample(1).await;
    api.warm().await;
    let recording = format!("/recordings/{id}");
    for path in ["/me", "/recordings", "/rulebook", "/audit", "/openapi.json", &recording] {
        let ask = ApiRequest::get(path).by(ADMIN).by_the_default_route();
        let answer = api.ask(&ask).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-route"), "{path}");
        // A page of another origin asks before it sends; that it may ask is all that is said.
        let before = api.ask(&ask.with_method("OPTIONS")).await;
        assert_eq!((before.status, before.bytes.len()), (204, 0), "{path}");
        assert!(before.headers.contains_key("allow"), "{path}");
    }
    assert_eq!(api.take_kinds(), Vec::<String>::new(), "no call of AWS");
}

#[tokio::test(start_paused = true)]
async fn a_problem_names_its_request_and_when_to_try_again() {
    let (api, id) = Api::with_sample(1).await;
    let absent = ApiRequest::get("/recordings/nothing").by(ADMIN).with_request_id("R=1");
    assert_eq!(api.ask(&absent).await.json()["request_id"], "R=1");
    let lost = Fault {
        which: Which::EveryOf(Service::DynamoDb, "Query"),
        moment: Moment::Effect,
        kind: FaultKind::AccessDenied,
    };
    let broken = Api::over(api.world());
    broken.get(ADMIN, "/me").await.ok();
    api.world().set_fault(lost);
    let failed =
        ApiRequest::get(&format!("/recordings/{id}")).by(ADMIN).header("accept-language", "ja").with_request_id("R=2");
    let failed = broken.ask(&failed).await;
    assert_eq!(failed.problem(), "failed");
    assert!(failed.json()["detail"].as_str().unwrap().contains("R=2"), "{}", failed.json());
}

#[tokio::test(start_paused = true)]
async fn bodies_are_json_within_their_limit() {
    let (api, id) = Api::with_sample(1).await;
    let path = format!("/recordings/{id}/play");
    let json = evidence().to_string();
    let blank = ApiRequest::post(&path, &json!({}));
    for (content_type, body, status, problem) in [
        ("text/plain", json.clone(), 415, "not-json"),
        ("application/x-www-form-urlencoded", json.clone(), 415, "not-json"),
        ("application/json", String::new(), 400, "malformed"),
        ("application/json", json[..json.len() - 1].to_owned(), 400, "malformed"),
        ("application/json", format!("{json}{}", " ".repeat(16 * 1024)), 413, "too-long"),
    ] {
        let answer = api.ask(&blank.clone().body(content_type, &body).by(ADMIN)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{content_type}");
    }
    let malformed = api.ask(&blank.clone().body("application/json", "{\n  \"use\": evidence }").by(ADMIN)).await;
    assert_eq!((&malformed.json()["line"], &malformed.json()["column"]), (&json!(2), &json!(10)));
    // At its very limit a body is read.
    let padded = format!("{json}{}", " ".repeat(16 * 1024 - json.len()));
    api.ask(&blank.body("application/json", &padded).by(ADMIN)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_cached_and_problems_speak_the_language_asked_for() {
    let (api, id) = Api::with_sample(1).await;
    let absent = RecordingId::of("bucket", "key", "version");
    for path in [
        "/me".to_owned(),
        "/recordings".to_owned(),
        format!("/recordings/{id}"),
        format!("/recordings/{absent}"),
        "/x".to_owned(),
    ] {
        let answer = api.get(ADMIN, &path).await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    }
    for (asked, language, title) in [
        ("ja,en;q=0.5", "ja", "録音が見つかりません"),
        ("en", "en", "No such recording"),
        ("de", "en", "No such recording"),
    ] {
        let ask = ApiRequest::get(&format!("/recordings/{absent}")).by(ADMIN).header("accept-language", asked);
        let answer = api.ask(&ask).await;
        assert_eq!(answer.headers["content-language"], language);
        assert_eq!(answer.json()["title"], title);
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_can_not_do_now_is_503_and_what_it_will_never_do_is_500() {
    for (kind, status, problem) in [
        (FaultKind::Throttled, 503, "busy"),
        (FaultKind::ServerError, 503, "busy"),
        (FaultKind::TimedOut, 503, "busy"),
        (FaultKind::AccessDenied, 500, "failed"),
    ] {
        for path in ["/recordings", "/recordings/{id}", "/recordings/{id}/custody"] {
            let (api, id) = Api::with_sample(1).await;
            api.warm().await;
            let fault = Fault { which: Which::EveryOf(Service::DynamoDb, "Query"), moment: Moment::Effect, kind };
            api.world().set_fault(fault);
            let answer = api.get(SALES_MANAGER, &path.replace("{id}", id.as_str())).await;
            assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{kind:?} {path}");
            assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_answered_whose_event_could_not_be_written() {
    let absent = RecordingId::of("bucket", "key", "version");
    for (path, writes) in [
        // The items of a list are counted with its event.
        ("/recordings", "TransactWriteItems"),
        ("/recordings/{id}", "PutItem"),
        ("/recordings/{id}/custody", "PutItem"),
        ("/recordings/{absent}", "PutItem"),
    ] {
        let (api, id) = Api::with_sample(1).await;
        api.warm().await;
        let fault = Fault {
            which: Which::EveryOf(Service::DynamoDb, writes),
            moment: Moment::Effect,
            kind: FaultKind::ServerError,
        };
        api.world().set_fault(fault);
        let path = path.replace("{id}", id.as_str()).replace("{absent}", absent.as_str());
        assert_eq!(api.get(SALES_MANAGER, &path).await.problem(), "busy", "{path}");
    }
}
