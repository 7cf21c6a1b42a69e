//! `PUT /rulebook`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use policy::audit::AuditAction;
use policy::id::sha256_hex;
use policy::permission::RulebookAction;
use policy::rulebook::{self, Document, Pointer, PointerEntry};
use rokuban_http::audit::{self, Outcome};
use rokuban_http::body;
use rokuban_http::caller::Caller;
use rokuban_http::problem::{FAILED, INVALID, NOT_ALLOWED, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WriteOutcome;

use super::agree::{Again, agree_or_answer};
use super::backstop::require_backstop;
use super::files::{BODY_LIMIT_BYTES, is_same, policy_text, staff_text};
use super::plan::require_plan;
use super::publication::{awaits_other_than, changes_of, count_publication, publication_facts};
use super::sooner::{deletes_sooner, effective_at, full};
use super::stored::{read_document, read_document_of, read_pointer};
use super::view::PendingRulebook;
use super::warnings::{ConfirmedWarning, require_confirmation};
use crate::context::Context;
use crate::guard::require_rulebook;
use crate::problems::{
    BEYOND_BACKSTOP, FAULTY_RULEBOOK, HAS_PLACEHOLDERS, PENDING_STANDS, PLAN_NEEDED, PUBLISHED_MEANWHILE,
    WARNINGS_TO_CONFIRM, faulty_rulebook, has_placeholders, pending_stands,
};

/// A rulebook to publish.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishRequest {
    /// TOML, as text. This or `policy_base64`.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    policy: Option<String>,
    /// TOML, as the bytes of the file in base64: UTF-8 or CP932.
    policy_base64: Option<String>,
    /// CSV, as text. This or `staff_base64`.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    staff: Option<String>,
    /// CSV, as the bytes of the file in base64: what a spreadsheet saved in CP932 can't be text in JSON.
    staff_base64: Option<String>,
    /// The plan of these files (`POST /rulebook/plan`): required where something is deleted sooner, and checked wherever
    /// it is given.
    #[serde(default)]
    #[schemars(example = &"ceqnfhzdk4pxr2mvm5mqxzcv7u")]
    plan_id: Option<String>,
    /// The warnings of the check that were looked at and are meant: each that needs a confirmation must be here.
    #[serde(default)]
    confirmed: Vec<ConfirmedWarning>,
}

/// What was published.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Published {
    #[schemars(example = 4)]
    version: u64,
    /// When it comes into force; until then it can be withdrawn. At the earliest, where it awaits a second admin.
    effective_at: Time,
    /// Whether something is deleted sooner than before: then it waits longer.
    deletes_sooner: bool,
    /// Whether another admin must publish the same two files before it comes into force.
    awaits_second_admin: bool,
}

const FIELDS: &str = "policy (text) or policy_base64 (the file's bytes in base64), staff (text) or staff_base64 (the file's bytes in base64), plan_id (text, of a plan), confirmed (warnings: in, line, code)";

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "publish",
        tag: "rulebook",
        summary: "Publishes a rulebook 運用ルール, after a check that tells every fault at once; or agrees, as a second \
                  admin, to the same two files.",
    };
    Route::put("/rulebook", publish, about)
        .body::<PublishRequest>(BODY_LIMIT_BYTES)
        .answers::<Published>(200, "It waits, or is in force already.")
        .problems(&[
            &NOT_ALLOWED,
            &INVALID,
            &FAULTY_RULEBOOK,
            &HAS_PLACEHOLDERS,
            &WARNINGS_TO_CONFIRM,
            &BEYOND_BACKSTOP,
            &PENDING_STANDS,
            &PLAN_NEEDED,
            &PUBLISHED_MEANWHILE,
        ])
}

