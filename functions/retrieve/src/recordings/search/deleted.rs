//! "There was one, deleted on that day": what a search by number says where it finds nothing.

use jiff::Unit;
use jiff::civil::Date;
use policy::id::RecordingId;
use policy::permission::{self, Action, Decision};
use policy::recording::ListedTombstone;
use policy::rulebook::{Role, Rulebook};
use rokuban_http::audit::Facts;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;

use super::filters::Filters;
use crate::context::Context;

/// 20 deletions of one year: the last ones answer the question.
const LIMIT: usize = 20;

/// A recording that was deleted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletedRecording {
    id: RecordingId,
    /// The day of the call.
    day: Day,
    deleted_at: Time,
}

impl DeletedRecording {
    /// What is said of it.
    pub(super) fn new(tombstone: &ListedTombstone, rulebook: &Rulebook) -> Self {
        Self {
            id: tombstone.id.clone(),
            day: Day::new(tombstone.day),
            deleted_at: Time::new(tombstone.deleted_at, rulebook),
        }
    }
}

/// What was deleted of the number, or of the last four digits, that the search names; the last deletion first. STRICT: it
/// is said to those who may see the proof, and the calls are the same whether or not there is one.
pub(super) async fn find_deleted(
    context: &Context,
    caller: &MemberCaller,
    filters: &Filters,
) -> Result<Vec<ListedTombstone>, Problem> {
    let last4 = match (&filters.number, &filters.last4) {
        (Some(number), Some(last4)) if number.last4() != last4 => None,
        (Some(number), _) => Some(number.last4()),
        (None, last4) => last4.as_deref(),
    };
    // A tombstone does not know who was on the call: staff see none of them.
    let (Some(last4), Role::Admin | Role::Manager) = (last4, caller.member.role) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for key in context.number_keys.all(caller.now).await? {
        let number = filters.number.as_ref().map(|number| key.hash(number));
        let deletions =
            context.shared.table.deletions_of_number(&key.hash_last4(last4), number.as_ref(), LIMIT).await?;
        found.extend(deletions);
    }
    found.retain(|tombstone| {
        let of = |action| permission::decide(&caller.member, action, tombstone, None, &caller.rulebook, caller.now);
        of(Action::View) == Decision::Permit && covers_day(filters, tombstone.day, &caller.rulebook)
    });
    found.sort_by(|one, other| (other.deleted_at, &other.id).cmp(&(one.deleted_at, &one.id)));
    found.truncate(LIMIT);
    Ok(found)
}

/// Whether a call of a day may lie in the range, as far as the search names its ends.
fn covers_day(filters: &Filters, day: Date, rulebook: &Rulebook) -> bool {
    let is_given = |name| filters.used.contains(&name);
    (!is_given("from") || day >= rulebook.day_of(filters.from))
        && (!is_given("to") || day <= rulebook.day_of(filters.to))
}

/// A missed need: a recording was needed so many days after its call, and was deleted. Counted from the audit log, it says
/// whether the period is long enough.
pub(super) fn missed_need(deleted: &[ListedTombstone], caller: &MemberCaller) -> Facts {
    let Some(latest) = deleted.iter().max_by_key(|tombstone| tombstone.day) else {
        return Facts::new();
    };
    let Ok(age) = latest.day.until((Unit::Day, caller.rulebook.day_of(caller.now))) else {
        return Facts::new();
    };
    Facts::from([
        ("missed_need_days".to_owned(), age.get_days().to_string()),
        ("missed_need_class".to_owned(), latest.class.to_string()),
    ])
}
