//! The users of a Cognito user pool: five operations of its JSON protocol, through the SDK's own runtime, which
//! signs, retries and times out as it does for every other client. The SDK's crate for Cognito has more than a
//! hundred operations, each with its types; of these five, three answer nothing that is read.

use std::fmt;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use policy::logins::User;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connect::Connection;
use crate::error::StoreError;

/// The prefix of every operation's name, in a header.
const TARGET: &str = "AWSCognitoIdentityProviderService";

/// 60 users: what one `ListUsers` answers at most.
const PAGE: u8 = 60;

/// The users of one pool.
#[derive(Clone, Debug)]
pub struct Logins {
    operation: Operation<UserRequest, Value, Refusal>,
    pool: String,
}

/// The password of a new user's first sign-in. Only the invitation carries it.
pub struct TemporaryPassword(pub String);

impl fmt::Debug for TemporaryPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TemporaryPassword")
    }
}

/// QUIET: a body holds logins and passwords, and the runtime can print what it sends.
struct UserRequest {
    name: &'static str,
    body: String,
}

impl fmt::Debug for UserRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// What Cognito refuses with: its code alone, for its message may hold the login.
#[derive(Debug, thiserror::Error)]
#[error("the user pool refused")]
struct Refusal(ErrorMetadata);

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Users")]
    users: Vec<Listed>,
    #[serde(rename = "PaginationToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Username")]
    login: String,
    #[serde(rename = "Enabled")]
    is_enabled: bool,
}

impl Logins {
    /// The users of a pool; no call is made.
    pub fn new(connection: &Connection, pool: impl Into<String>) -> Self {
        Self { operation: operation(&connection.config), pool: pool.into() }
    }

    /// Every user there is.
    pub async fn all(&self) -> Result<Vec<User>, StoreError> {
        const ACT: &str = "list the users of the pool";
        let mut users = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut body = json!({"Limit": PAGE, "AttributesToGet": []});
            if let Some(next) = next {
                body["PaginationToken"] = json!(next);
            }
            let answer = self.ask(ACT, "ListUsers", body).await?;
            let page: Page = serde_json::from_value(answer).map_err(|error| StoreError::garbled(ACT, error))?;
            users.extend(page.users.into_iter().map(|user| User { login: user.login, is_enabled: user.is_enabled }));
            next = page.next;
            if next.is_none() {
                return Ok(users);
            }
        }
    }

    /// Makes a user; the invitation goes to the login where that is an address, and else nowhere. One who is
    /// there already stays as is.
    pub async fn create(&self, login: &str, password: &TemporaryPassword, is_address: bool) -> Result<(), StoreError> {
        let mut body = json!({"Username": login, "TemporaryPassword": password.0});
        if is_address {
            body["UserAttributes"] =
                json!([{"Name": "email", "Value": login}, {"Name": "email_verified", "Value": "true"}]);
            body["DesiredDeliveryMediums"] = json!(["EMAIL"]);
        } else {
            body["MessageAction"] = json!("SUPPRESS");
        }
        let answer = self.ask("make a user of the pool", "AdminCreateUser", body).await;
        // TWICE IS ONCE: made before, by us or by somebody else.
        unless("UsernameExistsException", answer)
    }

    /// Lets a user sign in again.
    pub async fn enable(&self, login: &str) -> Result<(), StoreError> {
        let answer = self.ask("enable a user of the pool", "AdminEnableUser", json!({"Username": login})).await;
        unless(NO_SUCH_USER, answer)
    }

    /// Ends every session of a user, and lets nobody sign in as that one. In this order: who is disabled has
    /// been signed out, however often this was begun.
    pub async fn disable(&self, login: &str) -> Result<(), StoreError> {
        let named = || json!({"Username": login});
        let answer = self.ask("sign a user of the pool out", "AdminUserGlobalSignOut", named()).await;
        unless(NO_SUCH_USER, answer)?;
        let answer = self.ask("disable a user of the pool", "AdminDisableUser", named()).await;
        unless(NO_SUCH_USER, answer)
    }

    async fn ask(&self, act: &'static str, name: &'static str, mut body: Value) -> Result<Value, StoreError> {
        body["UserPoolId"] = json!(self.pool);
        let request = UserRequest { name, body: body.to_string() };
        self.operation.invoke(request).await.map_err(|error| StoreError::sort(act, error))
    }
}

/// Somebody deleted the user meanwhile: nobody signs in as that one.
const NO_SUCH_USER: &str = "UserNotFoundException";

/// What was to be done, unless it was refused for a reason that says it is done.
fn unless(done: &str, answer: Result<Value, StoreError>) -> Result<(), StoreError> {
    match answer {
        Err(error) if error.code.as_deref() != Some(done) => Err(error),
        _ => Ok(()),
    }
}

/// One request of the JSON protocol, with all that the SDK's clients do to theirs.
fn operation(config: &SdkConfig) -> Operation<UserRequest, Value, Refusal> {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let endpoint = match config.endpoint_url() {
        Some(url) => url.to_owned(),
        None => format!("https://cognito-idp.{region}.amazonaws.com"),
    };
    let mut signing = Layer::new("signing");
    signing.store_put(AuthSchemeOptionResolverParams::new(()));
    signing.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(region))),
        name: Some(SigningName::from_static("cognito-idp")),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new("signing");
    components
        .set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .push_auth_scheme(SigV4AuthScheme::new())
        // The credentials are those of the environment, and outlive the process.
        .set_identity_cache(Some(IdentityCache::no_cache()));
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, credentials);
    }
    let mut builder = Operation::builder()
        .service_name("cognito-idp")
        .operation_name("user pool")
        .endpoint_url(&endpoint)
        .standard_retry(&config.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
        .timeout_config(config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
        .retry_classifier(TransientErrorClassifier::<Refusal>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .runtime_plugin(StaticRuntimePlugin::new().with_config(signing.freeze()).with_runtime_components(components));
    if let Some(client) = config.http_client() {
        builder = builder.http_client(client);
    }
    if let Some(time) = config.time_source() {
        builder = builder.time_source(time);
    }
    if let Some(sleep) = config.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(protection) = config.stalled_stream_protection() {
        builder = builder.stalled_stream_protection(protection);
    }
    builder.serializer(http_request).deserializer(reply).build()
}

fn http_request(user_request: UserRequest) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = HttpRequest::new(SdkBody::from(user_request.body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().insert("content-type", "application/x-amz-json-1.1");
    request.headers_mut().insert("x-amz-target", format!("{TARGET}.{}", user_request.name));
    Ok(request)
}

fn reply(response: &HttpResponse) -> Result<Value, OrchestratorError<Refusal>> {
    let bytes = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        // Three of the five answer nothing, and some of them not even `{}`.
        let bytes = if bytes.is_empty() { b"{}" } else { bytes };
        return serde_json::from_slice(bytes).map_err(OrchestratorError::other);
    }
    let code = serde_json::from_slice::<Value>(bytes)
        .ok()
        .and_then(|body| body["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).map(str::to_owned));
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    Err(OrchestratorError::operation(Refusal(meta.build())))
}
