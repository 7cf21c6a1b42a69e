//! What is held 削除停止, and why. It is read from the list of holds that stand: it costs the same however many recordings
//! there are.

use std::collections::{BTreeMap, BTreeSet};

use policy::call::Call;
use policy::hold::HoldKind;
use policy::id::{CallId, RecordingId};
use policy::report::retention::Estimate;
use policy::rulebook::Role;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;
use store::{StandingHold, Table};

/// 1,000 holds of each kind are read, the oldest: a company with more of them reads that there are more.
const READ_LIMIT: u16 = 1_000;

/// 50 holds are shown, the oldest: whose reason may be over.
const SHOWN_LIMIT: usize = 50;

/// What a hold keeps 削除停止, whatever its period says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Held {
    /// Calls under a hold.
    #[schemars(example = 12)]
    calls: usize,
    /// Their recordings.
    #[schemars(example = 15)]
    recordings: usize,
    /// `false`: more than 1,000 holds of one kind stand, and only the oldest are counted.
    is_exact: bool,
    /// What they take up, about, by the average call; `null`: not yet measured.
    storage: Option<Estimate>,
    /// Why they are held. A call under holds of several kinds counts for each.
    by_kind: Vec<HeldByKind>,
    /// The holds, the one that stands longest first: at most 50.
    items: Vec<HeldItem>,
}

impl Held {
    /// How many calls are held.
    pub(super) fn calls(&self) -> u64 {
        self.calls as u64
    }

    /// How many calls holds of each kind keep.
    pub(super) fn by_kind(&self) -> impl Iterator<Item = (HoldKind, u64)> {
        self.by_kind.iter().map(|of_kind| (of_kind.kind, of_kind.calls as u64))
    }

    /// Fills in what some calls take up.
    pub(super) fn estimate(&mut self, of: impl Fn(u64) -> Option<Estimate>) {
        self.storage = of(self.calls());
        for of_kind in &mut self.by_kind {
            of_kind.storage = of(of_kind.calls as u64);
        }
    }
}

/// Calls that holds of one kind keep.
#[derive(Debug, Serialize, JsonSchema)]
struct HeldByKind {
    kind: HoldKind,
    #[schemars(example = 4)]
    calls: usize,
    #[schemars(example = 5)]
    recordings: usize,
    /// What they take up, about, by the average call; `null`: not yet measured.
    storage: Option<Estimate>,
    /// Since when the oldest of these holds stands; `null`: none stands.
    oldest_at: Option<Time>,
    /// When the next of them ends by itself; `null`: none does.
    next_end_at: Option<Time>,
}

/// A hold, without its reason.
#[derive(Debug, Serialize, JsonSchema)]
struct HeldItem {
    kind: HoldKind,
    placed_at: Time,
    /// From this second it stands no more; `null` until it is lifted.
    until: Option<Time>,
    /// The case 案件 that it belongs to, for admins alone; `null` of a legal hold.
    #[schemars(example = &"4tqk5nwo2xvq7yhl4zgm6cbeda")]
    case_id: Option<String>,
    /// A recording of the call, for admins alone: its holds say the rest.
    recording_id: Option<RecordingId>,
}

/// Reads what is held.
pub(super) async fn read_held(table: &Table, caller: &MemberCaller) -> Result<Held, Problem> {
    let (mut holds, mut is_exact) = (Vec::new(), true);
    for kind in HoldKind::ALL {
        let (listed, has_more) = table.standing_holds(kind, READ_LIMIT).await?;
        holds.extend(listed.into_iter().filter(|hold| hold.until.is_none_or(|until| caller.now < until)));
        is_exact &= !has_more;
    }
    let calls: BTreeSet<CallId> = holds.iter().map(|hold| hold.call.clone()).collect();
    let legs = legs_of(&table.lives_of(calls).await?);
    // The index may be a moment behind a call that has left, or whose legs have moved.
    holds.retain(|hold| legs.contains_key(&hold.call));
    holds.sort_by(|one, other| (one.placed_at, &one.call, &one.id).cmp(&(other.placed_at, &other.call, &other.id)));
    Ok(summarize(&holds, &legs, is_exact, caller))
}

/// The recordings of each call, of all of its lives.
fn legs_of(lives: &[Call]) -> BTreeMap<CallId, Vec<RecordingId>> {
    let mut legs: BTreeMap<CallId, Vec<RecordingId>> = BTreeMap::new();
    for life in lives.iter().filter(|life| life.claim.is_none()) {
        legs.entry(life.reference.id.clone()).or_default().extend(life.own_legs().cloned());
    }
    legs.retain(|_, legs| !legs.is_empty());
    legs
}

fn summarize(
    holds: &[StandingHold],
    legs: &BTreeMap<CallId, Vec<RecordingId>>,
    is_exact: bool,
    caller: &MemberCaller,
) -> Held {
    let time = |at| Time::new(at, &caller.rulebook);
    let count =
        |calls: &BTreeSet<&CallId>| -> usize { calls.iter().filter_map(|call| legs.get(*call)).map(Vec::len).sum() };
    let by_kind = HoldKind::ALL.map(|kind| {
        let of_kind: Vec<&StandingHold> = holds.iter().filter(|hold| hold.kind == kind).collect();
        let calls: BTreeSet<&CallId> = of_kind.iter().map(|hold| &hold.call).collect();
        HeldByKind {
            kind,
            calls: calls.len(),
            recordings: count(&calls),
            storage: None,
            oldest_at: of_kind.iter().map(|hold| hold.placed_at).min().map(time),
            next_end_at: of_kind.iter().filter_map(|hold| hold.until).min().map(time),
        }
    });
    let calls: BTreeSet<&CallId> = holds.iter().map(|hold| &hold.call).collect();
    // STRICT: an investigation is for its owner and admins; auditors see no case, and no recording.
    let is_admin = caller.member.role == Role::Admin;
    let item = |hold: &StandingHold| HeldItem {
        kind: hold.kind,
        placed_at: time(hold.placed_at),
        until: hold.until.map(time),
        case_id: (is_admin && hold.kind != HoldKind::Legal).then(|| hold.owner.clone()),
        recording_id: legs.get(&hold.call).filter(|_| is_admin).and_then(|legs| legs.first().cloned()),
    };
    Held {
        calls: calls.len(),
        recordings: count(&calls),
        is_exact,
        storage: None,
        by_kind: by_kind.into(),
        items: holds.iter().take(SHOWN_LIMIT).map(item).collect(),
    }
}
