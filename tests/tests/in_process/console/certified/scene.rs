//! A stack whose issuer is a vendor's provider: the console and the API over a world, and real HTTP to the provider.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use oidc::{Client, HttpClient, Provider, Roots, Secret, SignInError};
use serde_json::Value;
use tests::company::{Company, sample_rulebook};

use super::super::browser::Browser;
use super::super::double::{Console, ORIGIN, Request};
use super::gateway::Gateway;
use super::person::Person;
use super::vendor::{TIMEOUT, Vendor};
use crate::api::{Answer, Api, ApiRequest};

/// A stack.
pub(super) struct Scene {
    pub(super) vendor: Vendor,
    pub(super) console: Console,
    pub(super) gateway: Gateway,
    pub(super) http: HttpClient,
    company: Company,
    given: Arc<Mutex<Vec<Value>>>,
}

impl Scene {
    /// A stack deployed as the guide says for a vendor, with its manager of sales in the staff list.
    pub(super) async fn of(vendor: Vendor) -> Self {
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let company = Company::of(Company::builder(1).now(now).build());
        let (policy, staff) = sample_rulebook();
        // Whatever day it is, they work here.
        let staff = staff.replace("2026-04-01", "2020-01-01");
        let staff = staff.replace("kato,加藤 恵,,", &format!("kato,加藤 恵,{},", vendor.login));
        company.publish(&policy, &staff).await;
        let real = HttpClient::new(Roots::Machine);
        let gateway = Gateway::of(&real, &vendor.issuer, &vendor.audience).await;
        let given = Arc::default();
        let api = Arc::new(deployed(&company, &vendor, &vendor));
        let http = network(&real, &given, &gateway, &api);
        let variables = [("ISSUER", &vendor.issuer), ("CLIENT_ID", &vendor.client), ("LOGIN_SCOPES", &vendor.scopes)];
        let variables = variables.map(|(name, value)| (name, value.as_str()));
        let console = Console::on(http.clone(), company.world.clone(), &variables);
        Self { vendor, console, gateway, http, company, given }
    }

    /// The API of this company with the rule and the claim of another vendor, or with another audience.
    pub(super) fn api_as(&self, rule: &Vendor) -> Api {
        deployed(&self.company, &self.vendor, rule)
    }

    pub(super) fn person(&self) -> Person {
        Person::new(self.http.clone(), self.vendor.account)
    }

    /// A person goes to the provider and comes back, and the console answers.
    pub(super) async fn sign_in(&self, browser: &mut Browser, person: &mut Person) -> String {
        let to = browser.ask(&self.console, Request::go("/session/login")).await;
        let back = person.visit(to.location()).await;
        browser.ask(&self.console, returning(&back)).await.location().to_owned()
    }

    /// A person who has signed in.
    pub(super) async fn signed_in(&self) -> (Browser, Person) {
        let (mut browser, mut person) = (Browser::default(), self.person());
        assert_eq!(self.sign_in(&mut browser, &mut person).await, "/", "{}", self.vendor.name);
        (browser, person)
    }

    /// One of the tokens that the provider gave, by the number of its answer.
    pub(super) fn given(&self, number: usize, name: &str) -> Option<Secret> {
        Some(Secret::new(self.given.lock().unwrap().get(number)?[name].as_str()?))
    }

    /// Uses a refresh token, as who stole it would.
    pub(super) async fn use_refresh_token(&self, token: &Secret) -> Result<Secret, SignInError> {
        let provider = Provider::discover(&self.http, &self.vendor.issuer, None).await.unwrap();
        let client = Client { http: &self.http, provider: &provider, id: &self.vendor.client, redirect_uri: "" };
        client.renew(token, None, Timestamp::now()).await.map(|tokens| tokens.access)
    }
}

/// The way back from a provider, as the gateway hands it over.
pub(super) fn returning(back: &str) -> Request {
    let path = back.strip_prefix(ORIGIN).filter(|path| path.starts_with("/signed-in?"));
    Request::go(path.unwrap_or_else(|| panic!("{back}")))
}

/// Asks the API who somebody is, past the authorizer; `None` where that lets nobody in.
pub(super) async fn who_is(api: &Api, gateway: &Gateway, token: &str) -> Option<Answer> {
    let asked = ApiRequest::get("/me").with_claims(gateway.claims(token)?);
    Some(api.ask(&asked.header("authorization", &format!("Bearer {token}"))).await)
}

/// The API, its issuer a vendor's, its rule and claim those of a vendor too.
fn deployed(company: &Company, vendor: &Vendor, rule: &Vendor) -> Api {
    Api::with(
        Company::of(company.world.clone()),
        &[
            ("ISSUER", &vendor.issuer),
            ("AUDIENCE", &rule.audience),
            ("ACCESS_TOKEN_RULE", &rule.rule),
            ("IDENTITY_CLAIM", &rule.claim),
        ],
    )
}

/// The network: the API by its address, everything else by real HTTP. It notes the tokens that are given.
fn network(real: &HttpClient, given: &Arc<Mutex<Vec<Value>>>, gateway: &Gateway, api: &Arc<Api>) -> HttpClient {
    let (real, given, gateway, api) = (real.clone(), Arc::clone(given), gateway.clone(), Arc::clone(api));
    HttpClient::of(move |request| {
        let (real, given, gateway, api) = (real.clone(), Arc::clone(&given), gateway.clone(), Arc::clone(&api));
        Box::pin(async move {
            if request.uri().host() == Some("api.test") {
                let token = request.headers()["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
                let Some(answer) = who_is(&api, &gateway, token).await else {
                    return Ok(http::Response::builder().status(401).body(Bytes::new()).unwrap());
                };
                let mut handed = http::Response::builder().status(answer.status);
                for (name, value) in &answer.headers {
                    handed = handed.header(name, value);
                }
                return Ok(handed.body(Bytes::from(answer.bytes)).unwrap());
            }
            let answer = real.send(request, TIMEOUT).await?;
            if let Ok(body) = serde_json::from_slice::<Value>(answer.body())
                && !body["access_token"].is_null()
            {
                given.lock().unwrap().push(body);
            }
            Ok(answer)
        })
    })
}
