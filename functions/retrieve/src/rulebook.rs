//! The rulebook 運用ルール: read, published, withdrawn.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use policy::audit::AuditAction;
use policy::id::sha256_hex;
use policy::permission::{Decision, NotAllowed, RulebookAction};
use policy::rulebook::{self, Document, Fault, FaultIn, Pointer, PointerEntry, Wrong};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WriteOutcome;

use crate::audit::{self, Facts, Outcome};
use crate::caller::Caller;
use crate::problem::{Must, Problem};
use crate::{Context, body, present};

/// 3 MiB: a staff list of 20,000 rows of 100 bytes in base64, which makes four bytes of three, is 2.7 MB, and a policy
/// 0.3. Lambda takes 6.
pub(crate) const BODY_LIMIT_BYTES: usize = 3 * 1024 * 1024;

/// What is handed in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HandedInRulebook")]
pub(crate) struct HandedIn {
    /// TOML.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    policy: String,
    /// CSV, as text. This or `staff_base64`.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    staff: Option<String>,
    /// CSV, as the bytes of the file in base64: what a spreadsheet saved in CP932 can't be text in JSON.
    staff_base64: Option<String>,
    /// The plan it was made from. Nothing makes plans yet, so any is taken and none is needed.
    #[serde(default, rename = "plan_id")]
    _plan_id: Option<String>,
}

/// When a rulebook comes, or came, into force.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Waiting {
    #[schemars(example = 4)]
    pub(crate) version: u64,
    pub(crate) effective_at: present::Time,
}

impl Waiting {
    fn of(entry: &PointerEntry, caller: &Caller) -> Self {
        Self { version: entry.version, effective_at: present::time(entry.effective_at, &caller.rulebook) }
    }
}

#[cfg(test)]
impl Waiting {
    /// One as it is told.
    pub(crate) fn sample() -> Self {
        let effective_at = present::time(Timestamp::UNIX_EPOCH, &rulebook::Rulebook::strict_default("yamada"));
        Self { version: 4, effective_at }
    }
}

/// The rulebook in force.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rulebook")]
pub(crate) struct InForce {
    /// 0 is the compiled-in default.
    #[schemars(example = 3)]
    version: u64,
    /// `null` for version 0, which was always in force.
    effective_at: Option<present::Time>,
    /// TOML, as it was handed in; `null` for version 0, which has no text.
    #[schemars(example = &"[company]\nname = \"株式会社サンプル\"\n")]
    policy: Option<String>,
    /// CSV, as it was handed in.
    #[schemars(example = &"id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n")]
    staff: Option<String>,
    /// What was published and waits.
    pending: Option<Waiting>,
}

/// What was published.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Published {
    #[schemars(example = 4)]
    version: u64,
    /// When it comes into force; until then it can be withdrawn.
    effective_at: present::Time,
    /// Whether something is deleted sooner than before: then it waits longer.
    deletes_sooner: bool,
}

/// What was withdrawn.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Withdrawn {
    /// Its version.
    #[schemars(example = 4)]
    withdrawn: u64,
}

const FIELDS: &str =
    "policy (text), staff (text) or staff_base64 (the file's bytes in base64), plan_id (text, optional)";

impl HandedIn {
    /// The staff list's text, handed in one way or the other.
    fn staff(&mut self) -> Result<String, Problem> {
        match (self.staff.take(), self.staff_base64.take()) {
            (Some(text), None) => Ok(text),
            (None, Some(encoded)) => {
                let wrong = Problem::Invalid { parameter: "staff_base64", must: Must::Base64 };
                // Encoders break lines.
                let encoded: String = encoded.split_ascii_whitespace().collect();
                let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| wrong)?;
                rulebook::decode_staff_list(&bytes).map_err(|_| {
                    Problem::Faulty(vec![Fault { file: FaultIn::Staff, line: 1, wrong: Wrong::NeitherEncoding }])
                })
            }
            _ => Err(Problem::Invalid { parameter: "staff", must: Must::OneStaffList }),
        }
    }
}

