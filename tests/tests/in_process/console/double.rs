//! What stands around the console in its tests: a provider that keeps to the letter of OAuth, an API that notes what it is
//! asked, and a browser with its cookies.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use jiff::Timestamp;
use oidc::{HttpClient, HttpError, HttpErrorKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::company::{Company, TABLE};
use tests::world::World;

pub(super) const ORIGIN: &str = "https://rokuban.test";
pub(super) const API: &str = "https://api.test/v1";
pub(super) const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_company";
pub(super) const BUCKET_ORIGIN: &str = "https://recordings.s3.ap-northeast-1.amazonaws.com";
const CLIENT: &str = "console";

/// 15 minutes, as the template sets it.
pub(super) const ACCESS_SECONDS: i64 = 900;

/// What an API answers, and how.
type Api =
    dyn Fn(http::Request<Bytes>, String) -> Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>> + Send + Sync;

/// A code that was given and not exchanged.
struct Code {
    login: String,
    nonce: String,
    challenge: String,
}

/// What the provider knows, and what it does wrong when it is told to.
#[derive(Default)]
pub(super) struct Provider {
    codes: BTreeMap<String, Code>,
    /// Refresh tokens that are good, and whose.
    refresh: BTreeMap<String, String>,
    /// Access tokens that were given: whose, and until when.
    access: BTreeMap<String, (String, Timestamp)>,
    pub(super) revoked: BTreeSet<String>,
    given: usize,
    /// How often tokens were asked for by a refresh token.
    pub(super) renewals: usize,
    /// What it answers in place of tokens.
    pub(super) failure: Option<(u16, Value)>,
    /// What it puts into ID tokens in place of what belongs there.
    pub(super) id_token: BTreeMap<String, Value>,
    pub(super) is_unreachable: bool,
    /// What the API was asked, by method, address, headers and body.
    pub(super) asked: Vec<http::Request<Bytes>>,
}

/// A console with its surroundings.
pub(super) struct Console {
    pub(super) world: World,
    provider: Arc<Mutex<Provider>>,
    context: console::Context,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) cookies: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn location(&self) -> &str {
        assert_eq!(self.status, 303);
        &self.headers["location"]
    }

    /// The last word of a problem's type.
    pub(super) fn problem(&self) -> String {
        let json = self.json();
        assert_eq!(json["status"], self.status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        json["type"].as_str().unwrap().strip_prefix("urn:rokuban:problem:").unwrap().to_owned()
    }

    /// The value that a cookie is set to.
    pub(super) fn set_cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('=')?.split(';').next())
    }
}

/// Where a gateway puts the cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// As AWS does: a list beside the headers.
    #[default]
    List,
    /// As the emulator does.
    Header,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) cookies: Vec<String>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) shape: Shape,
    pub(super) address: &'static str,
}

