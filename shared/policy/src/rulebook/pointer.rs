//! The pointer: which rulebook is in force, and which will be.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::model::{Member, Role};

/// One stored rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointerEntry {
    /// The document's version.
    pub version: u64,
    /// SHA-256 of the document's bytes, 64 lower-case hexadecimal digits: what it is stored under.
    pub sha256: String,
    /// The first moment it is in force.
    pub effective_at: Timestamp,
    /// The id of the member who published it, where another admin must publish the same before it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits_other_than: Option<String>,
}

impl PointerEntry {
    /// Whether it is in force at a moment, unless another is. Time alone brings none into force that awaits an admin.
    fn has_begun(&self, now: Timestamp) -> bool {
        self.awaits_other_than.is_none() && self.effective_at <= now
    }

    /// Whether a member of the rulebook in force may agree to it: an admin, and another one than its publisher.
    pub fn may_agree(&self, member: Option<&Member>) -> bool {
        match (&self.awaits_other_than, member) {
            (Some(publisher), Some(member)) => member.role == Role::Admin && member.id != *publisher,
            _ => false,
        }
    }

    /// The entry once a member has published the same, in force from a moment on at the earliest; `None` where it awaits
    /// nobody, or not this member.
    pub fn agreed_by(&self, member: Option<&Member>, earliest: Timestamp) -> Option<Self> {
        self.may_agree(member).then(|| Self {
            effective_at: self.effective_at.max(earliest),
            awaits_other_than: None,
            ..self.clone()
        })
    }
}

/// Which rulebook is in force, and which waits. Without either the compiled-in default is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// In force until the one that waits is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<PointerEntry>,
    /// In force from its `effective_at` on, unless it awaits an admin; until then it can be withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PointerEntry>,
}

/// Why a rulebook can't be published now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPublished {
    /// Another one waits to come into force: withdraw it first.
    PendingStands(PointerEntry),
    /// Its version is not beyond the one in force: another was published meanwhile.
    Stale {
        /// The version in force; 0 is the compiled-in default.
        in_force: u64,
    },
}

/// Nothing waits: there is none pending, or it has come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingToWithdraw;

impl Pointer {
    /// The rulebook in force at a moment; `None` is the compiled-in default.
    pub fn in_force(&self, now: Timestamp) -> Option<&PointerEntry> {
        match &self.pending {
            Some(pending) if pending.has_begun(now) => Some(pending),
            _ => self.current.as_ref(),
        }
    }

    /// The rulebook that waits at a moment.
    pub fn waiting(&self, now: Timestamp) -> Option<&PointerEntry> {
        self.pending.as_ref().filter(|pending| !pending.has_begun(now))
    }

    /// The pointer once a rulebook is published: what is in force stays so until the new one's time has come.
    ///
    /// # Errors
    /// One waits already, or the new one's version is not beyond the one in force. It need not be the very
    /// next: the number of a rulebook that was withdrawn may be left out.
    pub fn with_pending(&self, entry: PointerEntry, now: Timestamp) -> Result<Self, NotPublished> {
        if let Some(waiting) = self.waiting(now) {
            return Err(NotPublished::PendingStands(waiting.clone()));
        }
        let in_force = self.in_force(now);
        let in_force_version = in_force.map_or(0, |entry| entry.version);
        if entry.version <= in_force_version {
            return Err(NotPublished::Stale { in_force: in_force_version });
        }
        Ok(Self { current: in_force.cloned(), pending: Some(entry) })
    }

    /// The pointer without the rulebook that waits.
    ///
    /// # Errors
    /// None waits: what is in force can only be followed by another publication.
    pub fn withdraw(&self, now: Timestamp) -> Result<Self, NothingToWithdraw> {
        if self.waiting(now).is_none() {
            return Err(NothingToWithdraw);
        }
        Ok(Self { current: self.current.clone(), pending: None })
    }
}

/// What a restored table is given back of its pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerRestore<'k> {
    /// What was kept last stands.
    Known,
    /// Somebody has published or withdrawn on the restored table: that stands, and nothing is given back.
    Superseded,
    /// The pointer that was kept last, of this generation.
    GiveBack(u64, &'k Pointer),
}

