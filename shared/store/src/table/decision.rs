//! What was decided, read from the images of its items, and what a restored table is given of it.
//!
//! Each function asks of the table what makes a repeat harmless: nothing that was written later is overwritten.

use policy::call::Call;
use policy::case::Case;
use policy::case::release::Release;
use policy::case::share::Share;
use policy::correction::Corrections;
use policy::custody::CustodyEvent;
use policy::deletion::DeletionState;
use policy::hold::Hold;
use policy::holding::HoldAct;
use policy::id::{CallId, RecordingId};
use policy::recording::{CallReference, Recording};
use policy::rulebook::Rulebook;

use super::calls::CallLife;
use super::cases::{case_item, put_owner};
use super::client::Table;
use super::corrections::put_corrections;
use super::custody::put_event;
use super::decided::DEEDS;
use super::deletions::{DeletionRequest, put_request, update_call};
use super::hold_items::{check_generation, put_generation, put_hold};
use super::holds::{HoldRequest, put_life};
use super::item::{Item, from_item, key, number, read_number, read_text, take_view};
use super::keys::{CALL_SK, call_pk};
use super::recordings::put_recording;
use super::releases::{put_token, release_item};
use super::shares::{grant_item, share_item};
use super::transaction::{Transaction, WriteOutcome};
use crate::error::StoreError;

/// What somebody decided, as it last was.
#[derive(Clone, Debug)]
pub enum Decision {
    /// What custody says that somebody did.
    Deed(Box<CustodyEvent>),
    /// What admins said of a recording.
    Corrections {
        /// The recording.
        recording: RecordingId,
        /// What they said.
        corrections: Box<Corrections>,
    },
    /// A hold of a call id; one that is gone was lifted.
    Hold {
        /// The call id.
        call: CallId,
        /// The hold.
        hold: Box<Hold>,
    },
    /// A case, of a generation.
    Case(Box<Case>, u64),
    /// A share, of a generation.
    Share(Box<Share>, u64),
    /// A release, of a generation.
    Release(Box<Release>, u64),
    /// A request to delete a call.
    Deletion(Box<DeletionRequest>),
    /// A clip or a package.
    Derived(DerivedImage),
}

/// The item of a clip or a package. QUIET: it names objects.
#[derive(Clone)]
pub struct DerivedImage(Item);

impl std::fmt::Debug for DerivedImage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DerivedImage(…)")
    }
}

impl Decision {
    /// What an image says, as the item last was. `None` where nothing is to be given back: what is gone has ended, except
    /// a hold, which was lifted.
    pub(crate) fn of(item: Item, is_gone: bool) -> Result<Option<Self>, StoreError> {
        const ACT: &str = "read what was decided";
        let (pk, sk) = (read_text(ACT, &item, "pk")?.to_owned(), read_text(ACT, &item, "sk")?.to_owned());
        let generation = || read_number(ACT, &item, "generation");
        Ok(Some(match (pk.get(..2).unwrap_or_default(), sk.get(..2).unwrap_or_default()) {
            ("H#", _) => {
                let call = pk.get(2..).and_then(|id| id.parse().ok()).ok_or(StoreError::lacks(ACT))?;
                let mut hold: Hold = from_item(ACT, item)?;
                if is_gone {
                    hold.lifted_at.get_or_insert(hold.placed_at);
                }
                Self::Hold { call, hold: Box::new(hold) }
            }
            _ if is_gone => return Ok(None),
            ("R#", _) => Self::Deed(Box::new(from_item(ACT, item)?)),
            ("K#", _) => {
                let recording = sk.get(2..).and_then(|id| id.parse().ok()).ok_or(StoreError::lacks(ACT))?;
                Self::Corrections { recording, corrections: Box::new(from_item(ACT, item)?) }
            }
            ("J#", "S#") => {
                let generation = generation()?;
                Self::Share(Box::new(from_item(ACT, item)?), generation)
            }
            ("J#", "Q#") => {
                let generation = generation()?;
                Self::Release(Box::new(from_item(ACT, item)?), generation)
            }
            ("J#", _) => {
                let generation = generation()?;
                Self::Case(Box::new(from_item(ACT, item)?), generation)
            }
            ("D#", _) => Self::Deletion(Box::new(take_view(ACT, item)?)),
            ("V#", _) => Self::Derived(DerivedImage(item)),
            _ => return Ok(None),
        }))
    }
}

/// Writes what is of a later generation than what stands, or stands nowhere.
fn put_later(transaction: &mut Transaction, item: Item, generation: u64) -> Result<(), StoreError> {
    let is_later = "attribute_not_exists(pk) OR generation < :generation";
    transaction.put(item, is_later, &[(":generation", number(generation))])
}

/// What is being deleted is given nothing back.
fn check_unclaimed(transaction: &mut Transaction, call: &CallReference) -> Result<(), StoreError> {
    let stands = "attribute_exists(legs) AND attribute_not_exists(claim)";
    transaction.check(key(call_pk(call), CALL_SK), stands, &[])
}

/// 1,000 events that people made on one recording: hundreds of hearings, and ten times the notes of a page.
const DEEDS_LIMIT: usize = 1_000;

impl Table {
    /// What custody says that people did with a recording, read consistently.
    pub async fn deeds(&self, id: &RecordingId) -> Result<Vec<CustodyEvent>, StoreError> {
        self.events_of_kinds(id, &DEEDS, u32::MAX, DEEDS_LIMIT).await
    }