impl Request {
    pub(super) fn new(method: &'static str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: None,
            shape: Shape::default(),
            address: "192.0.2.1",
        }
    }

    /// A navigation: no header of ours.
    pub(super) fn go(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// What a script of the pages fetches.
    pub(super) fn fetch(method: &'static str, path: &str) -> Self {
        Self::new(method, path).header("x-rokuban", "1").header("sec-fetch-site", "same-origin")
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(super) fn cookie(mut self, cookie: &str) -> Self {
        self.cookies.push(cookie.to_owned());
        self
    }

    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self
    }

    fn event(&self) -> Value {
        let mut event = json!({
            "version": "2.0",
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {"http": {"method": self.method, "path": self.path, "sourceIp": self.address,
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}},
            "isBase64Encoded": false,
        });
        if !self.cookies.is_empty() {
            match self.shape {
                Shape::List => event["cookies"] = json!(self.cookies),
                Shape::Header => event["headers"]["Cookie"] = json!(self.cookies.join("; ")),
            }
        }
        if let Some(body) = &self.body {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
        event
    }
}

impl Console {
    /// Over an API that answers every good token alike.
    pub(super) fn new(seed: u64) -> Self {
        Self::over(Company::of(Company::builder(seed).build()).world, |request, login| {
            let body = json!({"path": request.uri().path(), "login": login}).to_string();
            Box::pin(async move {
                let answer = http::Response::builder().header("content-type", "application/json");
                answer.body(Bytes::from(body)).unwrap()
            })
        })
    }

    /// Over an API in a world. The API is asked for good tokens alone, as the authorizer does, with the token's login.
    pub(super) fn over(
        world: World,
        api: impl Fn(http::Request<Bytes>, String) -> Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let provider = Arc::<Mutex<Provider>>::default();
        let http = network(&world, &provider, Arc::new(api));
        Self { provider, ..Self::on(http, world, &[("ISSUER", ISSUER), ("CLIENT_ID", CLIENT)]) }
    }

    /// On another network: the provider there is a real one.
    pub(super) fn on(http: HttpClient, world: World, variables: &[(&str, &str)]) -> Self {
        let usual =
            [("TABLE_NAME", TABLE), ("CONSOLE_ORIGIN", ORIGIN), ("API_URL", API), ("AUDIO_ORIGINS", BUCKET_ORIGIN)];
        let config = console::Config::read(|name| {
            let (_, value) = variables.iter().chain(&usual).find(|(given, _)| *given == name)?;
            Some((*value).to_owned())
        })
        .unwrap();
        let connection = Company::of_without_retries(world.clone()).connection();
        Self { context: console::Context::with(config, connection, http), world, provider: Arc::default() }
    }

    pub(super) fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap()
    }

    pub(super) async fn ask(&self, ask: &Request) -> Answer {
        let request: console::Request = serde_json::from_value(ask.event()).unwrap();
        let answer = serde_json::to_value(console::handle(&self.context, &request).await).unwrap();
        let body = answer["body"].as_str().unwrap();
        let body =
            if answer["isBase64Encoded"] == true { STANDARD.decode(body).unwrap() } else { body.as_bytes().to_vec() };
        Answer {
            status: u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap(),
            headers: serde_json::from_value(answer["headers"].clone()).unwrap(),
            cookies: answer
                .get("cookies")
                .map(|list| serde_json::from_value(list.clone()).unwrap())
                .unwrap_or_default(),
            body,
        }
    }

    /// The sessions in the table.
    pub(super) fn sessions(&self) -> Vec<Value> {
        let items = self.world.table_items(TABLE);
        items.into_iter().filter(|item| item["pk"].as_str().unwrap().starts_with("U#")).collect()
    }

    /// Moves the time, to the second.
    pub(super) fn wait_seconds(&self, seconds: u64) {
        self.world.advance(std::time::Duration::from_secs(seconds));
    }
}

impl Provider {
    /// A person signs in at the page that an address leads to; gives the code.
    pub(super) fn sign_in(&mut self, url: &str, login: &str) -> String {
        let query = query_of(url);
        assert_eq!(query["response_type"], "code");
        assert_eq!(
            (query["client_id"].as_str(), query["redirect_uri"].as_str()),
            (CLIENT, "https://rokuban.test/signed-in")
        );
        assert_eq!(query["code_challenge_method"], "S256");
        self.given += 1;
        let code = format!("code-{}", self.given);
        let (nonce, challenge) = (query["nonce"].clone(), query["code_challenge"].clone());
        self.codes.insert(code.clone(), Code { login: login.to_owned(), nonce, challenge });
        code
    }

    /// Ends every token of a login, as `AdminUserGlobalSignOut` does.
    pub(super) fn sign_out_everywhere(&mut self, login: &str) {
        self.refresh.retain(|_, of| of != login);
        self.access.retain(|_, (of, _)| of != login);
    }

    /// Whether no token is left that others could be had for.
    pub(super) fn has_no_refresh_token(&self) -> bool {
        self.refresh.is_empty()
    }

