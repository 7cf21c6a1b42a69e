//! `POST /sources/try`: what keys would give under a source that is not published yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT_LANGUAGE;
use policy::Language;
use policy::audit::AuditAction;
use policy::fragment::ObjectKey;
use policy::origin_copy::warn_of;
use policy::permission::RulebookAction;
use policy::rulebook::Explanation;
use policy::source::Definition;
use policy::trial::{Gives, Missed, Outcome as Trial, TRIAL_KEYS_LIMIT, try_keys};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::body;
use rokuban_http::caller::Caller;
use rokuban_http::problem::{NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{BAD_SOURCE, bad_source};

/// 256 KiB: 100 keys of 1,024 bytes, each byte escaped, and a definition.
const BODY_LIMIT_BYTES: usize = 256 * 1024;

const FIELDS: &str = "keys (texts), and a source's: recorder or pattern, zone, kind, sidecar, name, prefix";

fn trial_example() -> Value {
    json!({"key": "2026/11/call-5.wav", "result": {"source": "branch", "call_id": "5"}})
}

/// What one key would give.
#[derive(Serialize, JsonSchema)]
#[schemars(example = trial_example())]
struct Tried {
    /// The key, as it was handed in.
    #[schemars(example = &"2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav")]
    key: String,
    /// Its facts, where it gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<Gives>>,
    /// Why it would be in quarantine 要確認, where it gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    fails: Option<Missed>,
}

/// What each key would give.
#[derive(Serialize, JsonSchema)]
struct Trials {
    /// In the order of the keys.
    items: Vec<Tried>,
    /// What the rulebook in force does not say of a source of this `name`; none where the trial names none.
    #[schemars(example = ["Nothing says what `branch` itself still keeps: proofs of a deletion show it as unknown."])]
    warnings: Vec<String>,
}

/// The body of a trial, which [`try_keys`] takes apart by itself.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is only its schema")]
struct TrialRequest {
    /// The keys to try; behind `prefix`, where there is none.
    #[schemars(length(max = TRIAL_KEYS_LIMIT), inner(length(max = ObjectKey::LIMIT_BYTES)))]
    #[schemars(example = ["2026/11/call-5.wav"])]
    keys: Vec<String>,
    #[serde(flatten)]
    definition: Definition,
}

pub(crate) fn route() -> Route<Context> {
    let about = About {
        id: "try_source",
        tag: "rulebook",
        summary: "What each key would give under a source 録音元 that is not published yet.",
    };
    Route::post("/sources/try", try_source, about)
        .body::<TrialRequest>(BODY_LIMIT_BYTES)
        .answers::<Trials>(200, "By key.")
        .problems(&[&NOT_ALLOWED, &BAD_SOURCE])
}

/// Tries a source. Whoever may publish it may try it.
async fn try_source(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Trials>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::TrySource).await?;
    let event = audit::of_publisher(&caller, AuditAction::TrySource, Outcome::Permitted, Facts::new());
    context.shared.table.audit(&event).await?;
    // How to fix a key that gives nothing is not a problem, and is part of the answer.
    let language = Language::asked_for(request.headers().get(ACCEPT_LANGUAGE));
    let body: Value = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let warnings = warnings(&body, &caller, language);
    match try_keys(body, &caller.rulebook, language) {
        Ok(tried) => {
            let items = tried.into_iter().map(|tried| {
                let (gives, fails) = match tried.outcome {
                    Trial::Gives(gives) => (Some(gives), None),
                    Trial::Fails(missed) => (None, Some(missed)),
                };
                Tried { key: tried.key, result: gives, fails }
            });
            Ok(Json(Trials { items: items.collect(), warnings }))
        }
        Err(flaws) => Err(bad_source(&flaws)),
    }
}

/// What is to be looked at of the source's own copies, by its name.
fn warnings(body: &Value, caller: &Caller, language: Language) -> Vec<String> {
    let rulebook = &caller.rulebook;
    let name = body.get("name").and_then(Value::as_str);
    let warning = name.and_then(|name| warn_of(&rulebook.origin_copies, name, rulebook.day_of(caller.now)));
    let explained = warning.map(|warning| warning.explain(language));
    explained.map(|Explanation { reason, fix }| format!("{reason} {fix}")).into_iter().collect()
}
