//! The caller: the token says who, the rulebook says what.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use axum::http::request::Parts;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use policy::Language;
use policy::browser_origin::BrowserOrigin;
use policy::id::sha256_hex;
use policy::permission::{self, Decision, RulebookAction};
use policy::rulebook::{Member, Rulebook};
use store::AuditOrigin;

use crate::body::is_plain;
use crate::config::{AccessTokenRule, Config};
use crate::context::Context;
use crate::problem::{self, Problem};
use crate::refused_login::{self, LoginRefusal, LoginRefusalReason, RefusedRequest};
use crate::request_id::RequestId;

/// The claim that stands in a token's header and that the authorizer does not hand over.
const HEADER_CLAIM: &str = "typ";

/// The claims that hold several values: the scopes of Entra ID and Okta, and those of RFC 9068.
const LISTS: [&str; 2] = ["scp", "scope"];

/// A caller: a member of staff today, or `AdminLogin`.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the token's identity claim says.
    pub login: String,
    /// The member; `None` for `AdminLogin` while the staff list has no such login.
    pub member: Option<Member>,
    /// The rulebook in force.
    pub rulebook: Arc<Rulebook>,
    /// When the request came.
    pub now: Timestamp,
    /// The language of the answer, by `Accept-Language`.
    pub language: Language,
    /// Where the request came from.
    pub origin: AuditOrigin,
    /// The API's id of the request.
    request_id: String,
}

/// A member of staff today.
#[derive(Clone, Debug)]
pub struct MemberCaller {
    /// The member.
    pub member: Member,
    /// The rulebook in force.
    pub rulebook: Arc<Rulebook>,
    /// When the request came.
    pub now: Timestamp,
    /// The language of the answer, by `Accept-Language`.
    pub language: Language,
    /// Where the request came from.
    pub origin: AuditOrigin,
    /// The API's id of the request.
    pub(crate) request_id: String,
}

/// Whom a request of a link stands for: known already.
#[derive(Clone, Debug)]
pub(crate) struct StandsFor(pub(crate) MemberCaller);

impl Caller {
    /// Whether the rulebook may be read and published.
    pub fn may(&self, action: RulebookAction, admin_login: &str) -> Decision {
        permission::decide_on_rulebook(self.member.as_ref(), action, &self.login, admin_login)
    }

    /// The member's id, or the login of `AdminLogin`.
    pub fn id(&self) -> &str {
        self.member.as_ref().map_or(&self.login, |member| &member.id)
    }

    /// The operation's id.
    pub fn operation(&self, route: &str) -> String {
        format!("{}.{route}", self.request_id)
    }
}

impl MemberCaller {
    /// The operation's id: the API's request id names a request once, however often it is handled.
    pub fn operation(&self, route: &str) -> String {
        format!("{}.{route}", self.request_id)
    }
}

impl<C: AsRef<Context> + Send + Sync> FromRequestParts<Arc<C>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<C>) -> Result<Self, Problem> {
        let context: &Context = (**context).as_ref();
        let config = &context.config;
        let now = context.connection.now();
        let seen = read_origin(parts);
        let origin = match context.origin_keys.browser_of(&context.table, parts, now).await {
            Some(BrowserOrigin { address, user_agent }) => {
                let user_agent = shorten_user_agent(&user_agent);
                AuditOrigin { address: address.to_string(), user_agent, ..seen }
            }
            None => seen,
        };
        let request_id = parts.extensions.get().filter(|RequestId(id)| !id.is_empty());
        let request_id = request_id.map(|RequestId(id)| id.clone());
        let refused = RefusedRequest { now, request_id: request_id.clone(), origin: origin.clone() };
        let login = match read_login(parts, config, now) {
            Ok(login) => login,
            Err(refusal) => return Err(refused_login::refuse(context, refused, refusal).await),
        };
        let rulebook = context.rulebook_in_force(now).await?;
        let member = rulebook.member(&login, rulebook.day_of(now));
        if member.is_none() && login != config.rulebooks.admin_login {
            let refusal = LoginRefusal::Ours { login, reason: LoginRefusalReason::NotAMember };
            return Err(refused_login::refuse(context, refused, refusal).await);
        }
        let request_id = request_id.ok_or_else(|| Problem::of(&problem::FAILED))?;
        let language = Language::asked_for(parts.headers.get(ACCEPT_LANGUAGE));
        Ok(Self { login, member, rulebook, now, language, origin, request_id })
    }
}

