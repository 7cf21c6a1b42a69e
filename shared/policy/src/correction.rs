//! Corrections: what admins say a recording is, and whether a second person must say the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::QuarantineReason;
use crate::fragment::{Correction, Fragments};
use crate::merge::CallFacts;
use crate::permission;
use crate::placement::read_facts;
use crate::recording::{Recording, State};
use crate::retention::{Expiry, expiry};
use crate::rulebook::Rulebook;

/// What admins said of one recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrections {
    /// Grows by one with every change.
    pub number: u64,
    /// What counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Correction>,
    /// What waits for a second person to say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Correction>,
}

impl Corrections {
    /// The corrections after another one, and whether it stands. One that brings the end nearer waits until a
    /// second person says the same.
    pub fn with(self, correction: Correction, is_nearer: bool) -> (Self, bool) {
        let number = self.number + 1;
        if !is_nearer {
            return (Self { number, standing: Some(correction), waiting: None }, true);
        }
        match self.waiting {
            Some(waiting) if waiting.facts == correction.facts && waiting.by != correction.by => {
                let confirmed = Correction { confirmed_by: Some(correction.by), ..waiting };
                (Self { number, standing: Some(confirmed), waiting: None }, true)
            }
            _ => (Self { number, standing: self.standing, waiting: Some(correction) }, false),
        }
    }
}

/// The rulebooks that a corrected recording is read by: those that placement reads it by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The one in force.
    pub in_force: &'a Rulebook,
    /// The one that the recording is read by: of an active one its own, else the one in force.
    pub pinned: &'a Rulebook,
    /// The call that it would join, where that is another one.
    pub joins: Joins<'a>,
}

/// The call that a corrected recording would join.
#[derive(Clone, Copy, Debug)]
pub enum Joins<'a> {
    /// The call that it is in, or one that nobody has seen yet.
    Nothing,
    /// A call that is read by this rulebook.
    Call(&'a Rulebook),
    /// A call that cannot be told yet.
    Unknown,
}

/// What a correction would come to.
#[derive(Clone, Debug)]
pub struct Predicted {
    /// The recording's facts.
    pub facts: CallFacts,
    /// What of the correction means nothing here.
    pub ignored: Vec<(String, String)>,
    /// NEVER EARLY: whether it brings the end nearer, or may.
    pub is_nearer: bool,
}

/// What a recording would be. The correction is one of its fragments.
///
/// # Errors
/// Why it would still be in quarantine.
pub fn predict(recording: &Recording, fragments: &Fragments, rules: Rules<'_>) -> Result<Predicted, QuarantineReason> {
    let merged = read_facts(fragments, rules.pinned, rules.in_force);
    let facts = merged.outcome?;
    let is_nearer = is_nearer(recording, &facts, rules.in_force)
        || match rules.joins {
            Joins::Nothing => false,
            Joins::Unknown => true,
            Joins::Call(rulebook) => {
                let facts = read_facts(fragments, rulebook, rules.in_force).outcome;
                facts.is_ok_and(|facts| is_nearer(recording, &facts, rules.in_force))
            }
        };
    Ok(Predicted { facts, ignored: merged.aside, is_nearer })
}

/// Whether facts bring the end nearer: than it is; of what lies in quarantine, than it would be for a call of the
/// day it was taken in.
fn is_nearer(recording: &Recording, facts: &CallFacts, rulebook: &Rulebook) -> bool {
    // A class that nobody knows is kept for ever.
    let end = |day| match rulebook.revisions.keep_days(&facts.class).map(|days| expiry(day, days, &rulebook.zone)) {
        Some(Expiry::At(at)) => at,
        Some(Expiry::Never) | None => Timestamp::MAX,
    };
    let standing = match recording.view.state {
        State::Active => permission::expires_at(&recording.view, rulebook).unwrap_or(Timestamp::MAX),
        State::Quarantined | State::Fragment | State::Deleted => end(rulebook.day_of(recording.object.taken_in_at)),
    };
    end(facts.day) < standing
}

#[cfg(test)]
mod tests;
