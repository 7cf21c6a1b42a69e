//! `GET /audit` and what is read out of it: who searched what, heard what, was refused what, decided what.

pub(crate) mod asked;
pub(crate) mod monthly;
mod page;
pub(crate) mod reach;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use policy::audit::AuditAction;
use policy::permission::{self, Decision, TraceAction};
use policy::rulebook::Role;
use schemars::JsonSchema;
use serde::Serialize;
use store::{AuditEvent, AuditText, SortKey};

use self::asked::{Asked, Group};
use self::page::{Merging, Position};
use crate::accept::Form;
use crate::audit::{self, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::problem::Problem;
use crate::search::Pages;
use crate::{Context, csv, present};

pub(crate) use self::monthly::monthly;
pub(crate) use self::reach::reach;

/// Query parameters as they were given, in order.
type Given = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// 1,000 events are weighed for one page: 0.6 MB, of which a filter may leave none.
const WEIGHED_LIMIT: usize = 1_000;

/// A page of the audit 監査記録.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    items: Vec<AuditItem>,
    /// A page may be short, or empty, while there is a next one.
    #[schemars(example = &"eyJ2IjoxLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiNKS0oucGxheSJ9")]
    next_cursor: Option<String>,
}

/// What somebody did or was refused.
#[derive(Debug, Serialize, JsonSchema)]
struct AuditItem {
    at: present::Time,
    /// The member's id; the login of `AdminLogin` while it is no member.
    #[schemars(example = &"kato")]
    staff: String,
    /// The role the member had then.
    role: Option<Role>,
    /// `search`, `view`, `play`, `download`, `custody`, `publish`, ….
    #[schemars(example = &"play")]
    action: String,
    /// `permitted` or `refused`.
    #[schemars(example = &"permitted")]
    outcome: String,
    /// Why it was refused; of what was not to be seen at all, nothing is said.
    #[schemars(example = &"managers_do_not_download")]
    reason: Option<String>,
    /// The recording it was about.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording: Option<String>,
    /// What else stands in the event.
    facts: Facts,
    /// What was asked for. Numbers are whole for admins; auditors see the last four digits.
    asked: BTreeMap<String, String>,
}

/// `GET /audit`.
pub(crate) async fn audit(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    form: Form,
    query: Given,
) -> Result<Response, Problem> {
    let given = given(query);
    let asked = Asked::read(&given, &caller.rulebook, caller.now, Pages::of(form))?;
    permit(&context, &caller, AuditAction::Audit).await?;
    let (events, next) = read(&context, &asked, caller.now).await?;
    let next_cursor = next.map(|position| position.to_cursor());
    if let Form::Csv(language) = form {
        let words = asked.words();
        let mut file = csv::export(&context, &caller, language, &csv::AUDIT, &events, between(&asked), words).await?;
        if let Some(cursor) = next_cursor {
            file.headers_mut().insert(LINK, csv::next_page(&given, &cursor)?);
        }
        return Ok(file);
    }
    trace(&context, &caller, AuditAction::Audit, &asked).await?;
    let items = events.into_iter().map(|event| item(event, &caller)).collect();
    Ok(Json(AuditPage { items, next_cursor }).into_response())
}

/// From which day to which.
fn between(asked: &Asked) -> Facts {
    Facts::from([("from".to_owned(), asked.first.to_string()), ("to".to_owned(), asked.last.to_string())])
}

fn given(query: Given) -> Vec<(String, String)> {
    query.map(|Query(given)| given).unwrap_or_default()
}

/// Whoever may not read the audit is refused, and that is an event.
async fn permit(context: &Context, caller: &MemberCaller, action: AuditAction) -> Result<(), Problem> {
    match permission::decide_on_traces(&caller.member, TraceAction::Audit) {
        Decision::Permit => Ok(()),
        Decision::Refuse(_) => {
            context.table.audit(&audit::of_member(caller, action, Outcome::Refused, Facts::new())).await?;
            Err(Problem::NoAudit)
        }
    }
}

/// Reading the audit is an event of its own, written before anything is told.
async fn trace(context: &Context, caller: &MemberCaller, action: AuditAction, asked: &Asked) -> Result<(), Problem> {
    let mut event = audit::of_member(caller, action, Outcome::Permitted, between(asked));
    event.asked = asked.words();
    Ok(context.table.audit(&event).await?)
}

/// One page: the groups of partitions from the newest on, until it is full or enough was weighed.
async fn read(
    context: &Context,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Vec<AuditEvent>, Option<Position>), Problem> {
    let mut merging = Merging::new(asked.limit, WEIGHED_LIMIT);
    let is_wanted = |event: &AuditEvent| is_kept(event, now) && asked.fits(event);
    for Group { partitions, from, until } in asked.groups() {
        let until = SortKey::from_time(until);
        let bound = asked.start.as_ref().map_or(until.clone(), |start| start.bound().min(until));
        let from = SortKey::from_time(from);
        // What lies above the cursor was read before.
        if bound < from {
            continue;
        }
        loop {
            let Some(room) = merging.room(partitions.len(), asked.is_selective()) else {
                return Ok(merging.page(true));
            };
            let bound = merging.bound().map_or_else(|| bound.clone(), |reached| reached.min(bound.clone()));
            if bound < from {
                break;
            }
            let pages = partitions.iter().map(|partition| context.table.audit_page(partition, &from, &bound, room));
            if merging.weigh(try_join_all(pages).await?, is_wanted) {
                break;
            }
        }
    }
    Ok(merging.page(false))
}

/// NEVER LATE: DynamoDB ends what is past its time within days; it is shown to nobody from the second on.
fn is_kept(event: &AuditEvent, now: Timestamp) -> bool {
    now < event.ends_at
}

fn item(event: AuditEvent, caller: &MemberCaller) -> AuditItem {
    let AuditEvent { at, staff, role, action, outcome, mut facts, asked, .. } = event;
    let sees_numbers = caller.member.role == Role::Admin;
    let told = |text: &AuditText| if sees_numbers { text.expose().to_owned() } else { last_digits_of(text.expose()) };
    AuditItem {
        at: present::time(at, &caller.rulebook),
        staff,
        role,
        action: action.as_str().to_owned(),
        outcome: outcome.as_str().to_owned(),
        reason: facts.remove("reason"),
        recording: facts.remove("recording"),
        facts,
        asked: asked.iter().map(|(name, text)| (name.clone(), told(text))).collect(),
    }
}

/// 7 digits: a number that can be dialled has as many, whatever filter it was typed into; years and extensions have less.
const NUMBER_FROM_DIGITS: usize = 7;

/// A text in which of a number only the last four digits are told.
pub(crate) fn last_digits_of(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(|letter| letter.is_numeric()).collect();
    if digits.len() < NUMBER_FROM_DIGITS {
        return text.to_owned();
    }
    digits.iter().skip(digits.len() - 4).fold("…".to_owned(), |mut told, digit| {
        told.push(*digit);
        told
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_the_last_four_digits_are_told_whatever_it_was_typed_into() {
        for (text, told) in [
            ("+819012345678", "…5678"),
            ("090-1234-5678", "…5678"),
            ("０９０１２３４５６７８", "…５６７８"),
            ("sato 09012345678 x", "…5678"),
            ("5678", "5678"),
            ("営業1課", "営業1課"),
            ("201", "201"),
            ("", ""),
        ] {
            assert_eq!(last_digits_of(text), told, "{text}");
        }
    }
}
