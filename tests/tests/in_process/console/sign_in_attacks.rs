//! Signing in as others would have it: another's code, another's state, another's session, cookies of all kinds.

use serde_json::{Value, json};

use super::browser::Browser;
use super::double::{Console, Request, Shape, query_of};

#[tokio::test(start_paused = true)]
async fn a_code_that_this_browser_did_not_ask_for_signs_nobody_in() {
    // Login CSRF: the attacker's own code, behind a link.
    let console = Console::new(1);
    let mut attacker = Browser::default();
    let to = attacker.ask(&console, Request::go("/session/login")).await;
    let code = console.provider().sign_in(to.location(), "attacker");
    let state = query_of(to.location())["state"].clone();
    let link = format!("/signed-in?code={code}&state={state}");

    // A browser that signs in nowhere, and one that is about to sign in itself.
    let mut victim = Browser::default();
    assert_eq!(victim.ask(&console, Request::go(&link)).await.location(), "/signed-out#expired");
    let own = victim.ask(&console, Request::go("/session/login")).await;
    for link in [link.clone(), format!("/signed-in?code={code}"), format!("/signed-in?code={code}&state=")] {
        assert_eq!(victim.ask(&console, Request::go(&link)).await.location(), "/signed-out#failed", "{link}");
    }
    assert!(!victim.jar.contains_key("__Host-session"));
    assert!(console.sessions().is_empty());
    // And its own sign-in is not disturbed.
    let code = console.provider().sign_in(own.location(), "kato");
    let state = query_of(own.location())["state"].clone();
    let back = victim.ask(&console, Request::go(&format!("/signed-in?code={code}&state={state}"))).await;
    assert_eq!(back.location(), "/");
}

#[tokio::test(start_paused = true)]
async fn another_ones_code_with_ones_own_state_is_of_no_use() {
    // Code injection: PKCE binds the code to the browser that asked.
    let console = Console::new(1);
    let mut victim = Browser::default();
    let to = victim.ask(&console, Request::go("/session/login")).await;
    let stolen = console.provider().sign_in(to.location(), "yamada");
    let mut attacker = Browser::default();
    let own = attacker.ask(&console, Request::go("/session/login")).await;
    let state = query_of(own.location())["state"].clone();
    let back = attacker.ask(&console, Request::go(&format!("/signed-in?code={stolen}&state={state}"))).await;
    assert_eq!(back.location(), "/signed-out#failed");
    assert!(!attacker.jar.contains_key("__Host-session"));
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_another_sign_in_signs_nobody_in() {
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("iss", json!("https://evil.test")),
        ("aud", json!("another-client")),
        ("exp", json!(0)),
    ] {
        let console = Console::new(1);
        console.provider().id_token.insert(claim.to_owned(), value);
        let back = Browser::default().return_from_provider(&console, "kato").await;
        assert_eq!(back.location(), "/signed-out#failed", "{claim}");
        assert!(console.sessions().is_empty(), "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_says_it_is_another_is_not_believed() {
    let console = Console::new(1);
    let mut browser = Browser::default();
    let to = browser.ask(&console, Request::go("/session/login")).await;
    let code = console.provider().sign_in(to.location(), "kato");
    let state = query_of(to.location())["state"].clone();
    let path = format!("/signed-in?code={code}&state={state}&iss=https%3A%2F%2Fevil.test");
    assert_eq!(browser.ask(&console, Request::go(&path)).await.location(), "/signed-out#failed");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_ends_after_ten_minutes() {
    let console = Console::new(1);
    for (seconds, location) in [(599, "/"), (600, "/signed-out#expired")] {
        let mut browser = Browser::default();
        let to = browser.ask(&console, Request::go("/session/login")).await;
        let code = console.provider().sign_in(to.location(), "kato");
        let state = query_of(to.location())["state"].clone();
        console.wait_seconds(seconds);
        let back = browser.ask(&console, Request::go(&format!("/signed-in?code={code}&state={state}"))).await;
        assert_eq!(back.location(), location, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_a_browser_brings_along_is_never_the_one_it_gets() {
    // Session fixation.
    let console = Console::new(1);
    let mut browser = Browser::default();
    let planted = "A".repeat(43);
    browser.jar.insert("__Host-session".to_owned(), planted.clone());
    browser.sign_in(&console, "kato").await;
    assert_ne!(browser.jar["__Host-session"], planted);
    let with_planted = Request::fetch("GET", "/api/me").cookie(&format!("__Host-session={planted}"));
    assert_eq!(console.ask(&with_planted).await.status, 401);
    // Signing in once more gives another one.
    let first = browser.jar["__Host-session"].clone();
    browser.sign_in(&console, "kato").await;
    assert_ne!(browser.jar["__Host-session"], first);
}

#[tokio::test(start_paused = true)]
async fn hostile_cookies_are_no_session() {
    let console = Console::new(1);
    let browser = Browser::signed_in(&console, "kato").await;
    let good = &browser.jar["__Host-session"];
    for shape in [Shape::List, Shape::Header] {
        let mut hostile: Vec<Vec<String>> = [
            String::new(),
            "A".repeat(43),
            "A".repeat(44),
            "A".repeat(100_000),
            format!("{good}="),
            format!("{good}A"),
            good[..42].to_owned(),
            format!("\"{good}\""),
            good.to_uppercase(),
            "../../RULEBOOK".to_owned(),
            "U#".to_owned(),
            "\u{0}".to_owned(),
            "録番".to_owned(),
        ]
        .into_iter()
        .map(|value| vec![format!("__Host-session={value}")])
        .collect();
        hostile.push(vec![format!("__host-session={good}")]);
        hostile.push(vec![format!("session={good}")]);
        hostile.push(vec![format!("__Host-session {good}")]);
        // Two of one name: nobody knows which one is the browser's own.
        hostile.push(vec![format!("__Host-session={}", "A".repeat(43)), format!("__Host-session={good}")]);
        hostile.push(vec![format!("__Host-session={good}"), format!("__Host-session={}", "A".repeat(43))]);
        for cookies in hostile {
            let ask = Request { cookies: cookies.clone(), shape, ..Request::fetch("GET", "/api/me") };
            let refused = console.ask(&ask).await;
            assert_eq!((refused.status, refused.problem().as_str()), (401, "signed-out"), "{cookies:?}");
        }
        // Beside others it is found.
        let cookies = vec!["a=b".to_owned(), format!("__Host-session={good}"), "c".to_owned()];
        assert_eq!(console.ask(&Request { cookies, shape, ..Request::fetch("GET", "/api/me") }).await.status, 200);
    }
    assert_eq!(console.provider().asked.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn hostile_cookies_sign_nobody_in() {
    let console = Console::new(1);
    for value in ["", "e30", "AAAA", "!!!", &"A".repeat(100_000), "eyJzdGF0ZSI6IiJ9"] {
        let ask = Request::go("/signed-in?code=code&state=").cookie(&format!("__Host-login={value}"));
        assert_eq!(console.ask(&ask).await.location(), "/signed-out#expired", "{value:.20}");
    }
}
