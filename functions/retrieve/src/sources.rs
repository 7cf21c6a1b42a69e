//! `POST /sources/try`: what keys would give under a source that is not published yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT_LANGUAGE;
use policy::Language;
use policy::audit::AuditAction;
use policy::permission::{Decision, NotAllowed, RulebookAction};
use policy::source::{Gives, Missed, Outcome as Trial, try_keys};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::audit::{self, Facts, Outcome};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Context, body};

/// 256 KiB: 100 keys of 1,024 bytes, each byte escaped, and a definition.
pub(crate) const BODY_LIMIT_BYTES: usize = 256 * 1024;

const FIELDS: &str = "keys (texts), and a source's: recorder or pattern, zone, kind, sidecar, name, prefix";

fn trial_example() -> Value {
    json!({"key": "2026/11/call-5.wav", "gives": {"source": "branch", "call_id": "5"}})
}

/// What one key would give.
#[derive(Serialize, JsonSchema)]
#[schemars(example = trial_example())]
pub(crate) struct Tried {
    /// The key, as it was handed in.
    #[schemars(example = &"2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav")]
    key: String,
    /// Its facts, where it gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    gives: Option<Box<Gives>>,
    /// Why it would be in quarantine 要確認, where it gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    fails: Option<Missed>,
}

/// What each key would give.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trials {
    /// In the order of the keys.
    items: Vec<Tried>,
}

/// Tries a source. Whoever may publish it may try it.
pub(crate) async fn try_source(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Trials>, Problem> {
    let permitted = caller.may(RulebookAction::Publish, &context.config.rulebooks.admin_login) == Decision::Permit;
    let outcome = if permitted { Outcome::Permitted } else { Outcome::Refused };
    context.table.audit(&audit::of_publisher(&caller, AuditAction::TrySource, outcome, Facts::new())).await?;
    if !permitted {
        return Err(Problem::NotAllowed(NotAllowed::OnlyAdmins));
    }
    // How to fix a key that gives nothing is not a problem, and is part of the answer.
    let language = Language::asked_for(request.headers().get(ACCEPT_LANGUAGE));
    let body: Value = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    match try_keys(body, &caller.rulebook, language) {
        Ok(tried) => {
            let items = tried.into_iter().map(|tried| {
                let (gives, fails) = match tried.outcome {
                    Trial::Gives(gives) => (Some(gives), None),
                    Trial::Fails(missed) => (None, Some(missed)),
                };
                Tried { key: tried.key, gives, fails }
            });
            Ok(Json(Trials { items: items.collect() }))
        }
        Err(flaws) => Err(Problem::BadSource(flaws)),
    }
}
