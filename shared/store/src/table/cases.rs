//! Cases 案件: one item a case, and one that lists it under its owner.

use policy::case::{Case, CaseKind, CaseState, ListedCase};
use policy::custody::Chained;
use policy::id::CaseId;
use policy::recording::CallReference;

use super::audit::{AuditEvent, Count, audit_item};
use super::client::Table;
use super::custody::put_event;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, from_item, key, number, read_number, read_text, take_view, text};
use super::item::{to_item, value_of};
use super::keys::{CALL_SK, SortKey, call_pk};
use super::transaction::{CountResult, Transaction, WriteOutcome};
use crate::error::StoreError;

pub(super) fn case_pk(id: &CaseId) -> String {
    format!("J#{id}")
}

const CASE_SK: &str = "J";

const OWNER_SK: &str = "O";

/// Every case in a state, in the index by time. No month begins with `D`.
fn case_state_key(state: CaseState) -> String {
    format!("J#{}", state.as_str())
}

/// The cases of a team, in the index by team.
fn case_team_key(team: &str, state: CaseState) -> String {
    format!("J#{team}#{}", state.as_str())
}

/// The cases that a member wrote or owns, in the index by staff.
fn case_member_key(staff: &str, state: CaseState) -> String {
    format!("J#{staff}#{}", state.as_str())
}

/// One partition of one search index that lists cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CasePartition {
    /// Every case in a state, for admins.
    State(CaseState),
    /// Those of a team.
    Team(String, CaseState),
    /// Those that a member wrote or owns, by id.
    Member(String, CaseState),
}

impl CasePartition {
    /// The index, its key attribute, the key.
    fn locate(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::State(state) => ("by_time", "time_key", case_state_key(*state)),
            Self::Team(team, state) => ("by_team", "team_key", case_team_key(team, *state)),
            Self::Member(staff, state) => ("by_staff", "staff_key", case_member_key(staff, *state)),
        }
    }
}

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The case.
    pub case: Case,
    /// Grows by one with every change.
    pub generation: u64,
}

/// A change of a case, with its events, in one transaction.
#[derive(Clone, Debug)]
pub struct CaseWrite<'a> {
    /// The case after it.
    pub case: &'a Case,
    /// The generation that was read.
    pub before: u64,
    /// The event of the audit log.
    pub audit: &'a AuditEvent,
    /// What goes on the custody of a recording that comes to the case or leaves it.
    pub recording: Option<CaseRecording<'a>>,
}

/// A recording that comes to a case or leaves it.
#[derive(Clone, Debug)]
pub struct CaseRecording<'a> {
    /// What goes on its custody.
    pub event: &'a Chained,
    /// Its call, which must not be claimed.
    pub call: &'a CallReference,
}

impl Table {
    /// A case, read consistently.
    pub async fn case(&self, id: &CaseId) -> Result<Option<StoredCase>, StoreError> {
        const ACT: &str = "read a case";
        let Some(item) = self.get(ACT, case_pk(id), CASE_SK).await? else {
            return Ok(None);
        };
        let generation = read_number(ACT, &item, "generation")?;
        Ok(Some(StoredCase { case: from_item(ACT, item)?, generation }))
    }

    /// Cases of one partition, newest first, from a sort key down, at most `limit`. The read may be a moment behind.
    pub async fn list_cases(
        &self,
        partition: &CasePartition,
        until: &SortKey,
        limit: u16,
    ) -> Result<Vec<(SortKey, ListedCase)>, StoreError> {
        const ACT: &str = "list cases";
        let (index, attribute, value) = partition.locate();
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .key_condition_expression(format!("{attribute} = :key AND #at <= :until"))
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(value))
            .expression_attribute_values(":until", text(until.as_str()))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let mut listed = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let at = SortKey::of_item(read_text(ACT, &item, "at")?);
            listed.push((at, take_view(ACT, item)?));
        }
        Ok(listed)
    }

    /// TRACE FIRST: writes a new case with its event, and counts it. [`CountResult::Conflict`] where the operation has
    /// opened it before.
    pub async fn open_case(
        &self,
        case: &Case,
        audit: &AuditEvent,
        count: &Count<'_>,
    ) -> Result<CountResult, StoreError> {
        const ACT: &str = "open a case";
        let mut transaction = self.transaction(ACT);
        transaction.count(count)?;
        transaction.put(case_item(ACT, case, 1)?, ABSENT, &[])?;
        transaction.put(audit_item(ACT, audit)?, ABSENT, &[])?;
        put_owner(&mut transaction, case)?;
        self.commit_counted(transaction).await
    }

    /// TRACE FIRST: writes a changed case with its events, unless somebody else changed it since it was read.
    pub async fn change_case(&self, write: &CaseWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "change a case";
        let mut transaction = self.transaction(ACT);
        put_case(&mut transaction, write)?;
        put_case_events(&mut transaction, write.recording.as_slice())?;
        self.commit(transaction).await
    }
}

