//! Hostile tokens: everything that is not an access token of our own pool, for our own client, of one member of
//! today, is refused with one answer, and leaves nothing behind.
//!
//! The local cloud keeps the keys that its user pools sign with beside its state. With them a test makes tokens
//! that are good but for the one thing that is wrong: an expired one is refused because it expired, not for its
//! signature. A stranger signs with the key of another pool.
//!
//! What the emulator's authorizer does by itself is not tried: it fails (500) on a header that is JSON and no
//! object, and takes what its own pool signed whatever `alg` or `crit` says. Nobody but the pool can sign so, and
//! on AWS the authorizer refuses the first.

use std::fs;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use ring::{hmac, signature::KeyPair as _};
use serde_json::{Value, json};

use crate::company::{self, BEGINS, ENDED, TOKENS_MANAGER};
use crate::stack::{Answer, ask, local, samples, send, stack, token};

/// Who refuses: the authorizer, before the function is asked, or the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wall {
    Authorizer,
    Function,
}

/// One way to ask, hostile or not.
struct Attempt {
    what: String,
    headers: Vec<(&'static str, String)>,
    query: String,
}

impl Attempt {
    fn with(what: &str, authorization: impl Into<String>) -> Self {
        Self { what: what.to_owned(), headers: vec![("Authorization", authorization.into())], query: String::new() }
    }

    fn bearer(what: &str, token: impl AsRef<str>) -> Self {
        Self::with(what, format!("Bearer {}", token.as_ref()))
    }

