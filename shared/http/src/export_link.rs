//! Links to files: a browser, which sends no token, saves a list as a file.
//!
//! Making a link and opening it are both requests to the list itself. Its own handler decides, under the rulebook of then,
//! and leaves the list's own events: a link permits nothing that its maker may not have at that moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::MethodRouter;
use policy::Language;
use policy::id::sha256_hex;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::{self, BODY_LIMIT_BYTES};
use crate::caller::{MemberCaller, StandsFor};
use crate::context::Context;
use crate::export::SignedExport;
use crate::file_request::{FileRequest, LinkRequest, Way};
use crate::parameters::QueryParameters;
use crate::problem::{FAILED, NO_SUCH_LINK, Problem};
use crate::route::{About, BASE, LinkRoute, Route};
use crate::visitor::Visitor;

/// What the file is of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportLinkRequest {
    /// The parameters of the list, as texts.
    #[schemars(extend("additionalProperties" = {"type": "string", "maxLength": 2_000}), extend("maxProperties" = 30))]
    #[schemars(example = BTreeMap::from([("from", "2026-11-01")]))]
    query: BTreeMap<String, String>,
}

const FIELDS: &str = "query (an object of texts: the parameters of the list)";

/// The routes of a function, and for each that answers a file the one that makes links to it. `files` is the function's own
/// path of files.
pub fn with_links<C>(files: &'static str, routes: Vec<Route<C>>) -> Vec<Route<C>>
where
    C: AsRef<Context> + Send + Sync + 'static,
{
    let links: Vec<Route<C>> = routes.iter().filter_map(|route| making(files, route)).collect();
    routes.into_iter().chain(links).collect()
}

/// The route that makes links to a list; `None` of one that answers no file.
fn making<C>(files: &'static str, list: &Route<C>) -> Option<Route<C>>
where
    C: AsRef<Context> + Send + Sync + 'static,
{
    let LinkRoute { path, id } = list.link?;
    let (handler, list_path) = (list.handler.clone(), list.path);
    let link = async move |State(context): State<Arc<C>>, caller: MemberCaller, request: Request| {
        let (parts, body) = request.into_parts();
        let shared: &Context = (*context).as_ref();
        let origin = shared.link_origin(&parts).ok_or_else(|| Problem::of(&FAILED))?;
        let request = Request::from_parts(parts.clone(), body);
        let ExportLinkRequest { query } = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
        let wanted = LinkRequest { list: list_path, query: query.clone(), begins: format!("{origin}{BASE}{files}") };
        let file = FileRequest { language: caller.language, way: Way::Link(wanted) };
        Ok::<Response, Problem>(ask(handler, context, parts, (caller, query, file)).await)
    };
    let about = About {
        id,
        tag: list.tag(),
        summary: "A link for two minutes by which a browser saves this list as a file, after its trace; it counts as an export.",
    };
    let route = Route::post(path, link, about)
        .body::<ExportLinkRequest>(BODY_LIMIT_BYTES)
        .answers::<SignedExport>(201, "A link that lives two minutes.")
        .problems_of(list)
        // The document leaves the file's own route out: what a link answers once it has ended stands here.
        .problems(&[&NO_SUCH_LINK]);
    Some(route)
}

/// The file of a link. It asks for no token, and the document leaves it out.
pub fn file_route<C>(path: &'static str, routes: &[Route<C>]) -> Route<C>
where
    C: AsRef<Context> + Send + Sync + 'static,
{
    let lists: BTreeMap<&'static str, MethodRouter<Arc<C>>> =
        routes.iter().filter(|route| route.link.is_some()).map(|list| (list.path, list.handler.clone())).collect();
    let fetch = async move |State(context): State<Arc<C>>, visitor: Visitor, secret: Secret, request: Request| {
        let (list, asked) = open((*context).as_ref(), visitor, secret).await?;
        let handler = lists.get(list.as_str()).ok_or_else(|| Problem::of(&NO_SUCH_LINK))?.clone();
        Ok::<Response, Problem>(ask(handler, context, request.into_parts().0, asked).await)
    };
    Route::get(path, fetch, About { id: "fetch_export", tag: "exports", summary: "The file of a link." })
}

/// Who asks, by which parameters, for which file.
type ListRequest = (MemberCaller, BTreeMap<String, String>, FileRequest);

/// The list's own answer.
async fn ask<C: Send + Sync + 'static>(
    list: MethodRouter<Arc<C>>,
    context: Arc<C>,
    mut parts: Parts,
    (caller, query, file): ListRequest,
) -> Response {
    parts.method = Method::GET;
    parts.extensions.insert(StandsFor(caller));
    parts.extensions.insert(QueryParameters::of(query));
    parts.extensions.insert(file);
    list.call(Request::from_parts(parts, Body::empty()), context).await
}

/// The secret of a path.
type Secret = Result<Path<String>, PathRejection>;

/// What a link is to. STRICT: a secret that was never made, that has ended, and one of somebody who has left get one answer.
async fn open(context: &Context, visitor: Visitor, secret: Secret) -> Result<(String, ListRequest), Problem> {
    let secret = secret.map(|Path(secret)| secret).unwrap_or_default();
    let stored = context.table.export_link(&sha256_hex(secret.as_bytes())).await?;
    let no_such_link = || Problem::of(&NO_SUCH_LINK);
    let link = stored.filter(|link| visitor.now < link.expires_at).ok_or_else(no_such_link)?;
    let language = Language::asked_for(Some(&link.language));
    let caller = visitor.stand_for(context, &link.staff, language).await?.ok_or_else(no_such_link)?;
    Ok((link.list, (caller, link.query, FileRequest { language, way: Way::Opened })))
}