/// `GET /rulebook`: what is in force, as it was handed in, and what waits.
pub(crate) async fn read(State(context): State<Arc<Context>>, caller: Caller) -> Result<Json<InForce>, Problem> {
    permit(&context, &caller, RulebookAction::Read, AuditAction::ReadRulebook).await?;
    let (pointer, _) = context.pointer(caller.now).await?;
    let in_force = pointer.in_force(caller.now);
    let document = context.document_of(in_force).await?;
    let (policy, staff) = document.map(|document| (document.policy, document.staff)).unzip();
    Ok(Json(InForce {
        version: in_force.map_or(0, |entry| entry.version),
        effective_at: in_force.map(|entry| present::time(entry.effective_at, &caller.rulebook)),
        policy,
        staff,
        pending: pointer.waiting(caller.now).map(|entry| Waiting::of(entry, &caller)),
    }))
}

/// `PUT /rulebook`: checks what is handed in, and lets it come into force after its delay.
pub(crate) async fn publish(
    State(context): State<Arc<Context>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Published>, Problem> {
    permit(&context, &caller, RulebookAction::Publish, AuditAction::Publish).await?;
    let mut handed_in: HandedIn = body::read(request, BODY_LIMIT_BYTES, FIELDS).await?;
    let staff = handed_in.staff()?;
    let now = caller.now;
    let checked = rulebook::check(&handed_in.policy, &staff, now).map_err(Problem::Faulty)?;
    let (pointer, generation) = context.pointer(now).await?;
    let is_same = |document: &Document| document.policy == handed_in.policy && document.staff == staff;
    if let Some(waiting) = pointer.waiting(now) {
        if is_same(&context.document(waiting).await?) {
            // TWICE IS ONCE: it was handed in before, and the answer is the one it got then.
            let before = context.document_of(pointer.current.as_ref()).await?;
            let publication = rulebook::publish(before.as_ref(), &checked, &caller.login, now).map_err(full)?;
            return Ok(answer(waiting, publication.deletes_sooner, &caller));
        }
        return Err(Problem::PendingStands(Waiting::of(waiting, &caller)));
    }
    let in_force = pointer.in_force(now);
    let previous = context.document_of(in_force).await?;
    if let (Some(entry), Some(_)) = (in_force, previous.as_ref().filter(|document| is_same(document))) {
        return Ok(answer(entry, false, &caller));
    }
    let publication = rulebook::publish(previous.as_ref(), &checked, &caller.login, now).map_err(full)?;
    let deletes_sooner = publication.deletes_sooner;
    let document = Document {
        // The pointer's next generation: a number that was withdrawn is never used again.
        version: generation + 1,
        ..publication.document
    };
    let entry = PointerEntry {
        version: document.version,
        sha256: sha256_hex(&document.to_bytes().map_err(unwritable)?),
        effective_at: context.effective_at(now, deletes_sooner)?,
    };
    let pointer = Pointer { current: in_force.cloned(), pending: Some(entry.clone()) };
    // The event is durable before the rulebook is: a publication that meets another one leaves an event too many.
    let facts = Facts::from([
        ("version".to_owned(), entry.version.to_string()),
        ("sha256".to_owned(), entry.sha256.clone()),
        ("effective_at".to_owned(), entry.effective_at.to_string()),
        ("deletes_sooner".to_owned(), deletes_sooner.to_string()),
    ]);
    context.table.audit(&audit::of_publisher(&caller, AuditAction::Publish, Outcome::Permitted, facts)).await?;
    let written = context.rulebooks.store(&document, &pointer, &entry, generation).await;
    match written.map_err(|error| context.without_rulebook(&error))? {
        WriteOutcome::Done => Ok(answer(&entry, deletes_sooner, &caller)),
        // TWICE IS ONCE: a retry whose first try was carried out, and its answer lost, finds its own work.
        WriteOutcome::Conflict if context.pointer(now).await?.0.pending.as_ref() == Some(&entry) => {
            Ok(answer(&entry, deletes_sooner, &caller))
        }
        WriteOutcome::Conflict => Err(Problem::PublishedMeanwhile),
    }
}

/// `DELETE /rulebook/pending`: withdraws what waits.
pub(crate) async fn withdraw(State(context): State<Arc<Context>>, caller: Caller) -> Result<Json<Withdrawn>, Problem> {
    permit(&context, &caller, RulebookAction::Publish, AuditAction::Withdraw).await?;
    let (pointer, generation) = context.pointer(caller.now).await?;
    let version = pointer.waiting(caller.now).map(|waiting| waiting.version);
    let (Some(version), Ok(without)) = (version, pointer.withdraw(caller.now)) else {
        return Err(Problem::NothingPending);
    };
    let facts = Facts::from([("version".to_owned(), version.to_string())]);
    context.table.audit(&audit::of_publisher(&caller, AuditAction::Withdraw, Outcome::Permitted, facts)).await?;
    let written = context.rulebooks.point(&without, generation).await;
    match written.map_err(|error| context.without_rulebook(&error))? {
        WriteOutcome::Done => Ok(Json(Withdrawn { withdrawn: version })),
        // TWICE IS ONCE: withdrawn it is, by this very request or by somebody else's.
        WriteOutcome::Conflict if context.pointer(caller.now).await? == (without, generation + 1) => {
            Ok(Json(Withdrawn { withdrawn: version }))
        }
        WriteOutcome::Conflict => Err(Problem::PublishedMeanwhile),
    }
}

impl Context {
    async fn pointer(&self, now: Timestamp) -> Result<(Pointer, u64), Problem> {
        let read = self.rulebooks.read_pointer(now).await;
        read.map_err(|error| self.without_rulebook(&error))
    }

    async fn document(&self, entry: &PointerEntry) -> Result<Document, Problem> {
        let read = self.rulebooks.document(entry).await;
        read.map_err(|error| self.without_rulebook(&error))
    }

    /// `None` is the compiled-in default, which has no document.
    async fn document_of(&self, entry: Option<&PointerEntry>) -> Result<Option<Document>, Problem> {
        match entry {
            Some(entry) => self.document(entry).await.map(Some),
            None => Ok(None),
        }
    }

    /// When a rulebook that is stored now comes into force: one that deletes sooner waits longer, so that
    /// it can be withdrawn.
    fn effective_at(&self, now: Timestamp, deletes_sooner: bool) -> Result<Timestamp, Problem> {
        let delay_seconds =
            if deletes_sooner { self.config.publish_sooner_delay_seconds } else { self.config.publish_delay_seconds };
        now.checked_add(SignedDuration::from_secs(delay_seconds.into())).map_err(|error| {
            tracing::error!(%error, "the clock stands at the end of the calendar");
            Problem::Failed
        })
    }
}

/// Whoever may not is refused, and that is an event.
async fn permit(context: &Context, caller: &Caller, action: RulebookAction, word: AuditAction) -> Result<(), Problem> {
    match caller.may(action, &context.config.rulebooks.admin_login) {
        Decision::Permit => Ok(()),
        Decision::Refuse(_) => {
            let event = audit::of_publisher(caller, word, Outcome::Refused, Facts::new());
            context.table.audit(&event).await?;
            Err(Problem::NotAllowed(NotAllowed::OnlyAdmins))
        }
    }
}

fn answer(entry: &PointerEntry, deletes_sooner: bool, caller: &Caller) -> Json<Published> {
    let Waiting { version, effective_at } = Waiting::of(entry, caller);
    Json(Published { version, effective_at, deletes_sooner })
}

fn full(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "a class has no revision left");
    Problem::Failed
}

fn unwritable(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "a rulebook can't be written as JSON");
    Problem::Failed
}
