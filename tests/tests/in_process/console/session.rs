//! How long a session lasts, and its tokens.

use std::collections::BTreeSet;

use serde_json::json;

use super::browser::Browser;
use super::double::{ACCESS_SECONDS, Console, Request};
use tests::world::{Fault, FaultKind, Handler, Moment, Service, Which, every_order};

const MINUTE: u64 = 60;

#[tokio::test(start_paused = true)]
async fn a_session_without_activity_ends_after_fifteen_minutes() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    console.wait_seconds(15 * MINUTE - 1);
    // Asking is no activity.
    for _ in 0..2 {
        let shown = browser.fetch(&console, "GET", "/session").await.json();
        assert_eq!(shown["signed_in"], true);
        assert_eq!(shown["idle_ends_at"], "2026-11-13T00:15:00Z");
        assert_eq!(shown["ends_at"], "2026-11-13T12:00:00Z");
    }
    console.wait_seconds(1);
    let copy = browser.clone();
    assert_eq!(copy.clone().fetch(&console, "GET", "/api/me").await.problem(), "signed-out");
    assert!(console.sessions().is_empty(), "it is gone");
    for _ in 0..2 {
        let shown = browser.fetch(&console, "GET", "/session").await;
        assert_eq!(shown.json(), json!({"signed_in": false}));
        assert!(browser.jar.is_empty());
    }
    assert_eq!(copy.clone().fetch(&console, "POST", "/session/active").await.problem(), "signed-out");
}