    fn tokens(&mut self, form: &BTreeMap<String, String>, now: Timestamp) -> (u16, Value) {
        let refused = || (400, json!({"error": "invalid_grant"}));
        let (login, nonce) = if form["grant_type"] == "authorization_code" {
            let Some(code) = self.codes.remove(&form["code"]) else { return refused() };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
            if challenge != code.challenge || form["redirect_uri"] != format!("{ORIGIN}/signed-in") {
                return refused();
            }
            (code.login, Some(code.nonce))
        } else {
            self.renewals += 1;
            // Rotation: the one that is used is good no more.
            let Some(login) = self.refresh.remove(&form["refresh_token"]) else { return refused() };
            (login, None)
        };
        self.given += 1;
        let (access, refresh) = (format!("access-{}", self.given), format!("refresh-{}", self.given));
        let ends_at = now + jiff::SignedDuration::from_secs(ACCESS_SECONDS);
        self.access.insert(access.clone(), (login.clone(), ends_at));
        self.refresh.insert(refresh.clone(), login.clone());
        let mut tokens = json!({"access_token": access, "refresh_token": refresh, "expires_in": ACCESS_SECONDS});
        if let Some(nonce) = nonce {
            let mut claims = json!({"iss": ISSUER, "aud": CLIENT, "exp": ends_at.as_second(), "nonce": nonce});
            for (name, value) in &self.id_token {
                claims[name] = value.clone();
            }
            tokens["id_token"] = json!(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())));
        }
        (200, tokens)
    }
}

/// The provider and the API, by their addresses.
fn network(world: &World, provider: &Arc<Mutex<Provider>>, api: Arc<Api>) -> HttpClient {
    let (world, provider) = (world.clone(), Arc::clone(provider));
    HttpClient::of(move |request| {
        let (world, provider, api) = (world.clone(), Arc::clone(&provider), Arc::clone(&api));
        Box::pin(async move {
            let address = request.uri().to_string();
            if address.starts_with("https://api.test/") {
                return Ok(answer_of_api(&world, &provider, &api, request).await);
            }
            world.gate("provider").await;
            let mut provider = provider.lock().unwrap();
            if provider.is_unreachable {
                return Err(HttpError::of(HttpErrorKind::Unreachable));
            }
            let (status, body) = match address.as_str() {
                "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_company/.well-known/openid-configuration" => {
                    (200, discovery())
                }
                "https://login.test/oauth2/token" => match &provider.failure {
                    Some(failure) => failure.clone(),
                    None => provider.tokens(&form_of(request.body()), world.now()),
                },
                "https://login.test/oauth2/revoke" => {
                    let token = form_of(request.body())["token"].clone();
                    provider.refresh.remove(&token);
                    provider.revoked.insert(token);
                    (200, json!({}))
                }
                other => panic!("the console asked for {other}"),
            };
            Ok(http::Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
        })
    })
}

async fn answer_of_api(
    world: &World,
    provider: &Mutex<Provider>,
    api: &Arc<Api>,
    request: http::Request<Bytes>,
) -> http::Response<Bytes> {
    let login = {
        let mut provider = provider.lock().unwrap();
        provider.asked.push(request.clone());
        let bearer = request.headers()["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
        let good = provider.access.get(bearer).filter(|(_, ends_at)| world.now() < *ends_at);
        good.map(|(login, _)| login.clone())
    };
    match login {
        Some(login) => api(request, login).await,
        // As the gateway's authorizer says it.
        None => http::Response::builder().status(401).body(Bytes::from(r#"{"message":"Unauthorized"}"#)).unwrap(),
    }
}

fn discovery() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.test/oauth2/authorize",
        "token_endpoint": "https://login.test/oauth2/token",
        "revocation_endpoint": "https://login.test/oauth2/revoke",
        "end_session_endpoint": "https://login.test/logout",
    })
}

fn form_of(body: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The parameters of an address.
pub(super) fn query_of(url: &str) -> BTreeMap<String, String> {
    form_of(url.split_once('?').unwrap().1.as_bytes())
}
