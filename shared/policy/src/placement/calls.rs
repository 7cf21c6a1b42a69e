//! The calls of one plan, as they were read and as they will be.

use std::collections::BTreeMap;

use super::CallChange;
use crate::call::{Call, Leg};
use crate::deletion::RequestedDeletion;
use crate::hold::Holds;
use crate::id::RecordingId;
use crate::recording::CallReference;
use crate::rulebook::Rulebook;

/// The calls of one plan, as they were read and as they will be.
#[derive(Default)]
pub(super) struct Calls(BTreeMap<CallReference, (Option<Call>, Call)>);

impl Calls {
    pub(super) fn join(
        &mut self,
        reference: &CallReference,
        standing: Option<&Call>,
        leg: &Leg,
        rulebook_version: u64,
    ) {
        if let Some((_, call)) = self.0.get_mut(reference) {
            *call = call.join(leg);
            return;
        }
        let call = match standing {
            Some(standing) => standing.join(leg),
            None => Call::open(reference.clone(), leg, rulebook_version),
        };
        self.0.insert(reference.clone(), (standing.cloned(), call));
    }

    pub(super) fn leave(&mut self, standing: &Call, leg: &RecordingId) {
        let entry = self.0.entry(standing.reference.clone());
        let (_, call) = entry.or_insert_with(|| (Some(standing.clone()), standing.clone()));
        *call = call.leave(leg);
    }

    pub(super) fn get(&self, reference: &CallReference) -> Option<&Call> {
        self.0.get(reference).map(|(_, call)| call)
    }

    /// Each call as it was read and as it will be.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Option<&Call>, &Call)> {
        self.0.values().map(|(before, call)| (before.as_ref(), call))
    }

    /// Puts a call under holds.
    pub(super) fn hold(&mut self, reference: &CallReference, holds: &Holds) {
        if let Some((_, call)) = self.0.get_mut(reference) {
            *call = call.held(holds);
        }
    }

    /// Puts what a call carries of a request in its place, or takes it away.
    pub(super) fn request(&mut self, reference: &CallReference, deletion: Option<RequestedDeletion>) {
        if let Some((_, call)) = self.0.get_mut(reference) {
            call.deletion = deletion;
        }
    }

    /// One change a call, whose generation grows by one where anything of it changed.
    pub(super) fn into_changes(self, in_force: &Rulebook) -> Vec<CallChange> {
        let change = |(before, mut call): (Option<Call>, Call)| {
            let read = before.as_ref().map_or(0, |before| before.generation);
            call.generation = read;
            if before.as_ref() != Some(&call) {
                call.generation = read + 1;
            }
            let due_under = call.nominated_under(in_force);
            CallChange { before: before.map(|before| before.generation), call, due_under }
        };
        self.0.into_values().map(change).collect()
    }
}
