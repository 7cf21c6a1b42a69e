//! What a change of holds has to do with a case.

use policy::custody::NewEvent;
use policy::id::RecordingId;
use policy::recording::CallReference;

use super::cases::{CaseWrite, StoredCase};

/// What a change of holds has to do with a case.
#[derive(Clone, Copy, Debug)]
pub(super) enum CaseBeside<'a> {
    /// The case must be as it was read.
    Rests(&'a StoredCase),
    /// A recording comes to the case or leaves it.
    Links(&'a CaseLink<'a>),
}

/// A recording that comes to a case or leaves it.
#[derive(Clone, Debug)]
pub struct CaseLink<'a> {
    /// The case after it, and its audit event.
    pub write: CaseWrite<'a>,
    /// The recording.
    pub recording: &'a RecordingId,
    /// Its call, which must not be claimed.
    pub call: &'a CallReference,
    /// What goes on its custody.
    pub happening: &'a NewEvent,
}
