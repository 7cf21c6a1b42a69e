//! Signing in and out.

use serde_json::json;

use super::browser::Browser;
use super::double::{Console, Request, Shape, query_of};
use tests::world::{Fault, FaultKind, Moment, Service, Which};

#[tokio::test(start_paused = true)]
async fn a_person_signs_in_and_the_browser_holds_one_cookie_and_no_token() {
    for shape in [Shape::List, Shape::Header] {
        let console = Console::new(1);
        let mut browser = Browser::behind(shape);
        browser.sign_in(&console, "kato").await;
        assert_eq!(browser.jar.keys().collect::<Vec<_>>(), ["__Host-session"]);
        let me = browser.fetch(&console, "GET", "/api/me").await;
        assert_eq!((me.status, me.json()), (200, json!({"path": "/v1/me", "login": "kato"})));
        let shown = browser.fetch(&console, "GET", "/session").await.json();
        assert_eq!(shown["signed_in"], true);
        let items = serde_json::to_string(&console.sessions()).unwrap();
        assert_eq!(console.sessions().len(), 1);
        for secret in ["access-", "refresh-", &browser.jar["__Host-session"]] {
            assert!(!items.contains(secret), "{secret} lies in the table");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_asks_with_state_nonce_and_a_challenge_new_each_time() {
    let console = Console::new(1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let to = console.ask(&Request::go("/session/login").header("accept-language", "ja")).await;
        let query = query_of(to.location());
        assert_eq!(
            (query["scope"].as_str(), query["ui_locales"].as_str(), query["lang"].as_str()),
            ("openid", "ja", "ja")
        );
        for name in ["state", "nonce", "code_challenge"] {
            assert_eq!(query[name].len(), 43);
            assert!(seen.insert(query[name].clone()), "{name} comes again");
        }
        let [cookie] = &to.cookies[..] else { panic!("{:?}", to.cookies) };
        assert!(cookie.starts_with("__Host-login="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
    }
    assert!(console.world.calls().is_empty(), "who is not signed in writes nothing");
}

#[tokio::test(start_paused = true)]
async fn the_page_one_came_from_is_returned_to() {
    for (to, returned) in [
        ("%2Fcalls%3Flast4%3D5678", "/#/calls?last4=5678"),
        ("/calls/abc", "/#/calls/abc"),
        ("%2F%0D%0ASet-Cookie%3A%20x%3Dy", "/#/%0D%0ASet-Cookie:%20x=y"),
        ("https%3A%2F%2Fevil.test", "/"),
        ("", "/"),
    ] {
        let console = Console::new(1);
        let mut browser = Browser::default();
        let away = browser.ask(&console, Request::go(&format!("/session/login?to={to}"))).await;
        assert!(!away.location().contains("5678"), "the provider learns nothing of it");
        let code = console.provider().sign_in(away.location(), "kato");
        let state = query_of(away.location())["state"].clone();
        let back = browser.ask(&console, Request::go(&format!("/signed-in?code={code}&state={state}"))).await;
        assert_eq!(back.location(), returned, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn coming_back_twice_signs_in_once() {
    let console = Console::new(1);
    let mut browser = Browser::default();
    let to = browser.ask(&console, Request::go("/session/login")).await;
    let code = console.provider().sign_in(to.location(), "kato");
    let back = Request::go(&format!("/signed-in?code={code}&state={}", query_of(to.location())["state"]));
    let login = browser.jar["__Host-login"].clone();
    assert_eq!(browser.ask(&console, back.clone()).await.location(), "/");
    assert_eq!(browser.ask(&console, back.clone()).await.location(), "/signed-out#expired");
    // Even with the cookie of the sign-in: the code is good once.
    let again = console.ask(&back.cookie(&format!("__Host-login={login}"))).await;
    assert_eq!((again.location(), again.cookies.len()), ("/signed-out#failed", 0));
    assert_eq!(console.sessions().len(), 1);
    assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn signing_out_ends_it_here_and_at_the_provider() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let copy = browser.clone();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = browser.fetch(&console, "POST", "/session/logout").await;
        assert_eq!(answer.status, 200);
        answers.push(answer.json()["to"].as_str().unwrap().to_owned());
        assert_eq!(answer.set_cookie("__Host-session"), Some(""));
    }
    let to = "https://login.test/logout?client_id=console&logout_uri=https%3A%2F%2Frokuban.test%2Fsigned-out";
    assert_eq!(answers, [to, to]);
    assert_eq!(console.provider().revoked.len(), 1);
    assert!(console.sessions().is_empty());
    // What somebody copied before is worth nothing.
    let refused = copy.clone().fetch(&console, "GET", "/api/me").await;
    assert_eq!((refused.status, refused.problem().as_str()), (401, "signed-out"));
}

#[tokio::test(start_paused = true)]
async fn signing_out_succeeds_without_the_provider_too() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    console.provider().is_unreachable = true;
    let answer = browser.fetch(&console, "POST", "/session/logout").await;
    assert_eq!(answer.status, 200);
    assert!(console.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_fails_on_the_way_leads_to_a_page_that_says_so() {
    let console = Console::new(1);
    let mut browser = Browser::default();
    console.provider().is_unreachable = true;
    assert_eq!(browser.ask(&console, Request::go("/session/login")).await.location(), "/signed-out#unreachable");
    console.provider().is_unreachable = false;
    for (failure, word) in [
        ((400, json!({"error": "invalid_grant"})), "failed"),
        ((400, json!({"error": "invalid_client"})), "failed"),
        ((503, json!({})), "unreachable"),
        ((429, json!({})), "unreachable"),
        ((200, json!({"access_token": "x"})), "failed"),
    ] {
        console.provider().failure = Some(failure.clone());
        let back = browser.return_from_provider(&console, "kato").await;
        assert_eq!(back.location(), format!("/signed-out#{word}"), "{failure:?}");
        assert_eq!(back.set_cookie("__Host-session"), None);
    }
    console.provider().failure = None;
    console.world.set_fault(Fault {
        which: Which::EveryOf(Service::DynamoDb, "PutItem"),
        moment: Moment::Effect,
        kind: FaultKind::Throttled,
    });
    assert_eq!(browser.return_from_provider(&console, "kato").await.location(), "/signed-out#unreachable");
    console.world.clear_faults();
    // A person who presses "cancel".
    let to = browser.ask(&console, Request::go("/session/login")).await;
    let state = query_of(to.location())["state"].clone();
    let back = browser.ask(&console, Request::go(&format!("/signed-in?error=access_denied&state={state}"))).await;
    assert_eq!(back.location(), "/signed-out#refused");
    assert!(console.sessions().is_empty());
}
