//! Routes: the path, the handler, and what the API's document says of them, in one place.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{self, MethodRouter};
use policy::Language;
use schemars::JsonSchema;

#[cfg(feature = "document")]
use crate::openapi::Operation;
use crate::parameters::Parameter;
use crate::problem::{Kind, NO_SUCH_ROUTE, Problem, WRONG_METHOD};

/// One method of one path. What it takes and answers is kept only where the document is made.
pub struct Route<C> {
    path: &'static str,
    handler: MethodRouter<Arc<C>>,
    #[cfg(feature = "document")]
    operation: Operation,
}

impl<C> fmt::Debug for Route<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Route").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What the document says of a route: one sentence, and under which name and tag.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The `operationId`.
    pub id: &'static str,
    /// The tag.
    pub tag: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

#[cfg_attr(not(feature = "document"), expect(unused_variables, unused_mut, reason = "only the document needs them"))]
impl<C: Send + Sync + 'static> Route<C> {
    fn new(method: &'static str, path: &'static str, handler: MethodRouter<Arc<C>>, about: About) -> Self {
        Self {
            path,
            handler,
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

    /// With a file as its other format.
    #[must_use]
    pub fn or_file(mut self) -> Self {
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

    /// What the document says of it.
    #[cfg(feature = "document")]
    pub fn into_operation(self) -> Operation {
        self.operation
    }
}

/// The router of a function's routes.
pub fn router<C: Send + Sync + 'static>(routes: Vec<Route<C>>, context: Arc<C>) -> Router {
    routes
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.handler))
        .fallback(async || Problem::of(&NO_SUCH_ROUTE))
        .method_not_allowed_fallback(async || Problem::of(&WRONG_METHOD))
        .layer(from_fn(finish))
        .with_state(context)
}

/// Errors become HTTP here and nowhere else: in the caller's language, and in nobody's cache.
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