#[tokio::test(start_paused = true)]
async fn listening_and_working_keep_a_session_for_twelve_hours_and_no_longer() {
    for (method, path) in [("GET", "/api/recordings"), ("POST", "/session/active")] {
        let console = Console::new(1);
        let mut browser = Browser::signed_in(&console, "kato").await;
        let mut minutes = 0;
        while browser.fetch(&console, method, path).await.status == 200 {
            console.wait_seconds(10 * MINUTE);
            minutes += 10;
            assert!(minutes <= 12 * 60, "{path}");
        }
        assert_eq!(minutes, 12 * 60, "{path}");
        assert!(console.sessions().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn that_somebody_was_seen_is_written_once_a_minute() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    // The first request of a day also has the day's key made.
    browser.fetch(&console, "GET", "/api/me").await;
    console.world.take_calls();
    let mut writes = 0;
    for _ in 0..60 {
        browser.fetch(&console, "GET", "/api/me").await;
        console.wait_seconds(10);
        let calls = console.world.take_calls();
        assert_eq!(calls.iter().filter(|call| call.operation == "GetItem").count(), 1);
        writes += calls.len() - 1;
    }
    assert_eq!(writes, 9);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_renewed_before_they_end_and_rotate() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let mut bearers = BTreeSet::new();
    for _ in 0..12 {
        assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
        let bearer = console.provider().asked.pop().unwrap().headers()["authorization"].clone();
        bearers.insert(bearer.to_str().unwrap().to_owned());
        console.wait_seconds(5 * MINUTE);
    }
    // An hour in steps of five minutes; each token lasts until a minute before its end.
    assert_eq!((bearers.len(), console.provider().renewals), (4, 3));
    assert_eq!(console.sessions()[0]["generation"], 3);
}

/// A console whose only session has an access token with so many seconds left.
async fn with_seconds_left(seconds: u64) -> (Console, Browser) {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    let whole = u64::try_from(ACCESS_SECONDS).unwrap();
    console.wait_seconds(whole - 5 * MINUTE);
    assert_eq!(browser.fetch(&console, "POST", "/session/active").await.status, 200);
    console.wait_seconds(5 * MINUTE - seconds);
    (console, browser)
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_renewal_that_many_ask_for_is_done_once_whatever_the_order() {
    for seconds in [30, 0] {
        // Two requests in every order of their calls, the provider's among them.
        let consoles = std::cell::RefCell::new(Vec::new());
        let explored = every_order(
            400,
            async || {
                let (console, browser) = with_seconds_left(seconds).await;
                let world = console.world.clone();
                consoles.borrow_mut().push((std::rc::Rc::new(console), browser));
                world
            },
            |_| {
                let (console, browser) = consoles.borrow().last().unwrap().clone();
                (0..2)
                    .map(|_| {
                        let (console, mut browser) = (std::rc::Rc::clone(&console), browser.clone());
                        let handler: Handler<u16> =
                            Box::pin(async move { browser.fetch(&console, "GET", "/api/me").await.status });
                        handler
                    })
                    .collect()
            },
            async |_, outcomes, trace| {
                assert_eq!(outcomes, [200, 200], "{seconds}\n{trace}");
                let (console, _) = consoles.borrow().last().unwrap().clone();
                assert_eq!(console.provider().renewals, 1, "{seconds}\n{trace}");
            },
        )
        .await;
        assert!(explored.runs > 1, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn signing_out_while_tokens_are_renewed_leaves_no_token_behind() {
    let consoles = std::cell::RefCell::new(Vec::new());
    every_order(
        400,
        async || {
            let (console, browser) = with_seconds_left(0).await;
            let world = console.world.clone();
            consoles.borrow_mut().push((std::rc::Rc::new(console), browser));
            world
        },
        |_| {
            let (console, browser) = consoles.borrow().last().unwrap().clone();
            [("GET", "/api/me"), ("POST", "/session/logout")]
                .into_iter()
                .map(|(method, path)| {
                    let (console, mut browser) = (std::rc::Rc::clone(&console), browser.clone());
                    let handler: Handler<u16> =
                        Box::pin(async move { browser.fetch(&console, method, path).await.status });
                    handler
                })
                .collect()
        },
        async |_, outcomes, trace| {
            let (console, _) = consoles.borrow().last().unwrap().clone();
            assert_eq!(outcomes[1], 200, "{trace}");
            assert!(console.sessions().is_empty(), "{trace}");
            assert!(console.provider().has_no_refresh_token(), "{trace}");
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_ends_no_session_while_its_token_lasts() {
    let (console, mut browser) = with_seconds_left(30).await;
    console.provider().failure = Some((503, json!({})));
    for _ in 0..2 {
        assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
    }
    console.wait_seconds(30);
    let busy = browser.fetch(&console, "GET", "/api/me").await;
    assert_eq!((busy.status, busy.problem().as_str()), (503, "busy"));
    assert_eq!(busy.headers["retry-after"], "2");
    // The provider is asked again when the claim of the renewal that failed is over.
    console.provider().failure = None;
    console.wait_seconds(15);
    assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_is_good_no_more_ends_the_session() {
    let (console, mut browser) = with_seconds_left(30).await;
    console.provider().failure = Some((400, json!({"error": "invalid_grant"})));
    let copy = browser.clone();
    for mut browser in [copy, browser.clone()] {
        assert_eq!(browser.fetch(&console, "GET", "/api/me").await.problem(), "signed-out");
    }
    assert!(console.sessions().is_empty());
    browser.jar.clear();
    console.provider().failure = None;
    browser.sign_in(&console, "kato").await;
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_died_is_made_up_for_by_the_next_request() {
    // The claim stands, and nobody renews.
    let (console, mut browser) = with_seconds_left(0).await;
    console.world.set_fault(Fault {
        which: Which::NthOf(Service::DynamoDb, "UpdateItem", 2),
        moment: Moment::Reply,
        kind: FaultKind::TimedOut,
    });
    assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 503);
    console.world.clear_faults();
    console.wait_seconds(15);
    assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_ends_no_session() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    for (kind, status) in [(FaultKind::Throttled, 503), (FaultKind::TimedOut, 503), (FaultKind::AccessDenied, 500)] {
        console.world.set_fault(Fault {
            which: Which::EveryOf(Service::DynamoDb, "GetItem"),
            moment: Moment::Effect,
            kind,
        });
        assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, status);
        assert_eq!(browser.fetch(&console, "GET", "/session").await.status, status);
        console.world.clear_faults();
    }
    assert!(browser.jar.contains_key("__Host-session"), "no cookie was taken away");
    assert_eq!(browser.fetch(&console, "GET", "/api/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_ended_at_the_provider_end_the_session() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    console.provider().sign_out_everywhere("kato");
    let refused = browser.fetch(&console, "GET", "/api/me").await;
    assert_eq!((refused.status, refused.problem().as_str()), (401, "signed-out"));
    assert!(console.sessions().is_empty() && browser.jar.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_session_is_asked_about_by_the_pages_alone() {
    let console = Console::new(1);
    let mut browser = Browser::signed_in(&console, "kato").await;
    for (method, path) in [("GET", "/session"), ("POST", "/session/active"), ("POST", "/session/logout")] {
        let ask = Request::fetch(method, path).without("x-rokuban");
        assert_eq!(browser.ask(&console, ask).await.problem(), "not-from-here", "{path}");
        let ask = Request::fetch(method, path).header("sec-fetch-site", "cross-site");
        assert_eq!(browser.ask(&console, ask).await.problem(), "not-from-here", "{path}");
    }
    assert_eq!(console.sessions().len(), 1);
}
