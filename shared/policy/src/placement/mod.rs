//! Placement: which recording, call and custody the fragments of an object version come to.
//!
//! The planner is pure. It says what it still needs to know, one thing at a time, until it can hand over a
//! [`Plan`]. The caller reads what is needed and asks again; it makes no choices. A plan is one transaction.

mod call_of;
mod calls;
mod change;
mod facts;
mod holds;
mod leg;
mod plan;
mod redaction;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

#[cfg(test)]
pub(crate) use facts::alone;
pub use facts::{DEPENDANTS_AT_ONCE, VERSIONS_MAX, call_id_of, followed, has_room, is_same, read_facts, speaks_for};

use crate::call::Call;
use crate::calllog::Row;
use crate::custody::{Chained, Head};
use crate::fragment::{AudioFragment, Fragments, ObjectVersion, TextFragment};
use crate::hold::{CallHolds, Hold};
use crate::id::{CallId, RecordingId};
use crate::recording::{CallReference, Recording};
use crate::redaction::ApprovedRedaction;
use crate::retention::ClassRevision;
use crate::rulebook::Rulebook;

/// What is stored under an object version's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The recording.
    pub recording: Recording,
    /// Its generation.
    pub generation: u64,
    /// The head of its custody.
    pub head: Head,
}

/// A sidecar or a duplicate of the recording that is placed.
#[derive(Clone, Debug)]
pub struct Dependant {
    /// What it is.
    pub kind: DependantKind,
    /// What is stored under its id.
    pub before: Option<Before>,
}

/// What follows a recording.
#[derive(Clone, Debug)]
pub enum DependantKind {
    /// A sidecar.
    Sidecar(TextFragment),
    /// A second upload of the same bytes under the same key.
    Duplicate(AudioFragment),
}

impl DependantKind {
    /// The object version.
    pub fn object(&self) -> &ObjectVersion {
        match self {
            Self::Sidecar(text) => &text.object,
            Self::Duplicate(audio) => &audio.object,
        }
    }
}

/// The rows of a logged call.
#[derive(Clone, Debug)]
pub struct LoggedRows {
    /// The call, by its source and the PBX's own id.
    pub group: CallId,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What is placed.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A recording, with everything that follows it.
    Recording {
        /// The audio, the sidecars that speak for it, the correction. The rows are read when they are needed.
        fragments: Box<Fragments>,
        /// What follows it, in a fixed order.
        dependants: Vec<Dependant>,
    },
    /// A call log, or a sidecar that has no recording yet: a call of its own.
    Alone(TextFragment),
    /// A sidecar or a duplicate of a recording that is being deleted.
    Orphan {
        /// What it is.
        kind: Box<DependantKind>,
        /// What it follows.
        of: Box<Recording>,
    },
    /// A recording beyond the [`VERSIONS_MAX`] of its key: placed without anything beside it, in quarantine until an
    /// admin corrects it.
    SurplusRecording(Box<Fragments>),
    /// A sidecar beyond them: a call of its own, in quarantine.
    SurplusSidecar(TextFragment),
    /// A version that a redaction made: it takes the place of its original.
    Redacted(Box<Redacted>),
}

/// A redacted version, and the recording whose place it takes.
#[derive(Clone, Debug)]
pub struct Redacted {
    /// The version.
    pub audio: AudioFragment,
    /// The recording with the part that is silenced.
    pub of: Before,
    /// What follows that recording in its call.
    pub following: Vec<Before>,
    /// What two people agreed on.
    pub approved: ApprovedRedaction,
    /// Whether it is the first with its bytes under its key.
    pub is_first: bool,
}

/// A recording to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingChange {
    /// What to write.
    pub recording: Recording,
    /// The generation that was read; `None` where there was none.
    pub before: Option<u64>,
    /// What goes on its custody.
    pub event: Option<Chained>,
    /// Whether it holds the marker of its bytes: the first recording with them under its key.
    pub is_first: bool,
}

/// A call to write, or only to check where nothing of it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallChange {
    /// The generation that was read; `None` where there was none.
    pub before: Option<u64>,
    /// What to write.
    pub call: Call,
    /// The class revision that the due index nominates it from.
    pub due_under: ClassRevision,
}

