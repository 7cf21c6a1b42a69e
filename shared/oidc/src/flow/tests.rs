#![allow(clippy::unwrap_used)]
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::transport::{HttpError, HttpErrorKind};

const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/pool";

fn provider() -> Provider {
    Provider {
        issuer: ISSUER.to_owned(),
        authorization_endpoint: "https://login.test/oauth2/authorize".to_owned(),
        token_endpoint: "https://login.test/oauth2/token".to_owned(),
        revocation_endpoint: Some("https://login.test/oauth2/revoke".to_owned()),
        end_session_endpoint: Some("https://login.test/logout".to_owned()),
    }
}

fn client<'a>(http: &'a HttpClient, provider: &'a Provider) -> Client<'a> {
    Client { http, provider, id: "console", redirect_uri: "https://rokuban.test/signed-in" }
}

fn attempt() -> Attempt {
    // The verifier and challenge of RFC 7636, appendix B.
    Attempt {
        state: Secret::new("state"),
        nonce: Secret::new("nonce"),
        verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    }
}

fn now() -> Timestamp {
    "2026-11-13T00:00:00Z".parse().unwrap()
}

/// A provider that answers one thing, and what it was asked.
fn answering(status: u16, body: &Value) -> (HttpClient, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (kept, body) = (Arc::clone(&asked), body.to_string());
    let http = HttpClient::of(move |request| {
        let text = String::from_utf8(request.body().to_vec()).unwrap();
        kept.lock().unwrap().push(format!("{} {text}", request.uri()));
        let body = Bytes::from(body.clone());
        Box::pin(async move { Ok(http::Response::builder().status(status).body(body).unwrap()) })
    });
    (http, asked)
}

fn id_token(changes: &[(&str, Value)]) -> String {
    let mut claims =
        json!({"iss": ISSUER, "aud": "console", "exp": now().as_second() + 900, "nonce": "nonce", "sub": "1"});
    for (name, value) in changes {
        claims[name] = value.clone();
    }
    format!("e30.{}.c2ln", BASE64URL_NOPAD.encode(claims.to_string().as_bytes()))
}

#[test]
fn the_address_to_sign_in_at_holds_the_challenge_and_never_the_verifier() {
    let (http, _) = answering(200, &json!({}));
    let url = client(&http, &provider()).sign_in_url(&attempt(), "openid", &[("lang", "ja")]);
    for part in [
        "https://login.test/oauth2/authorize?response_type=code&client_id=console&",
        "redirect_uri=https%3A%2F%2Frokuban.test%2Fsigned-in",
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        "state=state&nonce=nonce",
        "&lang=ja",
    ] {
        assert!(url.contains(part), "{part}: {url}");
    }
    assert!(!url.contains("dBjftJeZ4CVP"));
}

#[test]
fn signing_out_has_the_providers_own_words() {
    let (http, _) = answering(200, &json!({}));
    let mut other = provider();
    let id_token = Secret::new("a.b.c");
    let url = client(&http, &other).sign_out_url("https://rokuban.test/signed-out", Some(&id_token)).unwrap();
    assert_eq!(url, "https://login.test/logout?client_id=console&logout_uri=https%3A%2F%2Frokuban.test%2Fsigned-out");
    "https://issuer.test".clone_into(&mut other.issuer);
    other.end_session_endpoint = Some("https://login.test/end?policy=1".to_owned());
    let url = client(&http, &other).sign_out_url("https://rokuban.test/", None).unwrap();
    let standard =
        "https://login.test/end?policy=1&client_id=console&post_logout_redirect_uri=https%3A%2F%2Frokuban.test%2F";
    assert_eq!(url, standard);
    let url = client(&http, &other).sign_out_url("https://rokuban.test/", Some(&id_token)).unwrap();
    assert_eq!(url, format!("{standard}&id_token_hint=a.b.c"));
    other.end_session_endpoint = None;
    assert_eq!(client(&http, &other).sign_out_url("https://rokuban.test/", Some(&id_token)), None);
}

#[tokio::test]
async fn the_id_token_is_kept_where_signing_out_asks_for_it() {
    let issuer = "https://issuer.test";
    let end_session_endpoint = Some("https://login.test/end".to_owned());
    for (provider, is_kept) in [
        (provider(), false),
        (Provider { issuer: issuer.to_owned(), end_session_endpoint, ..provider() }, true),
        (Provider { issuer: issuer.to_owned(), end_session_endpoint: None, ..provider() }, false),
    ] {
        let id_token = id_token(&[("iss", json!(provider.issuer))]);
        let (http, _) = answering(200, &json!({"access_token": "a", "refresh_token": "r", "id_token": id_token}));
        let tokens = client(&http, &provider).exchange("code", &attempt(), now()).await.unwrap();
        let kept = is_kept.then(|| Secret::new(id_token));
        assert_eq!(tokens.id, kept);
        let renewed = client(&http, &provider).renew(&Secret::new("r"), tokens.id.as_ref(), now()).await.unwrap();
        assert_eq!(renewed.id, kept);
    }
}

