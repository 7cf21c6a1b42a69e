//! `POST /sources/try`: what keys would give under a source that is not published yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT_LANGUAGE;
use policy::Language;
use policy::permission::{Decision, NotAllowed, RulebookAction};
use policy::source::try_keys;
use serde_json::{Value, json};

use crate::audit::{self, Facts, Outcome};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Context, body};

/// 256 KiB: 100 keys of 1,024 bytes, each byte escaped, and a definition.
const BODY_LIMIT_BYTES: usize = 256 * 1024;

const FIELDS: &str = "keys (texts), and a source's: recorder or pattern, zone, kind, sidecar, name, prefix";

/// Tries a source. Whoever may publish it may try it.
pub(crate) async fn try_source(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let permitted = caller.may(RulebookAction::Publish, &context.config.rulebooks.admin_login) == Decision::Permit;
    let outcome = if permitted { Outcome::Permitted } else { Outcome::Refused };
    context.table.audit(&audit::of_publisher(&caller, "try_source", outcome, Facts::new())).await?;
    if !permitted {
        return Err(Problem::NotAllowed(NotAllowed::OnlyAdmins));
    }
    // What mends a key that gives nothing is no problem, and told here.
    let language = Language::asked_for(request.headers().get(ACCEPT_LANGUAGE));
    let body: Value = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    match try_keys(body, &caller.rulebook, language) {
        Ok(tried) => Ok(Json(json!({"items": tried}))),
        Err(flaws) => Err(Problem::BadSource(flaws)),
    }
}
