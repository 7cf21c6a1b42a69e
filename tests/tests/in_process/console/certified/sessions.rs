//! Signing in at the console, its session's tokens, and signing out.

use super::super::browser::Browser;
use super::super::double::Request;
use super::scene::{Scene, returning};
use super::vendor::Vendor;

/// Just less than a minute before an access token ends, and less than an idle session lasts.
const UNTIL_RENEWAL: u64 = 14 * 60 + 1;

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn by_the_guides_settings_people_of_every_vendor_sign_in_and_work_on_after_a_renewal() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        let vendor = &scene.vendor;
        let (mut browser, _) = scene.signed_in().await;
        assert_eq!(browser.jar.keys().collect::<Vec<_>>(), ["__Host-session"], "{}", vendor.name);
        let me = browser.fetch(&scene.console, "GET", "/api/me").await;
        assert_eq!((me.status, &me.json()["id"]), (200, &"kato".into()), "{}", vendor.name);
        scene.console.wait_seconds(UNTIL_RENEWAL);
        let me = browser.fetch(&scene.console, "GET", "/api/me").await;
        assert_eq!(me.status, 200, "{}", vendor.name);
        let renewed = scene.given(1, "access_token");
        assert_eq!(renewed.is_some(), vendor.gives_refresh_tokens(), "{}", vendor.name);
        assert_ne!(renewed, scene.given(0, "access_token"), "{}", vendor.name);
        let rotated = scene.given(1, "refresh_token") != scene.given(0, "refresh_token");
        assert_eq!(rotated, vendor.rotates(), "{}", vendor.name);
    }
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn a_refresh_token_that_is_used_twice_is_refused_and_the_session_ends() {
    for vendor in Vendor::all().into_iter().filter(Vendor::rotates) {
        let scene = Scene::of(vendor).await;
        let (mut browser, _) = scene.signed_in().await;
        scene.console.wait_seconds(UNTIL_RENEWAL);
        assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.status, 200);
        let used = scene.given(0, "refresh_token").unwrap();
        assert!(scene.use_refresh_token(&used).await.unwrap_err().is_final(), "{}", scene.vendor.name);
        // The provider has ended what came of it too.
        scene.console.wait_seconds(UNTIL_RENEWAL);
        let refused = browser.fetch(&scene.console, "GET", "/api/me").await;
        assert_eq!((refused.status, refused.problem().as_str()), (401, "signed-out"));
        assert!(scene.console.sessions().is_empty() && browser.jar.is_empty());
    }
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn where_no_refresh_token_is_given_the_session_ends_with_the_access_token() {
    let scene = Scene::of(Vendor::standard()).await;
    let (mut browser, _) = scene.signed_in().await;
    assert_eq!(scene.given(0, "refresh_token"), None);
    scene.console.wait_seconds(UNTIL_RENEWAL);
    assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.status, 200);
    scene.console.wait_seconds(60);
    assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.problem(), "signed-out");
    assert!(scene.console.sessions().is_empty() && browser.jar.is_empty());
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn a_code_of_another_sign_in_signs_nobody_in() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        let (mut one, mut other) = (Browser::default(), Browser::default());
        let to_one = one.ask(&scene.console, Request::go("/session/login")).await;
        let to_other = other.ask(&scene.console, Request::go("/session/login")).await;
        let (back_one, back_other) =
            (scene.person().visit(to_one.location()).await, scene.person().visit(to_other.location()).await);
        // As it is, its state is another's; with the state exchanged, the proof is.
        let refused = one.ask(&scene.console, returning(&back_other)).await;
        assert_eq!(refused.location(), "/signed-out#failed");
        let exchanged = with_state_of(&back_other, &back_one);
        let refused = one.ask(&scene.console, returning(&exchanged)).await;
        assert_eq!(refused.location(), "/signed-out#failed", "{}", scene.vendor.name);
        assert!(scene.console.sessions().is_empty());
        assert_eq!(one.ask(&scene.console, returning(&back_one)).await.location(), "/");
    }
}

/// An address with the state of another one.
fn with_state_of(address: &str, other: &str) -> String {
    let state = |address: &str| super::super::double::query_of(address)["state"].clone();
    address.replace(&state(address), &state(other))
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn a_code_that_comes_twice_ends_what_came_of_it() {
    let scene = Scene::of(Vendor::okta()).await;
    let mut browser = Browser::default();
    let to = browser.ask(&scene.console, Request::go("/session/login")).await;
    let login = browser.jar["__Host-login"].clone();
    let back = scene.person().visit(to.location()).await;
    assert_eq!(browser.ask(&scene.console, returning(&back)).await.location(), "/");
    let again = returning(&back).cookie(&format!("__Host-login={login}"));
    assert_eq!(scene.console.ask(&again).await.location(), "/signed-out#failed");
    scene.console.wait_seconds(UNTIL_RENEWAL);
    assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.problem(), "signed-out");
    assert!(scene.console.sessions().is_empty());
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn who_cancels_at_the_provider_is_told_so() {
    let scene = Scene::of(Vendor::standard()).await;
    let mut person = scene.person();
    person.cancels = true;
    assert_eq!(scene.sign_in(&mut Browser::default(), &mut person).await, "/signed-out#refused");
    assert!(scene.console.sessions().is_empty());
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn signing_out_ends_it_at_the_provider_and_the_next_person_must_sign_in() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        let (mut browser, mut person) = scene.signed_in().await;
        assert!(person.take_pages().contains(&"login"));
        // Who is signed in at the provider is let in without a question: that is why signing out goes there.
        assert_eq!(scene.sign_in(&mut Browser::default(), &mut person).await, "/");
        assert!(!person.take_pages().contains(&"login"), "{}", scene.vendor.name);
        let answer = browser.fetch(&scene.console, "POST", "/session/logout").await;
        let to = answer.json()["to"].as_str().unwrap().to_owned();
        assert_eq!(person.visit(&to).await, "https://rokuban.test/signed-out", "{}", scene.vendor.name);
        assert_eq!(person.take_pages(), ["logout"]);
        assert_eq!(scene.console.sessions().len(), 1, "that of the second sign-in");
        if scene.vendor.rotates() {
            let refresh = scene.given(0, "refresh_token").unwrap();
            assert!(scene.use_refresh_token(&refresh).await.unwrap_err().is_final(), "it is revoked");
        }
        assert_eq!(scene.sign_in(&mut Browser::default(), &mut person).await, "/");
        assert!(person.take_pages().contains(&"login"), "{}", scene.vendor.name);
    }
}
