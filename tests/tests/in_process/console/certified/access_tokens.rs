//! Which of the vendors' tokens the API takes, under which rule.

use super::gateway::Gateway;
use super::scene::{Scene, who_is};
use super::vendor::Vendor;

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn an_access_token_passes_the_guides_rule_and_no_other_vendors() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        scene.signed_in().await;
        let vendor = &scene.vendor;
        let access = scene.given(0, "access_token").unwrap();
        let taken = who_is(&scene.api_as(vendor), &scene.gateway, access.expose()).await.unwrap();
        assert_eq!(taken.ok()["id"], "kato", "{}", vendor.name);
        for other in Vendor::all().into_iter().filter(|other| other.name != vendor.name) {
            let what = format!("{} under the rule of {}", vendor.name, other.name);
            let theirs = Gateway::of(&scene.http, &other.issuer, &other.audience).await;
            assert_eq!(theirs.claims(access.expose()), None, "{what}");
            // Were issuer and audience right, and the claim that says who: the rule itself refuses.
            let with_rule = Vendor { rule: other.rule.clone(), ..vendor.clone() };
            let refused = who_is(&scene.api_as(&with_rule), &scene.gateway, access.expose()).await.unwrap();
            assert_eq!(refused.problem(), "not-a-member", "{what}");
        }
        let elsewhere = Vendor { audience: "another".to_owned(), ..vendor.clone() };
        assert_eq!(scene.gateway.for_audience("another").claims(access.expose()), None, "{}", vendor.name);
        let refused = who_is(&scene.api_as(&elsewhere), &scene.gateway, access.expose()).await.unwrap();
        assert_eq!(refused.problem(), "not-a-member", "{}: the second wall", vendor.name);
    }
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn an_id_token_is_refused_where_its_audience_is_the_apis_too() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        scene.signed_in().await;
        let vendor = &scene.vendor;
        let id_token = scene.given(0, "id_token").unwrap();
        let is_let_in = scene.gateway.claims(id_token.expose()).is_some();
        assert_eq!(is_let_in, vendor.audience == vendor.client, "{}", vendor.name);
        let lenient = Vendor { audience: vendor.client.clone(), ..vendor.clone() };
        // An id token says who by `sub`, or as the vendor's own access tokens do.
        for claim in [&vendor.claim, "sub"] {
            let api = scene.api_as(&Vendor { claim: claim.to_owned(), ..lenient.clone() });
            let refused = who_is(&api, &scene.gateway.for_audience(&vendor.client), id_token.expose()).await.unwrap();
            assert_eq!(refused.problem(), "not-a-member", "{} {claim}", vendor.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn googles_own_tokens_are_taken_under_no_rule() {
    let scene = Scene::of(Vendor::google()).await;
    // The console signs in, and its access token is good for Google alone: the authorizer refuses it.
    let (mut browser, _) = scene.signed_in().await;
    assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.problem(), "signed-out");
    let access = scene.given(0, "access_token").unwrap();
    assert!(!access.expose().contains('.') && scene.gateway.claims(access.expose()).is_none());
    let id_token = scene.given(0, "id_token").unwrap();
    let claims = scene.gateway.claims(id_token.expose()).unwrap();
    assert_eq!((&claims["hd"], &claims["sub"]), (&"yamada.example".into(), &scene.vendor.account.into()));
    for other in Vendor::all() {
        for claim in [&other.claim, "sub"] {
            let rule = Vendor { rule: other.rule.clone(), claim: claim.to_owned(), ..scene.vendor.clone() };
            let refused = who_is(&scene.api_as(&rule), &scene.gateway, id_token.expose()).await.unwrap();
            assert_eq!(refused.problem(), "not-a-member", "{} {claim}", other.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn without_the_scope_profile_entra_id_does_not_say_who_somebody_is() {
    let vendor = Vendor::entra();
    let scopes = vendor.scopes.replace(" profile", "");
    assert_ne!(scopes, vendor.scopes, "the guide asks for it");
    let scene = Scene::of(Vendor { scopes, ..vendor }).await;
    let (mut browser, _) = scene.signed_in().await;
    assert_eq!(browser.fetch(&scene.console, "GET", "/api/me").await.problem(), "not-a-member");
}