impl<C: AsRef<Context> + Send + Sync> FromRequestParts<Arc<C>> for MemberCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<C>) -> Result<Self, Problem> {
        if let Some(StandsFor(caller)) = parts.extensions.remove() {
            return Ok(caller);
        }
        let caller = Caller::from_request_parts(parts, context).await?;
        Ok(Self {
            member: caller.member.ok_or_else(|| Problem::of(&problem::NOT_A_MEMBER))?,
            rulebook: caller.rulebook,
            now: caller.now,
            language: caller.language,
            origin: caller.origin,
            request_id: caller.request_id,
        })
    }
}

/// The claims that the authorizer hands over.
fn claims(parts: &Parts) -> Option<&HashMap<String, String>> {
    let Some(RequestContext::ApiGatewayV2(gateway)) = parts.extensions.get() else { return None };
    Some(&gateway.authorizer.as_ref()?.jwt.as_ref()?.claims)
}

/// Whom the token speaks for, if it is an access token of our issuer for us, and valid now.
fn read_login(parts: &Parts, config: &Config, now: Timestamp) -> Result<String, LoginRefusal> {
    let claims = claims(parts).ok_or(LoginRefusal::NotOurs)?;
    let claim = |name: &str| claims.get(name);
    if !is_issued_for_us(config, claim) {
        return Err(LoginRefusal::NotOurs);
    }
    let login = claim(&config.identity_claim).cloned().unwrap_or_default();
    let reason = if !is_access_token(&config.access_token_rule, claim, parts) {
        LoginRefusalReason::NotAnAccessToken
    } else if !is_valid_at(now, claim) {
        LoginRefusalReason::NotValidNow
    } else if !is_verified(&config.identity_claim, claim) {
        LoginRefusalReason::NotVerified
    } else if login.is_empty() {
        LoginRefusalReason::NoLogin
    } else {
        return Ok(login);
    };
    Err(LoginRefusal::Ours { login, reason })
}

/// 120 characters: a browser's name and its system's.
const USER_AGENT_CHARACTERS: usize = 120;

/// 16 digits of a hash tell the sessions of a company apart, and say nothing of the token.
const SESSION_DIGITS: usize = 16;

/// What names a sign-in in a token: Cognito's, that of RFC 9068's session, Entra ID's own id of a token.
const SESSION_CLAIMS: [&str; 4] = ["origin_jti", "sid", "uti", "jti"];

/// Where the request came from, as the API saw it.
pub(crate) fn read_origin(parts: &Parts) -> AuditOrigin {
    let gateway = match parts.extensions.get() {
        Some(RequestContext::ApiGatewayV2(gateway)) => Some(gateway),
        _ => None,
    };
    let session = claims(parts).and_then(|claims| SESSION_CLAIMS.into_iter().find_map(|name| claims.get(name)));
    let user_agent = gateway.and_then(|gateway| gateway.http.user_agent.as_deref()).unwrap_or_default();
    AuditOrigin {
        address: gateway.and_then(|gateway| gateway.http.source_ip.clone()).unwrap_or_default(),
        user_agent: shorten_user_agent(user_agent),
        session: session.map(|session| sha256_hex(session.as_bytes()).chars().take(SESSION_DIGITS).collect()),
    }
}

/// What a client calls itself, as the audit keeps it.
fn shorten_user_agent(user_agent: &str) -> String {
    user_agent.chars().filter(|one| is_plain(*one)).take(USER_AGENT_CHARACTERS).collect()
}

/// An address that nobody verified is whatever its owner wrote.
fn is_verified<'c>(identity_claim: &str, claim: impl Fn(&str) -> Option<&'c String>) -> bool {
    identity_claim != "email" || claim("email_verified").is_some_and(|verified| verified == "true")
}

