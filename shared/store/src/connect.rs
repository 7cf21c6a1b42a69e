//! The connection to AWS: built once, at cold start, without a network call.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use jiff::Timestamp;

/// Amazon's own roots, in PEM: most functions call nobody else. <https://www.amazontrust.com/repository/>
pub const AMAZON_ROOTS: &str = include_str!("../certificates/amazon-roots.pem");

/// A connection within a region answers in milliseconds; a second means another one will do better.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// No single request of ours takes longer. The streaming of a body is not bounded by this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// What every client is built from, and the clock.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) config: SdkConfig,
    time: SharedTimeSource,
}

/// The SDK's HTTP client without its rehearsal: for every client built on it, it makes a connector, parses the
/// roots again, and throws it away: a quarter of a cold start. The connector in use is made at the first
/// request, once for all clients, either way.
#[derive(Debug)]
struct WithoutRehearsal(SharedHttpClient);

impl HttpClient for WithoutRehearsal {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// The environment lacks something Lambda always gives.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A variable is missing.
    #[error("the environment variable {0} is not set: Lambda sets it; outside of Lambda set it yourself")]
    Missing(&'static str),
    /// The TLS roots did not build.
    #[error("cannot build the TLS context from Amazon's roots")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Connection {
    /// Straight from Lambda's environment: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN` (optional) and `AWS_ENDPOINT_URL` (optional: the local cloud). Lambda's
    /// credentials outlive the process, so no provider chain is needed.
    pub fn from_environment() -> Result<Self, ConnectError> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| ConnectError::Missing(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS.as_bytes());
        let context = TlsContext::builder()
            .with_trust_store(roots)
            .build()
            .map_err(|error| ConnectError::Tls(Box::new(error)))?;
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build_https();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(variable("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(WithoutRehearsal(http_client))
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            )
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()));
        let mut config = config;
        config.set_endpoint_url(std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()));
        Ok(Self::of(config.build()))
    }

    /// From a configuration made elsewhere: the tests' world.
    pub fn of(config: SdkConfig) -> Self {
        let time = config.time_source().unwrap_or_default();
        Self { config, time }
    }

    /// The time, by the clock that also signs requests.
    pub fn now(&self) -> Timestamp {
        // A clock before year −9999 or after 9999 is no clock.
        Timestamp::try_from(self.time.now()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
