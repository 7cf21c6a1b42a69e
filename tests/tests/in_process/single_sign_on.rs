//! Tokens of the shapes that Entra ID, Okta and Google Workspace document: which are taken, and whom they speak for.

use serde_json::{Value, json};

use crate::api::{Api, ApiRequest};
use tests::company::{Company, sample_rulebook};

/// Entra ID: the documented claims of a version 2.0 access token for an API of one's own, and of an id token of it.
/// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
#[tokio::test(start_paused = true)]
async fn entra_ids_access_tokens_are_taken_by_their_scope_and_its_id_tokens_are_not() {
    const TENANT: &str = "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0";
    const API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
    let (policy, staff) = sample_rulebook();
    let oid = "cccccccc-2222-3333-4444-dddddddddddd";
    let company = Company::of(Company::builder(1).build());
    company.publish(&policy, &staff.replace("kato,加藤 恵,,", &format!("kato,加藤 恵,{oid},"))).await;
    let api = Api::with(
        company,
        &[("ISSUER", TENANT), ("AUDIENCE", API), ("ACCESS_TOKEN_RULE", "scp=calls"), ("IDENTITY_CLAIM", "oid")],
    );
    let access = json!({
        "iss": TENANT, "aud": API, "client_id": null, "ver": "2.0", "scp": "calls", "azpacr": "0", "azp": API,
        "oid": oid, "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "tid": "aaaabbbb-0000-cccc-1111-dddd2222eeee",
        "name": "加藤 恵", "preferred_username": "kato@yamada.example",
    });
    let with = |changes: Value| {
        let mut claims = access.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ApiRequest::get("/me").with_claims(claims)
    };
    assert_eq!(api.ask(&with(json!({}))).await.ok()["id"], "kato");
    assert_eq!(api.ask(&with(json!({"scp": "User.Read calls"}))).await.status, 200);
    for (what, changes) in [
        ("an id token: it has no scope", json!({"scp": null, "nonce": "n"})),
        ("a scope of another API", json!({"scp": "User.Read"})),
        ("an application's own token", json!({"scp": null, "roles": "[calls]"})),
        ("a token for Graph", json!({"aud": "00000003-0000-0000-c000-000000000000"})),
        ("another tenant", json!({"iss": TENANT.replace("aaaabbbb", "bbbbaaaa")})),
        ("version 1.0", json!({"iss": "https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/"})),
        ("a guest with the same name", json!({"oid": "another"})),
        ("no object id", json!({"oid": null})),
    ] {
        assert_eq!(api.ask(&with(changes)).await.problem(), "not-a-member", "{what}");
    }
}

/// Okta: the documented claims of an access token of a custom authorization server.
/// <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/>
#[tokio::test(start_paused = true)]
async fn oktas_access_tokens_are_taken_by_their_client_and_its_id_tokens_are_not() {
    const SERVER: &str = "https://yamada.okta.example/oauth2/default";
    const CLIENT: &str = "0oa1a2b3c4D5e6F7g8h9";
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&policy, &staff.replace("kato,加藤 恵,,", "kato,加藤 恵,00u1a2b3c4,")).await;
    let api = Api::with(
        company,
        &[
            ("ISSUER", SERVER),
            ("AUDIENCE", "api://rokuban"),
            ("ACCESS_TOKEN_RULE", &format!("cid={CLIENT}")),
            ("IDENTITY_CLAIM", "uid"),
        ],
    );
    let access = json!({
        "ver": "1", "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": SERVER, "aud": "api://rokuban",
        "cid": CLIENT, "client_id": null, "uid": "00u1a2b3c4", "scp": "[openid offline_access]", "sub": "kato@yamada.example",
    });
    let with = |changes: Value| {
        let mut claims = access.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ApiRequest::get("/me").with_claims(claims)
    };
    assert_eq!(api.ask(&with(json!({}))).await.ok()["id"], "kato");
    for (what, changes) in [
        ("an id token", json!({"aud": CLIENT, "cid": null, "uid": null, "scp": null, "sub": "00u1a2b3c4"})),
        ("another client of the company", json!({"cid": "0oaanother"})),
        ("the org's own authorization server", json!({"iss": "https://yamada.okta.example"})),
        ("a machine's token", json!({"uid": null, "sub": CLIENT})),
    ] {
        assert_eq!(api.ask(&with(changes)).await.problem(), "not-a-member", "{what}");
    }
}

/// Google Workspace signs in through the pool: a federated user's name there is the provider's and Google's `sub`.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
#[tokio::test(start_paused = true)]
async fn a_person_of_google_workspace_is_who_the_pool_says_and_googles_own_tokens_are_not_taken() {
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&policy, &staff.replace("kato,加藤 恵,,", "kato,加藤 恵,google_110169484474386276334,")).await;
    let api = Api::of(company);
    let federated =
        json!({"username": "google_110169484474386276334", "token_use": "access", "cognito:groups": "[pool_google]"});
    assert_eq!(api.ask(&ApiRequest::get("/me").with_claims(federated)).await.ok()["id"], "kato");
    let id_token = json!({
        "iss": "https://accounts.google.com", "azp": "1234987819200.apps.googleusercontent.com",
        "aud": "1234987819200.apps.googleusercontent.com", "client_id": null, "sub": "110169484474386276334",
        "email": "kato@yamada.example", "email_verified": "true", "hd": "yamada.example", "username": null,
    });
    assert_eq!(api.ask(&ApiRequest::get("/me").with_claims(id_token)).await.problem(), "not-a-member");
}

#[tokio::test(start_paused = true)]
async fn an_address_counts_only_where_the_issuer_has_verified_it() {
    let (policy, staff) = sample_rulebook();
    let company = Company::of(Company::builder(1).build());
    company.publish(&policy, &staff.replace("kato,加藤 恵,,", "kato,加藤 恵,kato@yamada.example,")).await;
    let api = Api::with(company, &[("IDENTITY_CLAIM", "email")]);
    let ask = |verified: Value| {
        let claims = json!({"token_use": "access", "email": "kato@yamada.example", "email_verified": verified});
        ApiRequest::get("/me").with_claims(claims)
    };
    assert_eq!(api.ask(&ask(json!("true"))).await.ok()["id"], "kato");
    for verified in [json!(null), json!("false"), json!(""), json!("True"), json!("1")] {
        assert_eq!(api.ask(&ask(verified.clone())).await.problem(), "not-a-member", "{verified}");
    }
}