#[tokio::test]
async fn a_code_becomes_tokens_when_the_id_token_is_for_this_sign_in() {
    let given = json!({"access_token": "a.b.c", "refresh_token": "r", "id_token": id_token(&[]), "expires_in": 900});
    let (http, asked) = answering(200, &given);
    let tokens = client(&http, &provider()).exchange("code 1", &attempt(), now()).await.unwrap();
    assert_eq!((tokens.access.expose(), tokens.refresh.unwrap().expose()), ("a.b.c", "r"));
    assert_eq!(tokens.expires_at, "2026-11-13T00:15:00Z".parse().unwrap());
    let asked = asked.lock().unwrap().remove(0);
    for part in ["/oauth2/token grant_type=authorization_code", "code=code+1", "code_verifier=dBjftJeZ4CVP"] {
        assert!(asked.contains(part), "{asked}");
    }
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_is_refused() {
    for (name, value, what) in [
        ("iss", json!("https://issuer.test"), "issuer"),
        ("aud", json!("other"), "audience"),
        ("aud", json!(["other"]), "audience"),
        ("aud", json!(["console", "other"]), "audience"),
        ("exp", json!(now().as_second() - 61), "end"),
        ("nonce", json!("another"), "nonce"),
        ("nonce", Value::Null, "nonce"),
    ] {
        let given = json!({"access_token": "a", "id_token": id_token(&[(name, value.clone())])});
        let (http, _) = answering(200, &given);
        let refused = client(&http, &provider()).exchange("code", &attempt(), now()).await.unwrap_err();
        assert!(matches!(refused, SignInError::IdToken(found) if found == what), "{name} {value}: {refused}");
    }
    for accepted in [json!(["console"]), json!("console")] {
        let given = json!({"access_token": "a", "id_token": id_token(&[("aud", accepted)])});
        let (http, _) = answering(200, &given);
        assert!(client(&http, &provider()).exchange("code", &attempt(), now()).await.is_ok());
    }
    for garbled in ["", "a", "a.b.c", "e30.e30.c2ln"] {
        let (http, _) = answering(200, &json!({"access_token": "a", "id_token": garbled}));
        assert!(client(&http, &provider()).exchange("code", &attempt(), now()).await.is_err(), "{garbled}");
    }
    let (http, _) = answering(200, &json!({"access_token": "a"}));
    assert!(client(&http, &provider()).exchange("code", &attempt(), now()).await.is_err(), "without an ID token");
}

#[tokio::test]
async fn a_renewal_keeps_the_refresh_token_unless_it_brings_a_new_one() {
    for (given, kept) in
        [(json!({"access_token": "b"}), "old"), (json!({"access_token": "b", "refresh_token": "new"}), "new")]
    {
        let (http, asked) = answering(200, &given);
        let tokens = client(&http, &provider()).renew(&Secret::new("old"), None, now()).await.unwrap();
        assert_eq!(tokens.refresh.unwrap().expose(), kept);
        assert!(asked.lock().unwrap()[0].ends_with("grant_type=refresh_token&client_id=console&refresh_token=old"));
    }
}

#[tokio::test]
async fn what_the_provider_refuses_is_final_only_where_it_says_so() {
    for (status, body, is_final) in [
        (400, json!({"error": "invalid_grant"}), true),
        (400, json!({"error": "invalid_client"}), false),
        (429, json!({"message": "slow down"}), false),
        (500, json!({}), false),
        (200, json!({}), false),
        (200, json!({"access_token": "a\r\nb"}), false),
        (200, json!([]), false),
    ] {
        let (http, _) = answering(status, &body);
        let error = client(&http, &provider()).renew(&Secret::new("r"), None, now()).await.unwrap_err();
        assert_eq!(error.is_final(), is_final, "{status} {body}: {error}");
    }
    let http = HttpClient::of(|_| Box::pin(async { Err(HttpError::of(HttpErrorKind::NoAnswer)) }));
    assert!(!client(&http, &provider()).renew(&Secret::new("r"), None, now()).await.unwrap_err().is_final());
}

#[tokio::test]
async fn an_error_names_nothing_private_whatever_the_provider_says() {
    let (http, _) = answering(400, &json!({"error": "eyJhbGciOi.secret", "error_description": "09012345678"}));
    let error = client(&http, &provider()).exchange("code-1", &attempt(), now()).await.unwrap_err();
    let text = format!("{error} {error:?}");
    for private in ["eyJ", "0901", "code-1", "login.test"] {
        assert!(!text.contains(private), "{text}");
    }
}

#[tokio::test]
async fn revoking_is_done_where_there_is_nothing_to_ask() {
    let (http, asked) = answering(200, &json!({}));
    client(&http, &provider()).revoke(&Secret::new("r")).await.unwrap();
    assert!(asked.lock().unwrap()[0].contains("/oauth2/revoke token=r&"));
    let without = Provider { revocation_endpoint: None, ..provider() };
    client(&http, &without).revoke(&Secret::new("r")).await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1);
}