/// `PUT /rulebook`: checks what is handed in, and lets it come into force after its delay.
async fn publish(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Published>, Problem> {
    require_rulebook(&context, &caller, RulebookAction::Publish, AuditAction::Publish).await?;
    let rulebook_files: PublishRequest = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let policy = policy_text(rulebook_files.policy, rulebook_files.policy_base64)?;
    let staff = staff_text(rulebook_files.staff, rulebook_files.staff_base64)?;
    let now = caller.now;
    let checked = rulebook::check(&policy, &staff, now).map_err(|faults| faulty_rulebook(&faults))?;
    let placeholders = rulebook::placeholders(&policy, &staff);
    if !placeholders.is_empty() {
        return Err(has_placeholders(&placeholders));
    }
    require_confirmation(&checked.warnings(now), &rulebook_files.confirmed)?;
    let (pointer, generation) = read_pointer(&context, now).await?;
    let is_same = |document: &Document| is_same(document, &policy, &staff);
    let plan_id = rulebook_files.plan_id.as_deref();
    let in_force = pointer.in_force(now);
    if let Some(pending) = pointer.waiting(now) {
        let document = read_document(&context, pending).await?;
        if !is_same(&document) {
            return Err(pending_stands(&PendingRulebook::new(pending, &caller)));
        }
        let previous = read_document_of(&context, in_force).await?;
        let publication = rulebook::publish(previous.as_ref(), &checked, &caller.login, now).map_err(full)?;
        let deletes_sooner = deletes_sooner(&context, &publication, &caller.rulebook, now).await?;
        let again = Again { pointer: &pointer, generation, pending, document: &document, previous, deletes_sooner };
        let entry = agree_or_answer(&context, &caller, again, plan_id).await?;
        return Ok(answer(&entry, deletes_sooner, &caller));
    }
    let previous = read_document_of(&context, in_force).await?;
    if let (Some(entry), Some(_)) = (in_force, previous.as_ref().filter(|document| is_same(document))) {
        return Ok(answer(entry, false, &caller));
    }
    let publication = rulebook::publish(previous.as_ref(), &checked, &caller.login, now).map_err(full)?;
    let deletes_sooner = deletes_sooner(&context, &publication, &caller.rulebook, now).await?;
    require_backstop(&context, &publication.document)?;
    let base_version = in_force.map_or(0, |entry| entry.version);
    require_plan(&context, &caller, &publication.document, (base_version, deletes_sooner), plan_id).await?;
    let document = Document {
        // The pointer's next generation: a number that was withdrawn is never used again.
        version: generation + 1,
        ..publication.document
    };
    let changes = changes_of(previous.as_ref(), &document, deletes_sooner);
    let entry = PointerEntry {
        version: document.version,
        sha256: sha256_hex(&document.to_bytes().map_err(unwritable)?),
        effective_at: effective_at(&context, now, deletes_sooner)?,
        awaits_other_than: awaits_other_than(&context, &caller, &changes),
    };
    let pointer = Pointer { current: in_force.cloned(), pending: Some(entry.clone()) };
    // The event is durable before the rulebook is: a publication that meets another one leaves an event too many.
    let facts = publication_facts(&entry, deletes_sooner, &changes);
    context.shared.table.audit(&audit::of_publisher(&caller, AuditAction::Publish, Outcome::Permitted, facts)).await?;
    let written = context.shared.rulebooks.store(&document, &pointer, &entry, generation).await;
    match written.map_err(|error| context.shared.unreadable_rulebook(&error))? {
        WriteOutcome::Done => {
            count_publication(now, deletes_sooner, &changes);
            Ok(answer(&entry, deletes_sooner, &caller))
        }
        // TWICE IS ONCE: a retry whose first try was carried out, and its answer lost, finds its own work.
        WriteOutcome::Conflict if read_pointer(&context, now).await?.0.pending.as_ref() == Some(&entry) => {
            Ok(answer(&entry, deletes_sooner, &caller))
        }
        WriteOutcome::Conflict => Err(Problem::of(&PUBLISHED_MEANWHILE)),
    }
}

fn answer(entry: &PointerEntry, deletes_sooner: bool, caller: &Caller) -> Json<Published> {
    let PendingRulebook { version, effective_at, awaits_second_admin, .. } = PendingRulebook::new(entry, caller);
    Json(Published { version, effective_at, deletes_sooner, awaits_second_admin })
}

fn unwritable(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "a rulebook can't be written as JSON");
    Problem::of(&FAILED)
}
