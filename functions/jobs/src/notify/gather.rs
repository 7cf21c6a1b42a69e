//! What waits now: read from the indexes that the console's lists are read from.

use jiff::{SignedDuration, Timestamp};
use policy::case::{CaseState, ListedCase};
use policy::deletion::DeletionState;
use policy::notification::{self, Deciders, Notification};
use policy::rulebook::Rulebook;
use store::{CasePartition, SortKey};

use super::closure;
use crate::context::Context;
use crate::error::JobError;

/// 100 items a page: under 100 KB.
const PAGE: u16 = 100;

/// 3 days: a share of which no run told for longer is no news.
const SHARES_SINCE: SignedDuration = SignedDuration::from_hours(24 * 3);

/// Everything that waits, in no order. It reads to the end: what was sent long ago hides nothing new.
pub(super) async fn gather(
    context: &Context,
    rulebook: &Rulebook,
    now: Timestamp,
) -> Result<Vec<Notification>, JobError> {
    let deciders = Deciders::of(rulebook, rulebook.day_of(now));
    let mut found = Vec::new();
    for state in [CaseState::New, CaseState::InProgress] {
        gather_cases(context, &deciders, state, (rulebook, now), &mut found).await?;
    }
    gather_releases(context, &deciders, &mut found).await?;
    gather_deletions(context, rulebook, &deciders, &mut found).await?;
    gather_corrections(context, &deciders, &mut found).await?;
    gather_shares(context, rulebook, now, &mut found).await?;
    let (pointer, _) = context.rulebooks.read_pointer(now).await?;
    found.extend(pointer.waiting(now).and_then(|pending| notification::of_pending_rulebook(pending, &deciders)));
    found.extend(closure::find(context, rulebook, &deciders, now).await?);
    found.extend(find_breaker(context, rulebook, &deciders, now).await?);
    Ok(found)
}

async fn gather_cases(
    context: &Context,
    deciders: &Deciders,
    state: CaseState,
    (rulebook, now): (&Rulebook, Timestamp),
    found: &mut Vec<Notification>,
) -> Result<(), JobError> {
    let today = rulebook.day_of(now);
    let mut until = SortKey::last();
    loop {
        let page = context.table.list_cases(&CasePartition::State(state), &until, PAGE).await?;
        for (_, case) in &page {
            found.extend(notification::of_memo(case, deciders));
            found.extend(notification::of_due_answer(case, deciders, today));
            if notification::is_hold_ending(case, now) && holds_calls(context, case).await? {
                found.push(notification::of_ending_hold(case, deciders));
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == usize::from(PAGE) => until = last.just_below(),
            _ => return Ok(()),
        }
    }
}

/// Whether a memo may mean any call: its item says, the list does not.
async fn holds_calls(context: &Context, case: &ListedCase) -> Result<bool, JobError> {
    let stored = context.table.case(&case.id).await?;
    Ok(stored.is_some_and(|stored| !stored.case.provisional.is_empty()))
}

async fn gather_releases(
    context: &Context,
    deciders: &Deciders,
    found: &mut Vec<Notification>,
) -> Result<(), JobError> {
    let mut after = SortKey::first();
    loop {
        let (page, has_more) = context.table.releases_to_decide(&after, PAGE).await?;
        for (_, listed) in &page {
            let case = context.table.case(&listed.case).await?;
            let release = context.table.release(&listed.case, &listed.release).await?;
            let both = case.zip(release);
            found.extend(
                both.and_then(|(case, release)| notification::of_release(&case.case.view, &release.release, deciders)),
            );
        }
        match page.last() {
            Some((last, _)) if has_more => after = last.clone(),
            _ => return Ok(()),
        }
    }
}

async fn gather_deletions(
    context: &Context,
    rulebook: &Rulebook,
    deciders: &Deciders,
    found: &mut Vec<Notification>,
) -> Result<(), JobError> {
    let mut after = SortKey::first();
    loop {
        let (page, has_more) = context.table.deletion_requests(DeletionState::Waiting, &after, PAGE).await?;
        found.extend(page.iter().map(|(_, request)| {
            let (by, on_the_call) = (&request.requested_by, &request.on_the_call);
            notification::of_deletion(&request.id, by, on_the_call, (rulebook, deciders))
        }));
        match page.last() {
            Some((last, _)) if has_more => after = last.clone(),
            _ => return Ok(()),
        }
    }
}

async fn gather_corrections(
    context: &Context,
    deciders: &Deciders,
    found: &mut Vec<Notification>,
) -> Result<(), JobError> {
    let mut after = SortKey::first();
    loop {
        let (page, has_more) = context.table.corrections_to_confirm(&after, PAGE).await?;
        let listed = page.iter().map(|(_, listed)| listed);
        found.extend(listed.map(|one| notification::of_correction(&one.recording, &one.by, one.at, deciders)));
        match page.last() {
            Some((last, _)) if has_more => after = last.clone(),
            _ => return Ok(()),
        }
    }
}

async fn gather_shares(
    context: &Context,
    rulebook: &Rulebook,
    now: Timestamp,
    found: &mut Vec<Notification>,
) -> Result<(), JobError> {
    let since = now.checked_sub(SHARES_SINCE).unwrap_or(Timestamp::MIN);
    let mut after = None;
    loop {
        let (page, next) = context.table.grants_given(since, after).await?;
        let given = page.iter();
        found.extend(given.filter_map(|(member, grant)| notification::of_share(grant, member, rulebook, now)));
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The breaker is open where calls wait that the day may not lose.
async fn find_breaker(
    context: &Context,
    rulebook: &Rulebook,
    deciders: &Deciders,
    now: Timestamp,
) -> Result<Option<Notification>, JobError> {
    let today = rulebook.day_of(now);
    let days = context.table.sweep_days(today, today, 1).await?;
    if !days.iter().any(|day| day.waiting > 0 && day.room() == 0) {
        return Ok(None);
    }
    let entry = context.rulebooks.published(rulebook.version).await?;
    let document = match &entry {
        Some(entry) => Some(context.rulebooks.document(entry).await?),
        None => None,
    };
    let published_by = document.as_ref().map(|document| document.published_by.as_str());
    Ok(Some(notification::of_breaker(published_by, rulebook, deciders)))
}
