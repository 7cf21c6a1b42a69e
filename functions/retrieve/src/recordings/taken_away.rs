//! What was taken away of a deleted recording, read from its custody, which outlives it.

use policy::case::release::ReleaseBasis;
use policy::id::RecordingId;
use policy::permission::{self, Action, Decision};
use policy::recording;
use policy::rulebook::Role;
use policy::taken_away::{self, KINDS, Taking};
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;

/// 1,000 events are read, the newest: one recording has a handful.
const READ_LIMIT: usize = 1_000;

/// 20 are shown, the newest: what a page of paper takes.
const SHOWN_LIMIT: usize = 20;

/// What was taken away of it before its deletion: the proof does not cover that.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct TakenAway {
    /// How often it was downloaded.
    #[schemars(example = 1)]
    downloads: usize,
    /// How many releases 社外提出 of a part of it reached their recipient.
    #[schemars(example = 1)]
    releases: usize,
    /// `false`: custody has over 1,000 of these events, and only the newest are counted.
    is_exact: bool,
    /// Each, the newest first: at most 20.
    items: Vec<TakenAwayItem>,
}

/// How a thing was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TakenAwayKind {
    /// A member downloaded it.
    Downloaded,
    /// A part of it was given to a recipient.
    ReleaseDelivered,
    /// The recipient opened the link.
    ReleaseOpened,
}

/// One time. No name and no number: the custody says who.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct TakenAwayItem {
    kind: TakenAwayKind,
    at: Time,
    /// The role on that day of the member who downloaded it; `null` where today's staff list does not say, and of a
    /// release.
    role: Option<Role>,
    /// Under what a release was made; `null` of a download.
    basis: Option<ReleaseBasis>,
}

/// What was taken away of a recording that is gone, for those who may read its custody.
pub(crate) async fn read_taken_away(
    context: &Context,
    caller: &MemberCaller,
    tombstone: &recording::Tombstone,
) -> Result<Option<TakenAway>, Problem> {
    let (member, rulebook) = (&caller.member, &caller.rulebook);
    if permission::decide(member, Action::Custody, tombstone, None, rulebook, caller.now) != Decision::Permit {
        return Ok(None);
    }
    read(context, caller, &tombstone.id).await.map(Some)
}

async fn read(context: &Context, caller: &MemberCaller, id: &RecordingId) -> Result<TakenAway, Problem> {
    let events = context.shared.table.events_of_kinds(id, KINDS, u32::MAX, READ_LIMIT).await?;
    let taken = taken_away::TakenAway::of(&events);
    let rulebook = &caller.rulebook;
    let role_of = |id: &str, at| rulebook.post_by_id(id, rulebook.day_of(at)).map(|post| post.role);
    let items = taken.takings.into_iter().take(SHOWN_LIMIT).map(|(at, taking)| {
        let (kind, role, basis) = match taking {
            Taking::Downloaded { by } => (TakenAwayKind::Downloaded, role_of(&by, at), None),
            Taking::Delivered(basis) => (TakenAwayKind::ReleaseDelivered, None, basis),
            Taking::Opened(basis) => (TakenAwayKind::ReleaseOpened, None, basis),
        };
        TakenAwayItem { kind, at: Time::new(at, rulebook), role, basis }
    });
    Ok(TakenAway {
        downloads: taken.downloads,
        releases: taken.releases,
        is_exact: events.len() < READ_LIMIT,
        items: items.collect(),
    })
}

impl TakenAway {
    /// One for the API's document.
    pub(crate) fn sample() -> Self {
        let rulebook = policy::rulebook::Rulebook::strict_default("yamada");
        let at = Time::new(jiff::Timestamp::UNIX_EPOCH, &rulebook);
        let item = TakenAwayItem { kind: TakenAwayKind::Downloaded, at, role: Some(Role::Admin), basis: None };
        Self { downloads: 1, releases: 0, is_exact: true, items: vec![item] }
    }
}
