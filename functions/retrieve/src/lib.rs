//! `retrieve`: the HTTP API. Finds recordings, lets the right people hear them, and leaves a trace of it.
//!
//! Every route reads the rulebook in force, asks [`policy::permission`], writes what happened, and only
//! then answers. It deletes nothing; it writes events and the rulebook alone.

mod accept;
mod audit;
mod body;
mod caller;
mod config;
mod csv;
mod custody;
mod document;
mod facts;
mod gateway;
mod limits;
mod listen;
mod me;
mod notes;
#[cfg(test)]
mod openapi;
mod present;
mod problem;
mod recording;
mod reports;
mod rulebook;
mod search;
mod sources;
mod traces;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post, put};
use jiff::Timestamp;
use policy::rulebook::Rulebook;
use store::{Connection, IndexQueue, Objects, PublishError, Rulebooks, Table};
use tracing::error;

pub use config::{AccessTokenRule, Config};
pub use gateway::{Handed, service};

use problem::{Language, Problem};

/// What the routes work with.
#[derive(Debug)]
pub struct Context {
    config: Config,
    connection: Connection,
    table: Table,
    objects: Objects,
    rulebooks: Rulebooks,
    index: IndexQueue,
}

impl Context {
    /// Builds every client; no call is made.
    pub fn new(config: Config, connection: Connection) -> Self {
        Self {
            table: Table::new(&connection, config.rulebooks.table.clone()),
            objects: Objects::new(&connection),
            rulebooks: Rulebooks::new(&connection, config.rulebooks.clone()),
            index: IndexQueue::new(&connection, config.index_queue_url.clone()),
            connection,
            config,
        }
    }

    /// The rulebook in force. Without one nothing is permitted.
    async fn rulebook_in_force(&self, now: Timestamp) -> Result<Arc<Rulebook>, Problem> {
        let in_force = self.rulebooks.in_force(now).await;
        in_force.map_err(|error| self.without_rulebook(&error))
    }

    /// STRICT: a rulebook that can't be read permits nothing, and somebody must know.
    fn without_rulebook(&self, error: &PublishError) -> Problem {
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
        Problem::RulebookUnreadable
    }
}

/// The API's routes over a context.
pub fn router(context: Arc<Context>) -> axum::Router {
    routes()
        .into_iter()
        .fold(axum::Router::new(), |router, (path, methods)| router.route(path, methods))
        .fallback(async || Problem::NoSuchRoute)
        .method_not_allowed_fallback(async || Problem::WrongMethod)
        .layer(from_fn(finish))
        .with_state(context)
}

/// Every route. What each takes and answers stands in `openapi.rs`, and a test compares the two.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<Context>>)> {
    vec![
        ("/me", get(me::me)),
        ("/recordings", get(search::search)),
        ("/recordings/{id}", get(recording::recording)),
        ("/recordings/{id}/play", post(listen::play)),
        ("/recordings/{id}/download", post(listen::download)),
        ("/recordings/{id}/custody", get(custody::custody)),
        ("/recordings/{id}/notes", get(notes::notes).post(notes::note)),
        ("/recordings/{id}/facts", put(facts::correct)),
        ("/sources/try", post(sources::try_source)),
        ("/reports/completeness", get(reports::completeness)),
        ("/reports/notice", get(reports::notice)),
        ("/audit", get(traces::audit)),
        ("/audit/reach", get(traces::reach)),
        ("/audit/monthly", get(traces::monthly)),
        ("/rulebook", get(rulebook::read).put(rulebook::publish)),
        ("/rulebook/pending", delete(rulebook::withdraw)),
        ("/openapi.json", get(document::document)),
    ]
}

/// Errors become HTTP here and nowhere else: in the language asked for, and in nobody's cache.
async fn finish(request: Request, next: Next) -> Response {
    let language = Language::asked_for(request.headers().get(ACCEPT_LANGUAGE));
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(language, &response);
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
