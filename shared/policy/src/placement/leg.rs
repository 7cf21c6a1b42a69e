//! What a recording brings to its call, and whether its period was over when it arrived.

use jiff::Timestamp;

use super::Known;
use super::call_of::Destination;
use crate::call::{Brought, Leg};
use crate::fragment::Fragments;
use crate::recording::{Recording, State};
use crate::retention::{Expiry, Periods};

impl Known {
    /// What the recording brings to its call.
    pub(super) fn leg(&self, recording: &Recording, fragments: &Fragments, destination: &Destination<'_>) -> Leg {
        let view = &recording.view;
        let period = (view.class.clone(), recording.day);
        let mut leg = Leg::new(view.id.clone(), view.started_at, recording.object.taken_in_at, period);
        let Some(before) = &self.before else {
            return leg;
        };
        let calls = [destination.standing, destination.left];
        let brought = calls.into_iter().flatten().find_map(|call| call.brought.get(&view.id));
        let agreed_at =
            fragments.correction.as_ref().filter(|correction| correction.confirmed_by.is_some()).map(|by| by.at);
        leg.brought.corrected_at = agreed_at;
        match (before.recording.view.state, view.state) {
            // What leaves quarantine brings its own period alone, and settles from now on.
            (State::Quarantined, State::Active) => {
                leg.brought.understood_at = Some(self.now).filter(|now| *now > leg.brought.taken_in_at);
            }
            (State::Active, State::Active) => {
                let was = brought.cloned().unwrap_or_else(|| Brought {
                    periods: before.recording.view.periods.clone(),
                    ..leg.brought.clone()
                });
                leg.brought.understood_at = was.understood_at;
                if agreed_at.is_some() && was.corrected_at != agreed_at {
                    if self.end_of(&leg.brought.periods) < self.end_of(&was.periods) {
                        leg.brought.understood_at = Some(self.now);
                    }
                } else {
                    // NEVER EARLY: only two people bring an end nearer. Any other leg takes along what it was kept
                    // for, and what the call that it leaves was kept for.
                    let left = destination.left.map(|call| &call.periods);
                    for (revision, day) in [Some(&was.periods), left].into_iter().flatten().flat_map(Periods::iter) {
                        leg.brought.periods.add(revision.clone(), day);
                    }
                }
            }
            _ => {}
        }
        leg
    }

    fn end_of(&self, periods: &Periods) -> Timestamp {
        match periods.expiry(&self.in_force.revisions, &self.in_force.zone) {
            Expiry::At(at) => at,
            Expiry::Never => Timestamp::MAX,
        }
    }

    /// Whether the period of its whole call was over when it was taken in. What a person corrected is believed.
    pub(super) fn is_expired_on_arrival(
        &self,
        recording: &Recording,
        fragments: &Fragments,
        destination: &Destination<'_>,
        leg: &Leg,
    ) -> bool {
        let was_active = self.before.as_ref().is_some_and(|before| before.recording.view.state == State::Active);
        if recording.view.state != State::Active || was_active || fragments.correction.is_some() {
            return false;
        }
        let periods = match destination.standing {
            Some(standing) => standing.join(leg).periods,
            None => leg.brought.periods.clone(),
        };
        self.end_of(&periods) <= recording.object.taken_in_at
    }
}