/// Holds that a leg takes along to the call it moves to, written with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldsTaken {
    /// The id of the call that it moves to.
    pub to: CallId,
    /// The holds that did not stand there yet. Where there are some, the generation there grows by one.
    pub holds: Vec<Hold>,
}

/// One transaction, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The recordings to write.
    pub recordings: Vec<RecordingChange>,
    /// The calls to write or to check.
    pub calls: Vec<CallChange>,
    /// The logged call whose rows must not end before the recording.
    pub keeps: Option<CallId>,
    /// The logged call that a recording belonged to before.
    pub left_group: Option<(CallId, RecordingId)>,
    /// The holds that legs take along.
    pub holds_taken: Vec<HoldsTaken>,
    /// The call ids whose holds were read, with their generations: none may have changed.
    pub holds_read: BTreeMap<CallId, u64>,
    /// The call ids under a hold: what joined must be held in S3 too, and other lives held as well.
    pub held: Vec<CallId>,
    /// The calls whose other legs carry copies of periods and holds.
    pub copies: Vec<Call>,
    /// Whether dependants are left for another plan.
    pub has_more: bool,
}

impl Plan {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.recordings.is_empty() && self.calls.is_empty()
    }
}

/// Everything that is known so far.
#[derive(Clone, Debug)]
pub struct Known {
    /// The time of the handler's clock.
    pub now: Timestamp,
    /// The rulebook in force.
    pub in_force: Arc<Rulebook>,
    /// What is placed.
    pub subject: Subject,
    /// What is stored under its id.
    pub before: Option<Before>,
    /// Versions of the rulebook that were read.
    pub rulebooks: BTreeMap<u64, Arc<Rulebook>>,
    /// Calls that were read; `None` for a call that does not exist.
    pub calls: BTreeMap<CallReference, Option<Call>>,
    /// Those of them that their last leg has left: holds may have been placed on their ids.
    pub emptied: BTreeSet<CallReference>,
    /// Holds that were read.
    pub holds: BTreeMap<CallId, CallHolds>,
    /// The logged call that the recording was written down as a member of.
    pub member_of: Option<CallId>,
    /// The rows of a logged call, once they were read.
    pub rows: Option<LoggedRows>,
}

/// What the planner needs, or what it came to.
#[derive(Clone, Debug)]
pub enum Step {
    /// A version of the rulebook.
    NeedRulebook(u64),
    /// A call.
    NeedCall(CallReference),
    /// The holds of a call id.
    NeedHolds(CallId),
    /// That the recording is a member of a logged call, durable before the call's rows are read: a row that is
    /// written later finds the recording there.
    NeedMember(CallId),
    /// The rows of a logged call.
    NeedLogRows(CallId),
    /// Nothing may change: `sweep` has claimed the call. What it deletes is neither kept nor added to.
    Claimed,
    /// The call has had a million lives, or a custody four billion events.
    Full,
    /// The plan.
    Done(Box<Plan>),
}

impl Known {
    /// What was read before anything else.
    pub fn new(now: Timestamp, in_force: Arc<Rulebook>, subject: Subject, before: Option<Before>) -> Self {
        let rulebooks = BTreeMap::from([(in_force.version, in_force.clone())]);
        Self {
            now,
            in_force,
            subject,
            before,
            rulebooks,
            calls: BTreeMap::new(),
            emptied: BTreeSet::new(),
            holds: BTreeMap::new(),
            member_of: None,
            rows: None,
        }
    }

    /// What is needed next, or the plan.
    pub fn next(&self) -> Step {
        match self.plan() {
            Ok(plan) => Step::Done(Box::new(plan)),
            Err(step) => step,
        }
    }

    fn rulebook(&self, version: u64) -> Result<&Arc<Rulebook>, Step> {
        self.rulebooks.get(&version).ok_or(Step::NeedRulebook(version))
    }

    fn call(&self, reference: &CallReference) -> Result<Option<&Call>, Step> {
        self.calls.get(reference).map(Option::as_ref).ok_or_else(|| Step::NeedCall(reference.clone()))
    }

    fn holds(&self, call: &CallId) -> Result<&CallHolds, Step> {
        self.holds.get(call).ok_or_else(|| Step::NeedHolds(call.clone()))
    }
}