/// Decides on a restored table's pointer, by the pointers that were kept since and a little before, each with its generation.
pub fn restore_pointer<'k>((generation, standing): (u64, &Pointer), kept: &'k [(u64, Pointer)]) -> PointerRestore<'k> {
    let Some((last, pointer)) = kept.iter().max_by_key(|(generation, _)| *generation) else {
        return PointerRestore::Known;
    };
    // Each generation was written once before the restore: another pointer of it was written after.
    let is_other = |(of, kept): &(u64, Pointer)| *of == generation && kept != standing;
    match last.cmp(&generation) {
        _ if kept.iter().any(is_other) => PointerRestore::Superseded,
        std::cmp::Ordering::Greater => PointerRestore::GiveBack(*last, pointer),
        std::cmp::Ordering::Equal => PointerRestore::Known,
        std::cmp::Ordering::Less => PointerRestore::Superseded,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn entry(version: u64, effective: i64) -> PointerEntry {
        PointerEntry {
            version,
            sha256: format!("{version:064x}"),
            effective_at: at(effective),
            awaits_other_than: None,
        }
    }

    fn member(id: &str, role: Role) -> Member {
        let (teams, manages, deputy_for, predecessors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Member { id: id.to_owned(), name: id.to_owned(), role, teams, manages, deputy_for, predecessors }
    }

    #[test]
    fn a_published_rulebook_is_in_force_from_its_time_on_and_not_a_second_sooner() {
        let pointer = Pointer::default().with_pending(entry(1, 120), at(0)).unwrap();
        assert_eq!(pointer.in_force(at(119)), None);
        assert_eq!(pointer.waiting(at(119)), Some(&entry(1, 120)));
        assert_eq!(pointer.in_force(at(120)), Some(&entry(1, 120)));
        assert_eq!(pointer.waiting(at(120)), None);
    }

    #[test]
    fn a_restored_table_is_given_the_last_pointer_unless_somebody_has_moved_its_own() {
        let of = |version: u64| Pointer { current: None, pending: Some(entry(version, 0)) };
        let withdrawn = Pointer { current: Some(entry(1, 0)), pending: None };
        let kept = [(1, of(1)), (3, withdrawn.clone()), (2, of(2))];
        let give_back = PointerRestore::GiveBack(3, &withdrawn);
        for (standing, expected) in [
            // Restored to before the first, after the first, and after the second one.
            ((0, Pointer::default()), give_back),
            ((1, of(1)), give_back),
            ((2, of(2)), give_back),
            ((3, withdrawn.clone()), PointerRestore::Known),
            // Somebody published on the restored table, before anything was given back or after.
            ((2, of(9)), PointerRestore::Superseded),
            ((3, of(3)), PointerRestore::Superseded),
            ((4, of(4)), PointerRestore::Superseded),
        ] {
            assert_eq!(restore_pointer((standing.0, &standing.1), &kept), expected, "{standing:?}");
        }
        assert_eq!(restore_pointer((2, &of(2)), &[]), PointerRestore::Known);
        // What was written on the restored table is kept too.
        let both = [(1, of(1)), (2, of(2)), (2, of(9))];
        assert_eq!(restore_pointer((2, &of(9)), &both), PointerRestore::Superseded);
    }

    #[test]
    fn while_one_waits_no_other_is_published() {
        let pointer = Pointer::default().with_pending(entry(1, 120), at(0)).unwrap();
        assert_eq!(pointer.with_pending(entry(1, 500), at(119)), Err(NotPublished::PendingStands(entry(1, 120))));
        let next = pointer.with_pending(entry(2, 500), at(120)).unwrap();
        assert_eq!(next, Pointer { current: Some(entry(1, 120)), pending: Some(entry(2, 500)) });
    }

    #[test]
    fn one_that_is_not_beyond_the_one_in_force_is_stale() {
        let pointer = Pointer { current: Some(entry(4, 0)), pending: None };
        for version in [0, 1, 4] {
            assert_eq!(pointer.with_pending(entry(version, 9), at(1)), Err(NotPublished::Stale { in_force: 4 }));
        }
        for version in [5, 6] {
            assert!(pointer.with_pending(entry(version, 9), at(1)).is_ok());
        }
        assert_eq!(Pointer::default().with_pending(entry(0, 9), at(1)), Err(NotPublished::Stale { in_force: 0 }));
    }

    #[test]
    fn a_withdrawn_one_never_bites_and_what_is_in_force_can_not_be_withdrawn() {
        let current = Pointer { current: Some(entry(1, 0)), pending: None };
        let pending = current.with_pending(entry(2, 100), at(10)).unwrap();
        let withdrawn = pending.withdraw(at(99)).unwrap();
        assert_eq!(withdrawn, current);
        assert_eq!(withdrawn.in_force(at(1_000_000)), Some(&entry(1, 0)));
        assert_eq!(pending.withdraw(at(100)), Err(NothingToWithdraw));
        assert_eq!(current.withdraw(at(10)), Err(NothingToWithdraw));
        assert_eq!(Pointer::default().withdraw(at(0)), Err(NothingToWithdraw));
    }

    #[test]
    fn one_that_awaits_an_admin_is_never_in_force_until_another_publishes_the_same() {
        let awaiting = PointerEntry { awaits_other_than: Some("yamada".to_owned()), ..entry(2, 120) };
        let pointer = Pointer { current: Some(entry(1, 0)), pending: Some(awaiting.clone()) };
        for second in [0, 119, 120, 1_000_000] {
            let now = at(second);
            assert_eq!((pointer.in_force(now), pointer.waiting(now)), (Some(&entry(1, 0)), Some(&awaiting)));
            assert!(pointer.with_pending(entry(3, second), now).is_err());
            assert_eq!(pointer.withdraw(now), Ok(Pointer { pending: None, ..pointer.clone() }));
        }
        for (id, role) in
            [("yamada", Role::Admin), ("kato", Role::Manager), ("ono", Role::Auditor), ("sato", Role::Staff)]
        {
            assert_eq!(awaiting.agreed_by(Some(&member(id, role)), at(500)), None, "{id}");
        }
        assert_eq!(awaiting.agreed_by(None, at(500)), None, "one who is on no list");
        let hayashi = member("hayashi", Role::Admin);
        assert_eq!(entry(1, 120).agreed_by(Some(&hayashi), at(500)), None, "it awaits nobody");
        // It never begins sooner than every function has heard of it.
        assert_eq!(awaiting.agreed_by(Some(&hayashi), at(500)), Some(entry(2, 500)));
        assert_eq!(awaiting.agreed_by(Some(&hayashi), at(60)), Some(entry(2, 120)));
    }

    #[test]
    fn a_pointer_comes_back_from_json_as_it_was() {
        let pointer = Pointer { current: Some(entry(1, 0)), pending: Some(entry(2, 100)) };
        let awaiting = PointerEntry { awaits_other_than: Some("yamada".to_owned()), ..entry(2, 120) };
        for pointer in [Pointer::default(), pointer, Pointer { current: None, pending: Some(awaiting) }] {
            let json = serde_json::to_string(&pointer).unwrap();
            assert_eq!(serde_json::from_str::<Pointer>(&json).unwrap(), pointer);
        }
        assert_eq!(serde_json::to_string(&Pointer::default()).unwrap(), "{}");
    }

    #[derive(Clone, Debug)]
    enum Step {
        Publish { version_ahead: u64, wait: i64 },
        Withdraw,
    }

    fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
        let step = prop_oneof![
            3 => (0_u64..3, 0_i64..50).prop_map(|(version_ahead, wait)| Step::Publish { version_ahead, wait }),
            1 => Just(Step::Withdraw),
        ];
        proptest::collection::vec((0_i64..40, step), 1..20)
    }

    proptest! {
        #[test]
        fn at_every_moment_one_is_in_force_the_last_whose_time_came_and_that_was_not_withdrawn(steps in steps()) {
            // The plain history: every publication that was taken, and whether it was withdrawn in time.
            let mut history: Vec<(PointerEntry, bool)> = Vec::new();
            let mut pointer = Pointer::default();
            let mut now = 0;
            let in_force_by_history = |history: &[(PointerEntry, bool)], moment: Timestamp| {
                history.iter().filter(|(entry, withdrawn)| !withdrawn && entry.effective_at <= moment).map(|(entry, _)| entry.clone()).next_back()
            };
            for (passes, step) in steps {
                now += passes;
                match step {
                    Step::Publish { version_ahead, wait } => {
                        let version = pointer.in_force(at(now)).map_or(0, |entry| entry.version) + version_ahead;
                        let waits = history.iter().any(|(entry, withdrawn)| !withdrawn && entry.effective_at > at(now));
                        let published = pointer.with_pending(entry(version, now + wait), at(now));
                        prop_assert_eq!(published.is_ok(), version_ahead > 0 && !waits);
                        if let Ok(published) = published {
                            pointer = published;
                            history.push((entry(version, now + wait), false));
                        }
                    }
                    Step::Withdraw => {
                        let waiting = history.iter_mut().find(|(entry, withdrawn)| !*withdrawn && entry.effective_at > at(now));
                        let withdrawn = pointer.withdraw(at(now));
                        prop_assert_eq!(withdrawn.is_ok(), waiting.is_some());
                        if let (Ok(withdrawn), Some(waiting)) = (withdrawn, waiting) {
                            pointer = withdrawn;
                            waiting.1 = true;
                        }
                    }
                }
                for moment in (now..now + 60).chain([1_000_000]) {
                    prop_assert_eq!(pointer.in_force(at(moment)).cloned(), in_force_by_history(&history, at(moment)));
                }
            }
        }
    }
}