    /// Writes behind a recording's custody what somebody did, and the recording with its number of notes, of the generation
    /// that was read.
    pub async fn restore_deed(
        &self,
        event: &CustodyEvent,
        recording: &Recording,
        before: u64,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "give a custody back what somebody did";
        let mut transaction = self.transaction(ACT);
        put_event(&mut transaction, event)?;
        put_recording(&mut transaction, recording, before + 1, Some(before))?;
        check_unclaimed(&mut transaction, &recording.view.call)?;
        self.commit(transaction).await
    }

    /// Writes what admins said of a recording, if nobody wrote another correction since it was read.
    pub async fn restore_corrections(
        &self,
        recording: &Recording,
        corrections: &Corrections,
        read: u64,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "give a recording back its corrections";
        let mut transaction = self.transaction(ACT);
        let id = &recording.view.id;
        put_corrections(&mut transaction, &recording.object.key_id(), id, corrections, read)?;
        check_unclaimed(&mut transaction, &recording.view.call)?;
        self.commit(transaction).await
    }

    /// Gives a call id back the holds that it last had, and puts every life of the call under them; how many changed.
    /// Nothing is done to S3's legal holds, and custody says it by the events that were written then.
    pub async fn restore_holds(
        &self,
        call: &CallId,
        holds: &[Hold],
        rulebook: &Rulebook,
        act: &HoldAct,
    ) -> Result<Restored, StoreError> {
        const ACT: &str = "give a call back its holds";
        let before = self.holds(call).await?;
        let is_news = |hold: &&Hold| match before.holds.iter().find(|known| known.id == hold.id) {
            Some(known) => known != *hold,
            None => hold.lifted_at.is_none(),
        };
        let changed: Vec<&Hold> = holds.iter().filter(is_news).collect();
        if !changed.is_empty() {
            let mut transaction = self.transaction(ACT);
            put_generation(&mut transaction, call, before.generation)?;
            for hold in &changed {
                put_hold(&mut transaction, call, hold)?;
            }
            if self.commit(transaction).await? == WriteOutcome::Conflict {
                return Ok(Restored::Conflict);
            }
        }
        let now = self.holds(call).await?;
        let request = HoldRequest { act: act.clone(), audit: None, rulebook };
        for incarnation in 0.. {
            let life = CallReference { id: call.clone(), incarnation };
            let standing = match self.call_life(&life).await? {
                CallLife::Unopened => break,
                CallLife::Emptied => continue,
                CallLife::Standing(standing) => standing,
            };
            let Some(mut change) = self.life(&standing, &now, &request).await? else { continue };
            for leg in &mut change.legs {
                leg.event = None;
            }
            let mut transaction = self.transaction(ACT);
            check_generation(&mut transaction, call, now.generation)?;
            put_life(&mut transaction, &change, rulebook)?;
            if self.commit(transaction).await? == WriteOutcome::Conflict {
                return Ok(Restored::Conflict);
            }
        }
        let lifted: Vec<Hold> = now.lifted().cloned().collect();
        self.remove_lifted(call, &lifted).await?;
        Ok(if changed.is_empty() { Restored::Known } else { Restored::Written })
    }

    /// Writes a case, and its entry in its owner's list.
    pub async fn restore_case(&self, case: &Case, generation: u64) -> Result<Restored, StoreError> {
        const ACT: &str = "give a case back";
        let mut transaction = self.transaction(ACT);
        put_later(&mut transaction, case_item(ACT, case, generation)?, generation)?;
        put_owner(&mut transaction, case)?;
        self.commit_later(transaction).await
    }

    /// Writes a share, and what its members have of it.
    pub async fn restore_share(&self, share: &Share, generation: u64) -> Result<Restored, StoreError> {
        const ACT: &str = "give a share back";
        let mut transaction = self.transaction(ACT);
        put_later(&mut transaction, share_item(ACT, share, generation)?, generation)?;
        for member in &share.staff {
            transaction.put_any(grant_item(ACT, &share.grant(), member)?)?;
        }
        self.commit_later(transaction).await
    }

    /// Writes a release, and its token's hash.
    pub async fn restore_release(&self, release: &Release, generation: u64) -> Result<Restored, StoreError> {
        const ACT: &str = "give a release back";
        let mut transaction = self.transaction(ACT);
        put_later(&mut transaction, release_item(ACT, release, generation)?, generation)?;
        put_token(&mut transaction, release)?;
        self.commit_later(transaction).await
    }

    /// Writes a request to delete a call, and what the call carries of it, if neither has changed since it was read.
    pub async fn restore_deletion(
        &self,
        request: &DeletionRequest,
        before: Option<DeletionState>,
        call: Option<&Call>,
    ) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "give a deletion request back";
        let mut transaction = self.transaction(ACT);
        put_request(&mut transaction, request, before)?;
        if let Some(call) = call {
            update_call(&mut transaction, call)?;
        }
        self.commit(transaction).await
    }

    /// Lists a clip or a package again, so that the sweep ends it. One that is listed stays as it is.
    pub async fn restore_derived(&self, derived: &DerivedImage) -> Result<(), StoreError> {
        self.put_once("list a derived object again", derived.0.clone()).await
    }

    async fn commit_later(&self, transaction: Transaction) -> Result<Restored, StoreError> {
        Ok(match self.commit(transaction).await? {
            WriteOutcome::Done => Restored::Written,
            WriteOutcome::Conflict => Restored::Known,
        })
    }
}

/// What came of giving something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It stands again.
    Written,
    /// It stood, or something later does.
    Known,
    /// Something had changed since it was read: read again.
    Conflict,
}
