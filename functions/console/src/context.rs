//! What the routes work with.

use jiff::Timestamp;
use oidc::{Client, HttpClient, Provider, Roots, SignInError};
use store::{AMAZON_ROOTS, Connection, Table};
use tokio::sync::OnceCell;

use crate::config::Config;
use crate::origin::OriginKeys;
use crate::security::Security;

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    pub(crate) config: Config,
    pub(crate) table: Table,
    pub(crate) security: Security,
    pub(crate) http: HttpClient,
    pub(crate) origin_keys: OriginKeys,
    connection: Connection,
    redirect_uri: String,
    provider: OnceCell<Provider>,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        // Cognito and the API are Amazon's own. An issuer of the company's own has any certificate that machines trust.
        let is_amazon = config.issuer.starts_with("https://cognito-idp.");
        let http = HttpClient::new(if is_amazon { Roots::Pem(AMAZON_ROOTS) } else { Roots::Machine });
        Self::with(config, connection, http)
    }

    /// The same, over another HTTP client: a test's.
    pub fn with(config: Config, connection: Connection, http: HttpClient) -> Self {
        Self {
            table: Table::new(&connection, config.table.clone()),
            security: Security::of(&config),
            redirect_uri: format!("{}/signed-in", config.origin),
            provider: OnceCell::new(),
            origin_keys: OriginKeys::default(),
            connection,
            config,
            http,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.connection.now()
    }

    /// The client of the provider, whose document is read once.
    pub(crate) async fn provider(&self) -> Result<Client<'_>, SignInError> {
        let config = &self.config;
        let discover = || Provider::discover(&self.http, &config.issuer, config.discovery_url.as_deref());
        let provider = self.provider.get_or_try_init(discover).await?;
        Ok(Client { http: &self.http, provider, id: &config.client_id, redirect_uri: &self.redirect_uri })
    }
}
