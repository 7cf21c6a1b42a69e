//! Which request does what.

use crate::assets;
use crate::context::Context;
use crate::forward;
use crate::gateway::{Answer, Request};
use crate::guard::require_own_page;
use crate::problems::Problem;
use crate::security::Security;
use crate::session_routes;
use crate::sign_in;

/// Answers a request. Whatever fails is an answer too.
pub async fn handle(context: &Context, request: &Request) -> Answer {
    // Boxed: what it waits for is as large as the whole SDK.
    let answer = match Box::pin(route(context, request)).await {
        Ok(answer) => answer,
        Err(problem) => {
            let answer = problem.answer(request);
            if problem == Problem::SignedOut { forward::signed_out(answer) } else { answer }
        }
    };
    // A page that runs another script is older, and loads itself again.
    let is_asked_by_a_page = ["/api/", "/session"].iter().any(|start| request.path().starts_with(start));
    let answer = if is_asked_by_a_page { answer.header("x-rokuban-script", assets::SCRIPT) } else { answer };
    Security::of_any(answer)
}

async fn route(context: &Context, request: &Request) -> Result<Answer, Problem> {
    let path = request.path();
    if let Some(path) = path.strip_prefix("/api/") {
        require_own_page(request, &context.config.origin)?;
        return forward::forward(context, request, path).await;
    }
    if path == "/session" || path == "/session/active" || path == "/session/logout" {
        require_own_page(request, &context.config.origin)?;
    }
    match (request.method(), path) {
        ("GET", "/" | "/signed-out") => Ok(context.security.of_page(assets::page(request.header("if-none-match")))),
        ("GET", "/favicon.ico") => Ok(assets::icon()),
        ("GET", "/session/login") => sign_in::begin(context, request).await,
        ("GET", "/signed-in") => Ok(sign_in::finish(context, request).await),
        ("GET", "/session") => session_routes::show(context, request).await,
        ("POST", "/session/active") => session_routes::keep(context, request).await,
        ("POST", "/session/logout") => session_routes::end(context, request).await,
        ("GET", path) => path.strip_prefix("/assets/").and_then(assets::file).ok_or(Problem::NoRoute),
        _ => Err(Problem::NoRoute),
    }
}
