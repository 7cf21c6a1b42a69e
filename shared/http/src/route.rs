//! Routes: the path, the handler, and what the API's document says of them, in one place.
//!
//! A path is written as the document has it, under [`BASE`]. The gateway has a route of its own for each, with an authorizer,
//! and a `$default` route without one for everything else.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use lambda_http::request::RequestContext;
use policy::Language;
use schemars::JsonSchema;

pub use crate::about::{About, BASE, LinkRoute};
#[cfg(feature = "document")]
use crate::openapi::Operation;
use crate::parameters::Parameter;
#[cfg(feature = "document")]
use crate::problem::{INVALID, TOO_MANY, UNKNOWN_PARAMETER};
use crate::problem::{Kind, NO_SUCH_ROUTE, Problem};
use crate::request_id::RequestId;

/// The key of the gateway's route for what no other route takes.
const DEFAULT_ROUTE: &str = "$default";

/// One method of one path. What it takes and answers is kept only where the document is made.
pub struct Route<C> {
    pub(crate) path: &'static str,
    pub(crate) handler: MethodRouter<Arc<C>>,
    /// Of a list that answers a file: where links to it are made.
    pub(crate) link: Option<LinkRoute>,
    #[cfg(feature = "document")]
    operation: Operation,
}

impl<C> fmt::Debug for Route<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Route").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg_attr(not(feature = "document"), expect(unused_variables, unused_mut, reason = "only the document needs them"))]
impl<C: Send + Sync + 'static> Route<C> {
    fn new(method: &'static str, path: &'static str, handler: MethodRouter<Arc<C>>, about: About) -> Self {
        Self {
            path,
            handler,
            link: None,
            #[cfg(feature = "document")]
            operation: Operation::new(method, path, about),
        }
    }

    /// A `GET` route.
    pub fn get<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<C>>, about: About) -> Self {
        Self::new("get", path, routing::get(handler), about)
    }

    /// A `POST` route.
    pub fn post<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<C>>, about: About) -> Self {
        Self::new("post", path, routing::post(handler), about)
    }

    /// A `PUT` route.
    pub fn put<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<C>>, about: About) -> Self {
        Self::new("put", path, routing::put(handler), about)
    }

    /// A `DELETE` route.
    pub fn delete<T: 'static>(path: &'static str, handler: impl Handler<T, Arc<C>>, about: About) -> Self {
        Self::new("delete", path, routing::delete(handler), about)
    }

    /// With the query parameters it knows.
    #[must_use]
    pub fn query(mut self, parameters: &'static [Parameter]) -> Self {
        #[cfg(feature = "document")]
        self.operation.query.extend(parameters);
        self
    }

    /// With a JSON body of at most `limit_bytes`.
    #[must_use]
    pub fn body<T: JsonSchema>(mut self, limit_bytes: usize) -> Self {
        #[cfg(feature = "document")]
        self.operation.take::<T>(limit_bytes);
        self
    }

    /// With an answer of a status.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self, status: u16, description: &'static str) -> Self {
        #[cfg(feature = "document")]
        self.operation.answer::<T>(status, description);
        self
    }

    /// With a file as its other format, and a route that makes links to that.
    #[must_use]
    pub fn or_file(mut self, link: LinkRoute) -> Self {
        self.link = Some(link);
        #[cfg(feature = "document")]
        {
            self.operation.has_file = true;
        }
        self
    }

    /// With problems, beside those that every route can answer with.
    #[must_use]
    pub fn problems(mut self, problems: &[&'static Kind]) -> Self {
        #[cfg(feature = "document")]
        self.operation.problems.extend(problems);
        self
    }

    /// With the problems of another route that it hands its request on to.
    #[must_use]
    pub(crate) fn problems_of(mut self, other: &Self) -> Self {
        #[cfg(feature = "document")]
        {
            // A list that is asked for as a file.
            self.operation.problems.extend(&other.operation.problems);
            self.operation.problems.extend([&INVALID, &UNKNOWN_PARAMETER, &TOO_MANY]);
        }
        self
    }

    /// Its tag in the document; empty without one.
    pub(crate) fn tag(&self) -> &'static str {
        #[cfg(feature = "document")]
        return self.operation.about.tag;
        #[cfg(not(feature = "document"))]
        ""
    }

    /// What the document says of it.
    #[cfg(feature = "document")]
    pub fn into_operation(self) -> Operation {
        self.operation
    }
}

/// Answers a request that no route takes.
pub type Unrouted = fn(&Request) -> Response;

/// There is no such route: what a function answers that the gateway sends nothing else to.
pub fn no_such_route(_: &Request) -> Response {
    Problem::of(&NO_SUCH_ROUTE).into_response()
}

/// The router of a function's routes, and what it answers to everything else.
pub fn router<C: Send + Sync + 'static>(routes: Vec<Route<C>>, context: Arc<C>, unrouted: Unrouted) -> Router {
    let fallback = async move |request: Request| unrouted(&request);
    routes
        .into_iter()
        .fold(Router::new(), |router, route| router.route(&format!("{BASE}{}", route.path), route.handler))
        .fallback(fallback)
        .method_not_allowed_fallback(fallback)
        .layer(from_fn(move |request: Request, next: Next| async move {
            // Nobody has checked a token there: no handler sees such a request, whatever its path.
            if came_by_default(&request) { unrouted(&request) } else { next.run(request).await }
        }))
        .layer(from_fn(finish))
        .with_state(context)
}

/// Whether the gateway had no route for the request.
fn came_by_default(request: &Request) -> bool {
    match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(gateway)) => {
            gateway.route_key.as_deref().is_none_or(|key| key == DEFAULT_ROUTE)
        }
        _ => true,
    }
}

/// Errors become HTTP here and nowhere else: in the caller's language, with the request's id, and in nobody's cache.
async fn finish(mut request: Request, next: Next) -> Response {
    let language = Language::asked_for(request.headers().get(ACCEPT_LANGUAGE));
    let request_id = RequestId::of(&request);
    request.extensions_mut().insert(request_id.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(language, &request_id.0, &response);
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The API's address answers by TLS alone; one of a company's own might not.
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    response
}