    /// Asks a route, with a body where it takes one.
    fn send(&self, method: &str, path: &str) -> Answer {
        let url = format!("{}{path}{}", stack().text("api_url"), self.query);
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = json!({"use": "evidence", "reason": "trying whether I am let in"}).to_string();
        if method == "POST" {
            headers.push(("Content-Type", "application/json"));
        }
        send(method, &url, &headers, (method == "POST").then_some(body.as_bytes()))
    }
}

/// A key that signs tokens, and what its pool publishes of it.
struct Key {
    pair: KeyPair,
    jwk: Value,
    spki_der: Vec<u8>,
}

impl Key {
    /// A pool's key for access tokens.
    fn of_pool(pool: &str) -> Self {
        // The pool makes its keys when it is first asked for them.
        let url = format!("{}/{pool}/.well-known/jwks.json", stack().text("endpoint_url"));
        let jwks = send("GET", &url, &[], None).json();
        let file = stack().directory.join(format!("state/cognito-pool-keys/{pool}-access.pem"));
        let pem = fs::read_to_string(file).unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64.decode(base64.as_bytes()).unwrap();
        let pair = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)).unwrap();
        let pkcs1 = pair.public_key().as_ref().to_vec();
        // RFC 8017, A.1, in RFC 5280's wrapping; the lengths are those of 2,048 bits.
        let mut spki_der = vec![0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09];
        spki_der
            .extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00]);
        spki_der.extend(pkcs1);
        // Of the two keys the one whose modulus stands in this one.
        let is_ours = |jwk: &&Value| {
            let modulus = BASE64URL_NOPAD.decode(jwk["n"].as_str().unwrap().as_bytes()).unwrap();
            spki_der.windows(modulus.len()).any(|window| window == modulus)
        };
        let jwk = jwks["keys"].as_array().unwrap().iter().find(is_ours).unwrap().clone();
        Self { pair, jwk, spki_der }
    }

    fn kid(&self) -> &str {
        self.jwk["kid"].as_str().unwrap()
    }

    fn pem(&self) -> String {
        let base64 = BASE64.encode(&self.spki_der);
        let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    fn sign_as(&self, encoding: &'static dyn RsaEncoding, header: &Value, claims: &str) -> String {
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", encoded(signature))
    }

    /// A token as the pool signs it.
    fn sign(&self, claims: &Value) -> String {
        self.sign_as(&RSA_PKCS1_SHA256, &json!({"alg": "RS256", "kid": self.kid()}), &claims.to_string())
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

fn with_hmac(algorithm: (hmac::Algorithm, &str), kid: &str, secret: &[u8], claims: &Value) -> String {
    let header = json!({"alg": algorithm.1, "typ": "JWT", "kid": kid});
    let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(algorithm.0, secret), signed.as_bytes());
    format!("{signed}.{}", encoded(tag))
}

/// The claims that a token carries, believed.
fn claims_of(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
}

/// Some claims but for what is said; `null` takes one away.
fn but(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// A part of a token with one bit of its bytes turned over.
fn flipped(token: &str, part: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut bytes = BASE64URL_NOPAD.decode(parts[part].as_bytes()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    parts[part] = encoded(bytes);
    parts.join(".")
}

pub(crate) fn cognito(operation: &str, parameters: &Value) -> Value {
    local("cognito", &json!({"operation": operation, "parameters": parameters})).unwrap()
}

/// Makes a user who can sign in, or finds the one there is, and gives it a new password.
fn user(pool: &str, login: &str) -> String {
    let password = format!("{}-Aa0", encoded(jiff::Timestamp::now().as_nanosecond().to_le_bytes()));
    // The emulator's own temporary passwords are shorter than our pool wants them.
    let create = json!({
        "UserPoolId": pool,
        "Username": login,
        "TemporaryPassword": password,
        "MessageAction": "SUPPRESS",
    });
    let created = cognito("admin_create_user", &create);
    assert!(created["error"].is_null() || created["error"] == "UsernameExistsException", "{created}");
    cognito("admin_enable_user", &json!({"UserPoolId": pool, "Username": login}));
    let set = json!({"UserPoolId": pool, "Username": login, "Password": password, "Permanent": true});
    assert_eq!(cognito("admin_set_user_password", &set)["error"], Value::Null);
    password
}

/// What a browser gets who signs in to our own client.
pub(crate) fn sign_in(login: &str, password: &str) -> Result<Value, String> {
    let mut content = stack().content.clone();
    content["users"] = json!([{"login": login, "password": password}]);
    local("sign_in", &json!({"stack": content, "login": login}))
}

/// A user of our own pool, made or found, who has just signed in: the password, and what was given. The stack keeps
/// the logins, and may shut out one who is on no list in between: then once more.
fn signed_in(login: &str) -> (String, Value) {
    for _ in 0..5 {
        let password = user(stack().text("user_pool_id"), login);
        if let Ok(given) = sign_in(login, &password) {
            return (password, given);
        }
    }
    panic!("{login} can't sign in");
}

/// Sees to it that one who is no sample's user can ask, with a real token.
pub(crate) fn sign_in_as(login: &str) {
    let is_known = crate::stack::TOKENS.lock().unwrap().contains_key(login);
    if !is_known {
        let (_, given) = signed_in(login);
        let access = given["access_token"].as_str().unwrap().to_owned();
        // Another test may have been first: its token is the one that everybody keeps.
        crate::stack::TOKENS.lock().unwrap().entry(login.to_owned()).or_insert(access);
    }
}

/// A real access token of a client that is not ours, of our pool or another.
fn token_by_another_client(pool: &str, login: &str, password: &str) -> String {
    let flows = json!(["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let client = json!({"UserPoolId": pool, "ClientName": "e2e-another", "ExplicitAuthFlows": flows});
    let client = cognito("create_user_pool_client", &client)["UserPoolClient"]["ClientId"].clone();
    let asked = json!({
        "UserPoolId": pool,
        "ClientId": client,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": login, "PASSWORD": password},
    });
    let answer = cognito("admin_initiate_auth", &asked);
    cognito("delete_user_pool_client", &json!({"UserPoolId": pool, "ClientId": client}));
    answer["AuthenticationResult"]["AccessToken"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// What the battery is made of.
struct Arsenal {
    /// The pool's own key, and a stranger's.
    ours: Key,
    stranger: Key,
    /// A member's real tokens, and another member's access token.
    access: String,
    id: String,
    refresh: String,
    another_members: String,
    of_another_pool: String,
    of_another_client: String,
    /// Of a user who is in no staff list; then disabled.
    of_nobody: String,
    of_disabled: String,
}

impl Arsenal {
    fn new() -> Self {
        let pool = stack().text("user_pool_id");
        let (password, tokens) = signed_in(TOKENS_MANAGER);
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (_, of_nobody) = signed_in("e2e-nobody");
        let (disableds, of_disabled) = signed_in("e2e-disabled");
        cognito("admin_disable_user", &json!({"UserPoolId": pool, "Username": "e2e-disabled"}));
        assert!(sign_in("e2e-disabled", &disableds).is_err(), "a disabled user does not sign in");
        let other_pool = cognito("create_user_pool", &json!({"PoolName": "e2e-another"}))["UserPool"]["Id"].clone();
        let other_pool = other_pool.as_str().unwrap();
        let other_password = user(other_pool, TOKENS_MANAGER);
        let arsenal = Self {
            ours: Key::of_pool(pool),
            stranger: Key::of_pool(other_pool),
            access: text("access_token"),
            id: text("id_token"),
            refresh: text("refresh_token"),
            another_members: token("kato"),
            of_another_pool: token_by_another_client(other_pool, TOKENS_MANAGER, &other_password),
            of_another_client: token_by_another_client(pool, TOKENS_MANAGER, &password),
            of_nobody: of_nobody["access_token"].as_str().unwrap().to_owned(),
            of_disabled: of_disabled["access_token"].as_str().unwrap().to_owned(),
        };
        cognito("delete_user_pool", &json!({"UserPoolId": other_pool}));
        arsenal
    }

    /// What no token is.
    fn shapes(&self) -> Vec<(Wall, Attempt)> {
        let none = Attempt { what: "no token".to_owned(), headers: Vec::new(), query: String::new() };
        let mut found = vec![none];
        let parts: Vec<&str> = self.access.split('.').collect();
        let (head, claims, signature) = (parts[0], parts[1], parts[2]);
        for (what, given) in [
            ("an empty header", String::new()),
            ("a scheme alone", "Bearer".to_owned()),
            ("a scheme and spaces", "Bearer   ".to_owned()),
            ("garbage", "Bearer garbage".to_owned()),
            ("a word of a script", "Bearer undefined".to_owned()),
            ("one dot", format!("Bearer {head}.{claims}")),
            ("two dots and nothing", "Bearer ..".to_owned()),
            ("three dots", format!("Bearer {}.{signature}", self.access)),
            ("five parts", format!("Bearer {head}.{claims}.{claims}.{claims}.{signature}")),
            ("not base64", "Bearer !!!.???.###".to_owned()),
            ("base64 of no JSON", format!("Bearer {0}.{0}.{0}", encoded("no JSON"))),
            ("a password", format!("Basic {}", BASE64.encode(format!("{TOKENS_MANAGER}:password").as_bytes()))),
            ("the token as a password", format!("Basic {}", self.access)),
            ("the token under another scheme", format!("Digest {}", self.access)),
            ("the token in quotes", format!("Bearer \"{}\"", self.access)),
            ("the scheme twice", format!("Bearer Bearer {}", self.access)),
            ("a comma and another token", format!("Bearer {},{}", self.access, self.id)),
            ("a dot at the end", format!("Bearer {}.", self.access)),
            ("the parts the other way round", format!("Bearer {signature}.{claims}.{head}")),
            ("forged, lower-case scheme", format!("bearer {}", flipped(&self.access, 2))),
            ("forged, upper-case scheme", format!("BEARER {}", flipped(&self.access, 2))),
            ("forged, without a scheme", flipped(&self.access, 2)),
            ("forged, in spaces", format!("  Bearer   {}  ", flipped(&self.access, 2))),
        ] {
            found.push(Attempt::with(what, given));
        }
        let huge = but(&claims_of(&self.access), &json!({"padding": "A".repeat(5_000)}));
        found.push(Attempt::bearer(
            "a token of 7,000 characters",
            format!("{head}.{}.{signature}", encoded(huge.to_string())),
        ));
        for (what, name) in [("in the query", "access_token"), ("in the query by the header's name", "Authorization")] {
            let query = format!("?{name}={}", self.access);
            found.push(Attempt { what: what.to_owned(), headers: Vec::new(), query });
        }
        for (what, name) in [("in a cookie", "Cookie"), ("in another header", "X-Authorization")] {
            let headers = vec![(name, format!("access_token={}", self.access))];
            found.push(Attempt { what: what.to_owned(), headers, query: String::new() });
        }
        let two = vec![
            ("Authorization", format!("Bearer {}", flipped(&self.access, 2))),
            ("Authorization", format!("Bearer {}", flipped(&self.access, 1))),
        ];
        found.push(Attempt { what: "two headers, both forged".to_owned(), headers: two, query: String::new() });
        found.into_iter().map(|attempt| (Wall::Authorizer, attempt)).collect()
    }

    /// Tokens that the pool did not sign, or did not sign so.
    fn signatures(&self) -> Vec<(Wall, Attempt)> {
        let claims = claims_of(&self.access);
        let parts: Vec<&str> = self.access.split('.').collect();
        let (head, body, signature) = (parts[0], parts[1], parts[2]);
        let kid = self.ours.kid();
        let mut found = Vec::new();
        for (what, alg) in [
            ("alg none", json!("none")),
            ("alg None", json!("None")),
            ("alg NONE", json!("NONE")),
            ("alg nOnE", json!("nOnE")),
            ("an empty alg", json!("")),
            ("alg null", Value::Null),
        ] {
            let header = encoded(json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string());
            found.push(Attempt::bearer(what, format!("{header}.{body}.")));
            found.push(Attempt::bearer(&format!("{what}, the signature kept"), format!("{header}.{body}.{signature}")));
        }
        let modulus_text = self.ours.jwk["n"].as_str().unwrap();
        let modulus = BASE64URL_NOPAD.decode(modulus_text.as_bytes()).unwrap();
        let pem = self.ours.pem();
        for (what, secret) in [
            ("HS256 by the public key, PEM", pem.as_bytes()),
            ("HS256 by the public key, PEM without its last line end", pem.trim_end().as_bytes()),
            ("HS256 by the public key, DER", &self.ours.spki_der),
            ("HS256 by the public key, PKCS 1", self.ours.pair.public_key().as_ref()),
            ("HS256 by the modulus as it is published", modulus_text.as_bytes()),
            ("HS256 by the modulus", &modulus),
            ("HS256 by nothing", b""),
            ("HS256 by a usual secret", b"secret"),
        ] {
            found.push(Attempt::bearer(what, with_hmac((hmac::HMAC_SHA256, "HS256"), kid, secret, &claims)));
        }
        let by_pem = with_hmac((hmac::HMAC_SHA512, "HS512"), kid, pem.as_bytes(), &claims);
        found.push(Attempt::bearer("HS512 by the public key, PEM", by_pem));
        let der = BASE64.encode(&self.stranger.spki_der);
        let jwk = self.stranger.jwk.clone();
        let strangers = |what: &str, header: Value| {
            Attempt::bearer(what, self.stranger.sign_as(&RSA_PKCS1_SHA256, &header, &claims.to_string()))
        };
        found.extend([
            strangers("a stranger's key under our key's id", json!({"alg": "RS256", "kid": kid})),
            strangers("a stranger's key under its own id", json!({"alg": "RS256", "kid": self.stranger.kid()})),
            strangers("a stranger's key, in the header", json!({"alg": "RS256", "kid": kid, "jwk": jwk})),
            strangers("a stranger's key, in the header alone", json!({"alg": "RS256", "kid": "mine", "jwk": jwk})),
            strangers(
                "a key to be fetched",
                json!({"alg": "RS256", "kid": "mine", "jku": "http://127.0.0.1:9/jwks.json"}),
            ),
            strangers(
                "a certificate to be fetched",
                json!({"alg": "RS256", "kid": kid, "x5u": "http://127.0.0.1:9/key.pem"}),
            ),
            strangers("a certificate in the header", json!({"alg": "RS256", "kid": kid, "x5c": [der]})),
            strangers("a key's id that is a path", json!({"alg": "RS256", "kid": "../../../../../../dev/null"})),
            strangers("a key's id that is a query", json!({"alg": "RS256", "kid": "x' OR '1'='1"})),
            strangers("a key's id that is a list", json!({"alg": "RS256", "kid": [kid]})),
            strangers("no key's id", json!({"alg": "RS256"})),
            strangers(
                "what must be understood and is not",
                json!({"alg": "RS256", "kid": kid, "crit": ["exp"], "exp": 1}),
            ),
            Attempt::bearer(
                "our own key, without its id",
                self.ours.sign_as(&RSA_PKCS1_SHA256, &json!({"alg": "RS256"}), &claims.to_string()),
            ),
            Attempt::bearer(
                "PS256 by a stranger",
                self.stranger.sign_as(&RSA_PSS_SHA256, &json!({"alg": "PS256", "kid": kid}), &claims.to_string()),
            ),
            Attempt::bearer("HS256 by nothing, its id a path", {
                with_hmac((hmac::HMAC_SHA256, "HS256"), "../../../../../../dev/null", b"", &claims)
            }),
            Attempt::bearer("ES256 of zeros", {
                let header = encoded(json!({"alg": "ES256", "kid": kid}).to_string());
                format!("{header}.{body}.{}", encoded([0; 64]))
            }),
            Attempt::bearer("one bit of the header", flipped(&self.access, 0)),
            Attempt::bearer("one bit of the claims", flipped(&self.access, 1)),
            Attempt::bearer("one bit of the signature", flipped(&self.access, 2)),
            Attempt::bearer("half a signature", format!("{head}.{body}.{}", &signature[..signature.len() / 2])),
            Attempt::bearer("no signature", format!("{head}.{body}.")),
            Attempt::bearer("more than the signature", format!("{}AAAA", self.access)),
            Attempt::bearer("another member's signature", {
                format!("{head}.{body}.{}", self.another_members.split('.').nth(2).unwrap())
            }),
            Attempt::bearer("another member's claims", {
                format!("{head}.{}.{signature}", self.another_members.split('.').nth(1).unwrap())
            }),
            Attempt::bearer("an admin's login put in", {
                format!("{head}.{}.{signature}", encoded(but(&claims, &json!({"username": "yamada"})).to_string()))
            }),
            Attempt::bearer("a login given twice", {
                let twice = claims.to_string().replacen('{', r#"{"username":"yamada","#, 1);
                format!("{head}.{}.{signature}", encoded(twice))
            }),
        ]);
        found.into_iter().map(|attempt| (Wall::Authorizer, attempt)).collect()
    }

    /// Tokens that the pool did sign, or would, and that are not for us, not now, or of nobody.
    fn claims(&self) -> Vec<(Wall, Attempt)> {
        let now = Timestamp::now().as_second();
        let real = claims_of(&self.access);
        let signed = |what: &str, changes: Value| Attempt::bearer(what, self.ours.sign(&but(&real, &changes)));
        let issuer = stack().text("issuer");
        let by_authorizer = [
            signed("over", json!({"exp": now - 1})),
            signed("over since long", json!({"exp": now - 86_400 * 365})),
            signed("not valid before an hour", json!({"nbf": now + 3_600})),
            signed("issued in an hour", json!({"iat": now + 3_600})),
            signed("another issuer", json!({"iss": "https://issuer.test/pool"})),
            signed("our issuer and a slash", json!({"iss": format!("{issuer}/")})),
            signed("another pool's name", json!({"iss": format!("{issuer}x")})),
            signed("no issuer", json!({"iss": null})),
            signed("another client", json!({"client_id": "another"})),
            signed("no client", json!({"client_id": null})),
            signed("our client, another audience", json!({"aud": "another"})),
            signed("our client, other audiences", json!({"aud": ["another", "third"]})),
            Attempt::bearer("another pool's real token", &self.of_another_pool),
            Attempt::bearer("a real token of another client of our pool", &self.of_another_client),
        ];
        let by_function = [
            Attempt::bearer("a real id token", &self.id),
            signed("an id token's kind", json!({"token_use": "id"})),
            signed("no kind", json!({"token_use": null})),
            signed("a kind in another case", json!({"token_use": "ACCESS"})),
            signed("no end", json!({"exp": null})),
            signed("no login", json!({"username": null})),
            signed("an empty login", json!({"username": ""})),
            signed("an id token's login", json!({"username": null, "cognito:username": TOKENS_MANAGER})),
            signed("a login in another case", json!({"username": TOKENS_MANAGER.to_uppercase()})),
            signed("two logins", json!({"username": [TOKENS_MANAGER, "yamada"]})),
            signed("a login that is no text", json!({"username": {"is": TOKENS_MANAGER}})),
            Attempt::bearer("a user in no staff list", &self.of_nobody),
            Attempt::bearer("a disabled user", &self.of_disabled),
            signed("ended yesterday", json!({"username": ENDED})),
            signed("begins later", json!({"username": BEGINS})),
            signed("left long ago", json!({"username": "tanaka"})),
        ];
        let refresh = Attempt::bearer("a real refresh token", &self.refresh);
        let is_token = self.refresh.split('.').count() == 3;
        let mut found = vec![(if is_token { Wall::Function } else { Wall::Authorizer }, refresh)];
        found.extend(by_authorizer.into_iter().map(|attempt| (Wall::Authorizer, attempt)));
        found.extend(by_function.into_iter().map(|attempt| (Wall::Function, attempt)));
        found
    }
}

/// The audit events of one member this month, and how many there are of everybody whom a battery says it is.
async fn audited(staff: &str) -> usize {
    let table = aws_sdk_dynamodb::Client::new(&stack().sdk_config());
    let mut count = 0;
    for month in [0, 1] {
        let at = Timestamp::now() - jiff::SignedDuration::from_hours(24 * 31 * month);
        let month = at.strftime("%Y-%m").to_string();
        let answer = table
            .query()
            .table_name(stack().text("table"))
            .index_name("by_staff")
            .key_condition_expression("staff_key = :of")
            .expression_attribute_values(":of", AttributeValue::S(format!("A#{staff}#{month}")))
            .send()
            .await
            .unwrap();
        count += answer.items().len();
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a local cloud: cargo xtask test"]
async fn a_hundred_hostile_tokens_get_one_answer_and_leave_nothing_behind() {
    let (arsenal, id) = tokio::task::spawn_blocking(|| {
        company::with_own_members();
        let id = samples("yamada", "team=sales")[0]["id"].as_str().unwrap().to_owned();
        (Arsenal::new(), id)
    })
    .await
    .unwrap();
    let real = claims_of(&arsenal.access);
    let view = format!("/recordings/{id}");
    let play = format!("{view}/play");
    let good = [
        Attempt::bearer("a real token", &arsenal.access),
        Attempt::with("a real token, lower-case scheme", format!("bearer {}", arsenal.access)),
        Attempt::bearer("as the pool signs", arsenal.ours.sign(&real)),
        Attempt::bearer(
            "for us among others",
            arsenal.ours.sign(&but(&real, &json!({"aud": ["another", real["client_id"]]}))),
        ),
    ];
    let mut hostile = arsenal.shapes();
    hostile.extend(arsenal.signatures());
    hostile.extend(arsenal.claims());
    assert!(hostile.len() >= 100, "{}", hostile.len());
    // Good ones are let in before and after every tenth: a battery can't pass by an API that lets nobody in.
    let let_in = |good: &Attempt| assert_eq!(good.send("GET", &view).status, 200, "{}", good.what);
    let before = audited(TOKENS_MANAGER).await;
    let mut let_in_times = 0;
    let mut answers: Vec<(Wall, Answer)> = Vec::new();
    for (number, (wall, attempt)) in hostile.iter().enumerate() {
        if number % 10 == 0 {
            let_in(&good[number / 10 % good.len()]);
            let_in_times += 1;
        }
        for (method, path) in [("GET", "/me"), ("GET", view.as_str()), ("POST", play.as_str())] {
            let answer = attempt.send(method, path);
            let status = match wall {
                Wall::Authorizer => 401,
                Wall::Function => 403,
            };
            assert_eq!(answer.status, status, "{}: {method} {path} {answer:?}", attempt.what);
            answers.push((*wall, answer.without_request_id()));
        }
    }
    for attempt in &good {
        let_in(attempt);
        let_in_times += 1;
    }
    // Each wall has one answer: nothing tells why.
    for wall in [Wall::Authorizer, Wall::Function] {
        let mut told: Vec<_> = answers.iter().filter(|(by, _)| *by == wall).map(|(_, answer)| answer).collect();
        told.dedup_by(|one, other| (&one.headers, &one.body) == (&other.headers, &other.body));
        assert_eq!(told.len(), 1, "{told:?}");
    }
    // What was let in was audited, and nothing else: neither under the member's name nor under the others'.
    assert_eq!(audited(TOKENS_MANAGER).await - before, let_in_times);
    for nobody in [ENDED, BEGINS, "tanaka", "e2e-nobody", "e2e-disabled", ""] {
        assert_eq!(audited(nobody).await, 0, "{nobody}");
    }
    let custody = ask("yamada", "GET", &format!("{view}/custody"), None).json();
    let plays = custody["items"].as_array().unwrap().iter().filter(|event| event["actor"] == TOKENS_MANAGER).count();
    assert_eq!(plays, 0);
}