/// 60 s: how far the issuer's clock may be ahead of ours.
const CLOCK_LEEWAY_SECONDS: f64 = 60.0;

/// The second wall: the authorizer has checked issuer and audience before it called this function. An authorizer that is
/// set up wrongly, or changed by hand, lets nobody in.
fn is_issued_for_us<'c>(config: &Config, claim: impl Fn(&str) -> Option<&'c String>) -> bool {
    let is_for_us = match (claim("aud"), claim("client_id")) {
        // The authorizer hands a list over as its items in brackets, with spaces between.
        (Some(audiences), _) => match audiences.strip_prefix('[').and_then(|items| items.strip_suffix(']')) {
            Some(items) => items.split(' ').any(|audience| audience == config.audience),
            None => *audiences == config.audience,
        },
        (None, Some(client)) => *client == config.audience,
        (None, None) => false,
    };
    is_for_us && claim("iss") == Some(&config.issuer)
}

/// Checks `exp`, `nbf` and `iat`. A token without `exp` is rejected.
fn is_valid_at<'c>(now: Timestamp, claim: impl Fn(&str) -> Option<&'c String>) -> bool {
    // Seconds since 1970; the authorizer hands every number over as text, in whatever notation.
    let seconds = |name: &str| claim(name).map(|text| text.parse::<f64>().unwrap_or(f64::NAN));
    let now = now.as_duration().as_secs_f64();
    // A time that is not a number is NaN: it compares with nothing, so the token is rejected.
    let has_begun = |begins: Option<f64>| begins.is_none_or(|begins| begins <= now + CLOCK_LEEWAY_SECONDS);
    seconds("exp").is_some_and(|ends| ends > now && ends.is_finite())
        && has_begun(seconds("nbf"))
        && has_begun(seconds("iat"))
}

/// Whether the token is an access token, and not an id token or anything else that the issuer signs.
fn is_access_token<'c>(rule: &AccessTokenRule, claim: impl Fn(&str) -> Option<&'c String>, parts: &Parts) -> bool {
    if LISTS.contains(&rule.claim.as_str()) {
        // A text with blanks between the scopes, or a list, which the authorizer hands over in brackets.
        return claim(&rule.claim).is_some_and(|scopes| {
            let scopes = scopes.strip_prefix('[').and_then(|scopes| scopes.strip_suffix(']')).unwrap_or(scopes);
            scopes.split(' ').any(|scope| scope == rule.value)
        });
    }
    if rule.claim != HEADER_CLAIM {
        return claim(&rule.claim) == Some(&rule.value);
    }
    // RFC 9068 says it in the token's header. The authorizer verified this very token and hands over its
    // claims alone, so the header is read from the token itself.
    let mut given = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(token), None) = (given.next(), given.next()) else {
        return false;
    };
    let token = token.to_str().ok();
    let kind = token.and_then(token_kind);
    // RFC 9068, 2.1: `application/` may stand before it; media types know no case.
    kind.is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.strip_prefix("application/").unwrap_or(&kind) == rule.value.to_ascii_lowercase()
    })
}

