//! Parts of recordings, and what goes on their custody.

use std::collections::BTreeMap;

use policy::audit::AuditAction;
use policy::case::part::{Part, PartFault};
use policy::custody::{Committed, CustodyEvent, EventKind, NewEvent};
use policy::id::RecordingId;
use policy::recording::Recording;
use rokuban_http::audit::Facts;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::{Constraint, FAILED, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::recordings::Reached;

/// 1,000 milliseconds a second.
const MILLISECONDS: f64 = 1_000.0;

/// A range of a recording to silence, in seconds from its beginning.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MuteRequest {
    #[schemars(range(min = 0.0, max = 1_000_000.0), example = &12.5)]
    pub(crate) from_seconds: f64,
    #[schemars(range(min = 0.0, max = 1_000_000.0), example = &17.0)]
    pub(crate) to_seconds: f64,
}

/// A range of a recording that is silenced, in seconds from its beginning.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct MuteRange {
    #[schemars(example = &12.5)]
    from_seconds: f64,
    #[schemars(example = &17.0)]
    to_seconds: f64,
}

/// Which part of a recording.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PartItem {
    recording_id: RecordingId,
    /// Where it begins; `null` at the beginning.
    from_seconds: Option<f64>,
    /// Where it ends; `null` at the end.
    to_seconds: Option<f64>,
    /// What of it is silenced.
    mute: Vec<MuteRange>,
}

/// Which part, as it was requested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartRequest<'a> {
    pub(crate) from_seconds: Option<f64>,
    pub(crate) to_seconds: Option<f64>,
    pub(crate) mute: &'a [MuteRequest],
}

/// A part of a recording.
pub(crate) fn read_part(recording: &Recording, part: &PartRequest<'_>) -> Result<Part, Problem> {
    let of_part = || Problem::invalid("to_seconds", Constraint::Part);
    let of_mute = || Problem::invalid("mute", Constraint::Mute);
    let from = part.from_seconds.map(|seconds| milliseconds(seconds).ok_or_else(of_part)).transpose()?;
    let to = part.to_seconds.map(|seconds| milliseconds(seconds).ok_or_else(of_part)).transpose()?;
    let ranges =
        part.mute.iter().map(|range| Some((milliseconds(range.from_seconds)?, milliseconds(range.to_seconds)?)));
    let mute: Vec<(u64, u64)> = ranges.collect::<Option<_>>().ok_or_else(of_mute)?;
    let view = &recording.view;
    Part::new(view.id.clone(), (from, to), &mute, view.duration_milliseconds).map_err(|fault| match fault {
        PartFault::Reversed | PartFault::TooLong => of_part(),
        PartFault::MuteOutside | PartFault::TooManyMutes => of_mute(),
    })
}

/// The next event of a recording's custody. QUIET: its facts are ids.
pub(crate) fn next_event(
    reached: &Reached,
    caller: &MemberCaller,
    kind: EventKind,
    action: AuditAction,
    facts: Facts,
    texts: BTreeMap<String, Committed>,
) -> Result<CustodyEvent, Problem> {
    let happening = NewEvent {
        at: caller.now,
        kind,
        actor: caller.member.id.clone(),
        operation: caller.operation(action.as_str()),
        facts,
        texts,
    };
    let id = &reached.recording.view.id;
    reached.head.append(id, happening).ok_or_else(|| {
        tracing::error!(recording = %id, "a custody is full");
        Problem::of(&FAILED)
    })
}

impl From<&Part> for PartItem {
    fn from(part: &Part) -> Self {
        let mute = |&(from, to): &(u64, u64)| MuteRange { from_seconds: seconds(from), to_seconds: seconds(to) };
        Self {
            recording_id: part.recording.clone(),
            from_seconds: part.from_milliseconds.map(seconds),
            to_seconds: part.to_milliseconds.map(seconds),
            mute: part.mute.iter().map(mute).collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 milliseconds are 285,000 years")]
pub(crate) fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / MILLISECONDS
}

/// Milliseconds, rounded; `None` for what is no position in a recording.
pub(crate) fn milliseconds(seconds: f64) -> Option<u64> {
    /// 1,000,000 s: 11 days and a half, longer than any call.
    const SECONDS_LIMIT: f64 = 1_000_000.0;
    let fits = (0.0..=SECONDS_LIMIT).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a billion")]
    fits.then(|| (seconds * MILLISECONDS).round() as u64)
}
