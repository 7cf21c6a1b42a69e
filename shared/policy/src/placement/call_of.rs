//! Which life of which call a leg belongs to.

use jiff::Timestamp;

use super::{Known, Step};
use crate::call::Call;
use crate::id::RecordingId;
use crate::recording::CallReference;

/// A million lives of one call.
pub(super) const INCARNATIONS_LIMIT: u32 = 1_000_000;

/// The call a leg goes to.
#[derive(Clone, Debug)]
pub(super) struct Destination<'k> {
    pub(super) reference: CallReference,
    pub(super) standing: Option<&'k Call>,
    /// The call it leaves, where that is another one.
    pub(super) left: Option<&'k Call>,
}

impl Known {
    /// The call a leg is in if it still belongs there, else the first life that is open to it.
    ///
    /// # Errors
    /// What is needed first; [`Step::Claimed`] where the leg is being deleted.
    pub(super) fn destination(
        &self,
        wanted: &CallReference,
        id: &RecordingId,
        started_at: Timestamp,
        was_in: Option<&CallReference>,
    ) -> Result<Destination<'_>, Step> {
        let mut left = None;
        if let Some(was_in) = was_in {
            match self.call(was_in)? {
                // NEVER EARLY, NEVER LATE: what is claimed is neither kept nor added to.
                Some(call) if call.claim.is_some() && call.legs.contains(id) => return Err(Step::Claimed),
                Some(call) if was_in.id == wanted.id && call.spans(id, started_at) => {
                    return Ok(Destination { reference: was_in.clone(), standing: Some(call), left: None });
                }
                other => left = other.filter(|call| call.legs.contains(id)),
            }
        }
        for incarnation in wanted.incarnation..INCARNATIONS_LIMIT {
            let reference = CallReference { id: wanted.id.clone(), incarnation };
            if left.is_some_and(|left| left.reference == reference) {
                continue;
            }
            match self.call(&reference)? {
                // A leg that arrives after the claim, or begins more than a day away, opens a new life.
                Some(call) if !call.is_open_to(id) || !call.spans(id, started_at) => {}
                standing => return Ok(Destination { reference, standing, left }),
            }
        }
        Err(Step::Full)
    }
}