/// Writes a case and its event, unless somebody else changed it since it was read.
pub(super) fn put_case(transaction: &mut Transaction, write: &CaseWrite<'_>) -> Result<(), StoreError> {
    let item = case_item(transaction.act, write.case, write.before + 1)?;
    transaction.put(item, "generation = :read", &[(":read", number(write.before))])?;
    put_owner(transaction, write.case)?;
    transaction.put(audit_item(transaction.act, write.audit)?, ABSENT, &[])
}

/// Writes events of custody. What is claimed is being deleted: nothing is added to it. Legs of one call share its check.
pub(super) fn put_case_events(transaction: &mut Transaction, events: &[CaseRecording<'_>]) -> Result<(), StoreError> {
    let mut calls: Vec<&CallReference> = Vec::new();
    for recording in events {
        put_event(transaction, recording.event)?;
        if !calls.contains(&recording.call) {
            let stands = "attribute_exists(legs) AND attribute_not_exists(claim)";
            transaction.check(key(call_pk(recording.call), CALL_SK), stands, &[])?;
            calls.push(recording.call);
        }
    }
    Ok(())
}

/// Checks that a case is as it was read.
pub(super) fn check_case(transaction: &mut Transaction, id: &CaseId, generation: u64) -> Result<(), StoreError> {
    transaction.check(key(case_pk(id), CASE_SK), "generation = :read", &[(":read", number(generation))])
}

pub(super) fn case_item(act: &'static str, case: &Case, generation: u64) -> Result<Item, StoreError> {
    let view = &case.view;
    let mut item = to_item(act, case)?;
    item.extend(key(case_pk(&view.id), CASE_SK));
    item.insert("generation".to_owned(), number(generation));
    let writer = CasePartition::Member(view.writer.clone(), view.state);
    // Its owner and admins alone see an investigation: a list of the team does not even read past it.
    let team = view.team.clone().filter(|_| view.kind != CaseKind::Investigation);
    let team = team.map(|team| CasePartition::Team(team, view.state));
    index(&mut item, view, [Some(CasePartition::State(view.state)), Some(writer), team]);
    Ok(item)
}

/// Lists a case under its owner too, where that is not its writer. No case loses its owner.
pub(super) fn put_owner(transaction: &mut Transaction, case: &Case) -> Result<(), StoreError> {
    let view = &case.view;
    let Some(owner) = view.owner.as_ref().filter(|owner| **owner != view.writer) else {
        return Ok(());
    };
    let mut item = key(case_pk(&view.id), OWNER_SK);
    item.insert("view".to_owned(), value_of(transaction.act, view)?);
    index(&mut item, view, [Some(CasePartition::Member(owner.clone(), view.state))]);
    transaction.put_any(item)
}

fn index<const COUNT: usize>(item: &mut Item, view: &ListedCase, partitions: [Option<CasePartition>; COUNT]) {
    for partition in partitions.into_iter().flatten() {
        let (_, attribute, value) = partition.locate();
        item.insert(attribute.to_owned(), text(value));
    }
    item.insert("at".to_owned(), text(SortKey::new(view.written_at, view.id.as_str())));
    if let Some(ends_at) = view.ends_at {
        item.insert(ENDS.to_owned(), epoch_seconds(ends_at));
    }
}
