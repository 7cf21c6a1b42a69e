//! `GET /rulebook`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::permission::RulebookAction;
use policy::rulebook::{Document, FaultIn, PointerEntry};
use rokuban_http::audit::{self, Facts, Outcome};
use rokuban_http::caller::Caller;
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use super::difference::{LinesChanged, changed};
use super::stored::{read_document_of, read_pointer, read_version};
use super::view::PendingRulebook;
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::NO_SUCH_VERSION;

const PARAMETERS: &[Parameter] = &[Parameter::new(
    "version",
    Constraint::Version,
    "An earlier version, or the one that is pending; the one in force unless given.",
    "3",
)];

/// A version of the rulebook; the one in force, unless another is asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CurrentRulebook {
    /// 0 is the compiled-in default.
    #[schemars(example = 3)]
    version: u64,
    state: VersionState,
    /// `null` for version 0, which was always in force.
    effective_at: Option<Time>,
    /// The login of the admin who published it; `null` for version 0.
    #[schemars(example = &"yamada")]
    published_by: Option<String>,
    published_at: Option<Time>,
    /// TOML, as it was published; `null` for version 0, which has no text.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    policy: Option<String>,
    /// CSV, as it was published.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    staff: Option<String>,
    /// The version published before it; `null` for the first.
    #[schemars(example = 2)]
    previous_version: Option<u64>,
    /// The lines that differ from the version before; only with `version`.
    changes: Option<Vec<LinesChanged>>,
    /// What was published and waits.
    pending: Option<PendingRulebook>,
}

/// Where a version is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum VersionState {
    /// It is in force.
    Current,
    /// It waits to come into force.
    Pending,
    /// It was replaced, or withdrawn.
    Past,
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "read_rulebook",
        tag: "rulebook",
        summary: "The rulebook 運用ルール in force, an earlier or the pending one, as it was handed in, and by whom.",
    };
    Route::get("/rulebook", read, about)
        .query(PARAMETERS)
        .answers::<CurrentRulebook>(200, "The rulebook.")
        .problems(&[&NOT_ALLOWED, &NO_SUCH_VERSION])
}

/// `GET /rulebook`: what is in force and what waits; or another version.
async fn read(
    State(context): State<Arc<Context>>,
    caller: Caller,
    given: Given,
) -> Result<Json<CurrentRulebook>, Problem> {
    let version = read_parameter(&given)?;
    require_rulebook(&context, &caller, RulebookAction::Read, AuditAction::ReadRulebook).await?;
    let (pointer, _) = read_pointer(&context, caller.now).await?;
    let (in_force, waiting) = (pointer.in_force(caller.now), pointer.waiting(caller.now));
    let (entry, document) = match version {
        None => (in_force.cloned(), read_document_of(&context, in_force).await?),
        Some(version) => match read_version(&context, version).await? {
            Some((entry, document)) => (Some(entry), Some(document)),
            None => return Err(Problem::of(&NO_SUCH_VERSION)),
        },
    };
    // TRACE FIRST: it holds everybody's numbers and logins.
    let read = entry.as_ref().map_or(0, |entry| entry.version);
    let facts = Facts::from([("version".to_owned(), read.to_string())]);
    let event = audit::of_publisher(&caller, AuditAction::ReadRulebook, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let is = |other: Option<&PointerEntry>| entry.as_ref() == other;
    let state = match () {
        () if is(in_force) => VersionState::Current,
        () if is(waiting) => VersionState::Pending,
        () => VersionState::Past,
    };
    let previous = match (&entry, version) {
        (Some(entry), Some(_)) => before(&context, entry.version).await?,
        _ => None,
    };
    let changes =
        document.as_ref().filter(|_| version.is_some()).map(|document| differences(previous.as_ref(), document));
    let time = |at| Time::new(at, &caller.rulebook);
    Ok(Json(CurrentRulebook {
        version: entry.as_ref().map_or(0, |entry| entry.version),
        state,
        effective_at: entry.as_ref().map(|entry| time(entry.effective_at)),
        published_by: document.as_ref().map(|document| document.published_by.clone()),
        published_at: document.as_ref().map(|document| time(document.published_at)),
        previous_version: previous.map(|document| document.version),
        changes,
        pending: waiting.map(|entry| PendingRulebook::new(entry, &caller)),
        policy: document.as_ref().map(|document| document.policy.clone()),
        staff: document.map(|document| document.staff),
    }))
}

fn read_parameter(given: &Given) -> Result<Option<u64>, Problem> {
    let parameters = Parameters::new(given, PARAMETERS)?;
    let read = |text: &str| text.parse().ok().filter(|version: &u64| version.to_string() == text && *version > 0);
    let read = |text| read(text).ok_or_else(|| Problem::invalid("version", Constraint::Version));
    parameters.value("version").map(read).transpose()
}

/// 20 numbers: as many publications in a row are hardly withdrawn.
const GAP_LIMIT: u64 = 20;

/// The version published before one. A withdrawal uses a number up, so there can be gaps.
async fn before(context: &Context, version: u64) -> Result<Option<Document>, Problem> {
    for earlier in (1..version).rev().take(usize::try_from(GAP_LIMIT).unwrap_or_default()) {
        if let Some((_, document)) = read_version(context, earlier).await? {
            return Ok(Some(document));
        }
    }
    Ok(None)
}

fn differences(previous: Option<&Document>, document: &Document) -> Vec<LinesChanged> {
    let (policy, staff) = previous.map_or(("", ""), |previous| (previous.policy.as_str(), previous.staff.as_str()));
    vec![changed(FaultIn::Policy, policy, &document.policy), changed(FaultIn::Staff, staff, &document.staff)]
}
