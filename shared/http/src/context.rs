//! What every route of every function works with.

use std::sync::Arc;

use axum::http::request::Parts;
use jiff::Timestamp;
use lambda_http::request::RequestContext;
use policy::rulebook::Rulebook;
use store::{Connection, PublishError, Rulebooks, Table};
use tracing::error;

use crate::config::Config;
use crate::origin::OriginKeys;
use crate::problem::{self, Problem};

/// What every route of every function works with. A function's own context has one: `AsRef` gives it.
#[derive(Debug)]
pub struct Context {
    /// Whose tokens count, and where the rulebooks lie.
    pub config: Config,
    /// The clock, and the connection to AWS.
    pub connection: Connection,
    /// The table.
    pub table: Table,
    /// The rulebooks.
    pub rulebooks: Rulebooks,
    /// The key that proves where a browser asks from.
    pub origin_keys: OriginKeys,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            table: Table::new(&connection, config.rulebooks.table.clone()),
            rulebooks: Rulebooks::new(&connection, config.rulebooks.clone()),
            origin_keys: OriginKeys::default(),
            connection,
            config,
        }
    }

    /// The rulebook in force. Without one nothing is permitted.
    ///
    /// # Errors
    /// As [`Self::unreadable_rulebook`].
    pub async fn rulebook_in_force(&self, now: Timestamp) -> Result<Arc<Rulebook>, Problem> {
        self.rulebooks.in_force(now).await.map_err(|error| self.unreadable_rulebook(&error))
    }

    /// What links begin with: where the API was asked, as its caller named it, unless the environment says another place.
    pub fn link_origin(&self, parts: &Parts) -> Option<String> {
        let asked = || match parts.extensions.get() {
            Some(RequestContext::ApiGatewayV2(gateway)) => gateway.domain_name.as_ref(),
            _ => None,
        };
        self.config.link_origin.clone().or_else(|| asked().map(|domain| format!("https://{domain}")))
    }

    /// STRICT: a rulebook that can't be read permits nothing, and raises an alarm.
    pub fn unreadable_rulebook(&self, error: &PublishError) -> Problem {
        const MESSAGE: &str = "the rulebook can't be read: nothing is permitted";
        match error {
            PublishError::Store(error) if problem::is_transient(error.kind) => {
                return Problem::of_store(error);
            }
            PublishError::Store(error) => error!(%error, "{MESSAGE}"),
            PublishError::Unreadable { .. } => error!(%error, "{MESSAGE}"),
        }
        let counts = [("RulebookUnreadable", 1)];
        store::metrics::emit(self.connection.now(), &counts);
        Problem::of(&problem::RULEBOOK_UNREADABLE)
    }
}

impl AsRef<Self> for Context {
    fn as_ref(&self) -> &Self {
        self
    }
}
