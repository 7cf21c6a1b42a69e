//! Rates: how often one member may play, download and export in an hour, and how many items lists may show.

use jiff::Timestamp;
use policy::permission::Action;
use policy::rulebook::Rulebook;
use store::{AuditEvent, Count, CountResult, ErrorKind, StoreError};

use crate::audit::{self, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::context::Context;
use crate::problem::{self, Again, Problem};

/// 4 tries: each fails only if the same member's other request was counted in between.
pub(crate) const TRIES: usize = 4;

/// What is limited by the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Hearing a recording.
    Play,
    /// Downloading one.
    Download,
    /// A list taken away as a file.
    Export,
    /// A memo written: it holds what it may mean.
    Memo,
    /// A note written or corrected.
    Note,
    /// The items of a list that is shown.
    Items(u32),
}

impl Limited {
    /// The rate that an action counts against; `None` for an action without one.
    pub fn of(action: Action) -> Option<Self> {
        match action {
            Action::Play => Some(Self::Play),
            Action::Download => Some(Self::Download),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Download => "download",
            Self::Export => "export",
            Self::Memo => "memo",
            Self::Note => "note",
            Self::Items(_) => "items",
        }
    }

    /// What is counted for a member, in the hour in which the request came.
    pub fn count(self, caller: &MemberCaller) -> Count<'_> {
        let limits = &caller.rulebook.limits;
        let limit = match self {
            Self::Play => limits.plays_per_hour,
            Self::Download => limits.downloads_per_hour,
            Self::Export => limits.exports_per_hour,
            Self::Memo => limits.memos_per_hour,
            Self::Note => limits.notes_per_hour,
            Self::Items(_) => limits.items_per_hour,
        };
        let adds = if let Self::Items(items) = self { items } else { 1 };
        Count { staff: &caller.member.id, what: self.word(), at: caller.now, adds, limit }
    }
}

/// The answer once the limit is reached.
pub fn too_many(count: &Count<'_>, rulebook: &Rulebook, now: Timestamp) -> Problem {
    let at = count.begins_again_at();
    let seconds = u32::try_from(at.as_second() - now.as_second()).unwrap_or_default().max(1);
    let clock = at.to_zoned_datetime(rulebook.zone.clone()).strftime("%H:%M").to_string();
    Problem::too_many(count.limit, &Again { seconds, clock })
}

/// Writes the event of something that is limited by the hour, and counts it; over the limit the event is a refusal.
/// Comes last, after every other check.
///
/// # Errors
/// [`problem::TOO_MANY`], or AWS failed.
pub async fn audit_counted(
    context: &Context,
    caller: &MemberCaller,
    event: &AuditEvent,
    limited: Limited,
) -> Result<(), Problem> {
    let count = limited.count(caller);
    for _ in 0..TRIES {
        match context.table.audit_counted(event, &count).await {
            Ok(CountResult::Done | CountResult::Conflict) => return Ok(()),
            Ok(CountResult::TooMany) => return Err(refuse(context, caller, event, &count).await?),
            Err(error) if error.kind == ErrorKind::Throttled => {}
            Err(error) => return Err(Problem::of_store(&error)),
        }
    }
    Err(Problem::of(&problem::BUSY))
}

/// Writes the refusal of an event over its limit, and says what it is answered with.
pub(crate) async fn refuse(
    context: &Context,
    caller: &MemberCaller,
    event: &AuditEvent,
    count: &Count<'_>,
) -> Result<Problem, StoreError> {
    let problem = too_many(count, &caller.rulebook, context.connection.now());
    let mut facts: Facts = event.facts.clone();
    facts.extend(problem.audit_reason().map(|reason| ("reason".to_owned(), reason.to_owned())));
    let mut refused = audit::of_member(caller, event.action, Outcome::Refused, facts);
    refused.asked.clone_from(&event.asked);
    context.table.audit(&refused).await?;
    Ok(problem)
}
