//! What waits now: read from the indexes that the console's lists are read from.

use jiff::{SignedDuration, Timestamp};
use policy::case::{CaseState, ListedCase};
use policy::deletion::DeletionState;
use policy::notification::{self, Deciders, Notification};
use policy::rulebook::Rulebook;
use store::{CasePartition, SortKey, StoreError};
use tracing::error;

use super::closure;
use crate::context::Context;
use crate::error::JobError;

/// 100 items a page: under 100 KB.
const PAGE: u16 = 100;

/// 3 days: a share of which no run told for longer is no news.
const SHARES_SINCE: SignedDuration = SignedDuration::from_hours(24 * 3);

/// What waits, as far as it could be read.
#[derive(Default)]
pub(super) struct Gathered {
    /// In no order.
    pub(super) found: Vec<Notification>,
    /// How many kinds could not be read.
    pub(super) unread: u64,
}

impl Gathered {
    /// A kind that can't be read keeps no other waiting: a later run reads it again.
    fn take(&mut self, kind: &'static str, read: Result<impl IntoIterator<Item = Notification>, JobError>) {
        match read {
            Ok(notifications) => self.found.extend(notifications),
            Err(error) => {
                error!(%error, kind, "what waits could not be read: a later run tries again");
                self.unread += 1;
            }
        }
    }
}

/// Everything that waits. It reads to the end: what was sent long ago hides nothing new.
pub(super) async fn gather(context: &Context, rulebook: &Rulebook, now: Timestamp) -> Gathered {
    let deciders = &Deciders::of(rulebook, rulebook.day_of(now));
    let mut waiting = Gathered::default();
    for state in [CaseState::New, CaseState::InProgress] {
        waiting.take("cases", cases(context, deciders, state, (rulebook, now)).await);
    }
    waiting.take("releases", releases(context, deciders).await);
    waiting.take("deletion requests", deletions(context, rulebook, deciders).await);
    waiting.take("corrections", corrections(context, deciders).await);
    waiting.take("shares", shares(context, rulebook, now).await);
    waiting.take("rulebook", pending_rulebook(context, deciders, now).await);
    waiting.take("closed days", closure::find(context, rulebook, deciders, now).await);
    waiting.take("sweep days", find_breaker(context, rulebook, deciders, now).await);
    waiting
}

/// Every item of an index, page by page.
async fn every<Item>(
    read: impl AsyncFn(&SortKey) -> Result<(Vec<(SortKey, Item)>, bool), StoreError>,
) -> Result<Vec<Item>, JobError> {
    let (mut listed, mut after) = (Vec::new(), SortKey::first());
    loop {
        let (page, has_more) = read(&after).await?;
        let last = page.last().map(|(last, _)| last.clone());
        listed.extend(page.into_iter().map(|(_, one)| one));
        match last {
            Some(last) if has_more => after = last,
            _ => return Ok(listed),
        }
    }
}

async fn cases(
    context: &Context,
    deciders: &Deciders,
    state: CaseState,
    (rulebook, now): (&Rulebook, Timestamp),
) -> Result<Vec<Notification>, JobError> {
    let today = rulebook.day_of(now);
    let (mut found, mut until) = (Vec::new(), SortKey::last());
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
            _ => return Ok(found),
        }
    }
}

/// Whether a memo may mean any call: its item says, the list does not.
async fn holds_calls(context: &Context, case: &ListedCase) -> Result<bool, JobError> {
    let stored = context.table.case(&case.id).await?;
    Ok(stored.is_some_and(|stored| !stored.case.provisional.is_empty()))
}

async fn releases(context: &Context, deciders: &Deciders) -> Result<Vec<Notification>, JobError> {
    let mut found = Vec::new();
    for listed in every(async |after| context.table.releases_to_decide(after, PAGE).await).await? {
        let case = context.table.case(&listed.case).await?;
        let release = context.table.release(&listed.case, &listed.release).await?;
        let both = case.zip(release);
        found.extend(
            both.and_then(|(case, release)| notification::of_release(&case.case.view, &release.release, deciders)),
        );
    }
    Ok(found)
}

async fn deletions(context: &Context, rulebook: &Rulebook, deciders: &Deciders) -> Result<Vec<Notification>, JobError> {
    let state = DeletionState::Waiting;
    let listed = every(async |after| context.table.deletion_requests(state, after, PAGE).await).await?;
    let found = listed.iter().map(|request| {
        let (by, on_the_call) = (&request.requested_by, &request.on_the_call);
        notification::of_deletion(&request.id, by, on_the_call, (rulebook, deciders))
    });
    Ok(found.collect())
}

async fn corrections(context: &Context, deciders: &Deciders) -> Result<Vec<Notification>, JobError> {
    let listed = every(async |after| context.table.corrections_to_confirm(after, PAGE).await).await?;
    Ok(listed.iter().map(|one| notification::of_correction(&one.recording, &one.by, one.at, deciders)).collect())
}

async fn shares(context: &Context, rulebook: &Rulebook, now: Timestamp) -> Result<Vec<Notification>, JobError> {
    let since = now.checked_sub(SHARES_SINCE).unwrap_or(Timestamp::MIN);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = context.table.grants_given(since, after).await?;
        let given = page.iter();
        found.extend(given.filter_map(|(member, grant)| notification::of_share(grant, member, rulebook, now)));
        after = next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

async fn pending_rulebook(
    context: &Context,
    deciders: &Deciders,
    now: Timestamp,
) -> Result<Option<Notification>, JobError> {
    let (pointer, _) = context.rulebooks.read_pointer(now).await?;
    Ok(pointer.waiting(now).and_then(|pending| notification::of_pending_rulebook(pending, deciders)))
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