/// The `typ` of a token's header.
fn token_kind(authorization: &str) -> Option<String> {
    let token = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => authorization,
    };
    // Several headers of one name arrive joined by commas. Which of the tokens the authorizer took is unknown.
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !token.bytes().all(is_of_token) {
        return None;
    }
    let (header, _) = token.split_once('.')?;
    let header = BASE64URL_NOPAD.decode(header.as_bytes()).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    Some(header.get(HEADER_CLAIM)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::Request;

    use super::*;

    fn is_access(rule: (&str, &str), claims: &[(&str, &str)], authorization: Option<&str>) -> bool {
        let rule = AccessTokenRule { claim: rule.0.to_owned(), value: rule.1.to_owned() };
        let claims: HashMap<String, String> =
            claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut request = Request::builder();
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        is_access_token(&rule, |name| claims.get(name), &parts)
    }

    #[test]
    fn a_claim_tells_an_access_token_from_an_id_token() {
        let rule = ("token_use", "access");
        assert!(is_access(rule, &[("token_use", "access")], None));
        for claims in [&[("token_use", "id")][..], &[("token_use", "Access")], &[("typ", "access")], &[]] {
            assert!(!is_access(rule, claims, None), "{claims:?}");
        }
    }

    #[test]
    fn of_several_scopes_one_must_be_the_rules_own() {
        let rule = ("scp", "calls");
        for scopes in ["calls", "openid calls", "[openid calls]", "[calls]"] {
            assert!(is_access(rule, &[("scp", scopes)], None), "{scopes}");
        }
        for scopes in ["", "openid", "calls.read", "[callsx openid]", "Calls", "[calls", "calls,openid"] {
            assert!(!is_access(rule, &[("scp", scopes)], None), "{scopes}");
        }
        assert!(!is_access(rule, &[("scope", "calls")], None) && !is_access(rule, &[], None));
        assert!(!is_access(("token_use", "access"), &[("token_use", "access id")], None));
    }

    #[test]
    fn the_kind_of_rfc_9068_is_read_from_the_tokens_header() {
        let token = |header: &str| format!("Bearer {}.e30.c2ln", BASE64URL_NOPAD.encode(header.as_bytes()));
        let rule = ("typ", "at+jwt");
        for header in [r#"{"alg":"RS256","typ":"at+jwt"}"#, r#"{"typ":"application/at+jwt"}"#, r#"{"typ":"AT+JWT"}"#] {
            assert!(is_access(rule, &[], Some(&token(header))), "{header}");
        }
        for header in [r#"{"typ":"JWT"}"#, r#"{"alg":"RS256"}"#, r#"{"typ":1}"#, "no json"] {
            // A claim of that name in the token's body is the bearer's own word, not the header.
            assert!(!is_access(rule, &[("typ", "at+jwt")], Some(&token(header))), "{header}");
        }
        for authorization in [None, Some(""), Some("Bearer"), Some("Basic e30.e30.c2ln"), Some("Bearer x")] {
            assert!(!is_access(rule, &[], authorization), "{authorization:?}");
        }
    }

    #[test]
    fn of_two_tokens_neither_tells_what_the_other_one_is() {
        let token = |header: &str| format!("Bearer {}.e30.c2ln", BASE64URL_NOPAD.encode(header.as_bytes()));
        let (made_up, verified) = (token(r#"{"typ":"at+jwt"}"#), token(r#"{"typ":"JWT"}"#));
        let rule = ("typ", "at+jwt");
        assert!(is_access(rule, &[], Some(&made_up)));
        assert!(!is_access(rule, &[], Some(&format!("{made_up},{verified}"))));
        assert!(!is_access(rule, &[], Some(&format!("{made_up}, {verified}"))));
        let rule = AccessTokenRule { claim: rule.0.to_owned(), value: rule.1.to_owned() };
        let request = Request::builder().header(AUTHORIZATION, &made_up).header(AUTHORIZATION, &verified);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert!(!is_access_token(&rule, |_| None, &parts));
    }

    #[test]
    fn a_tokens_times_are_numbers_of_seconds_and_it_has_an_end() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let is_valid = |claims: &[(&str, &str)]| {
            let claims: HashMap<String, String> =
                claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            is_valid_at(now, |name| claims.get(name))
        };
        for (exp, valid) in [
            ("1800000001", true),
            ("1.800000001E9", true),
            ("1800000000", false),
            ("1799999999", false),
            ("-1", false),
            ("", false),
            ("never", false),
            ("inf", false),
            ("NaN", false),
            ("2030-01-01T00:00:00Z", false),
        ] {
            assert_eq!(is_valid(&[("exp", exp)]), valid, "{exp}");
        }
        assert!(!is_valid(&[("iat", "1799999999")]), "without an end it is rejected");
        for begins in ["nbf", "iat"] {
            for (at, valid) in
                [("1800000000", true), ("1800000060", true), ("1800000061", false), ("soon", false), ("", false)]
            {
                assert_eq!(is_valid(&[("exp", "1800000900"), (begins, at)]), valid, "{begins} {at}");
            }
        }
    }
}
