//! Requests to delete a call before its time.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use policy::call::Call;
use policy::custody::Chained;
use policy::deletion::DeletionState;
use policy::facts::QuarantineReason;
use policy::id::{CaseId, DeletionId, RecordingId};
use policy::recording::CallReference;
use policy::redaction::Redaction;
use policy::rulebook::Role;
use serde::{Deserialize, Serialize};

use super::audit::{AuditEvent, AuditText, audit_item};
use super::client::Table;
use super::custody::put_event;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, key, number, take_view, text, value_of};
use super::keys::{CALL_SK, DELETION_SK, Partition, SortKey, call_pk, deletion_pk, requested_key};
use super::transaction::{Transaction, WriteOutcome};
use crate::error::StoreError;

/// 100 days: so long a repeated refusal gets the answer of the first.
const REFUSED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 100);

/// A request to delete a call before its time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRequest {
    /// The request.
    pub id: DeletionId,
    /// Where it is.
    pub state: DeletionState,
    /// The call.
    pub call: CallReference,
    /// The recording it was made from.
    pub recording: RecordingId,
    /// Who was on the call, by id: they do not approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_the_call: Vec<String>,
    /// The recordings it names: those of the whole call.
    pub recordings: Vec<RecordingId>,
    /// The day of the call.
    pub day: Date,
    /// The team of the recording it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Why it is in quarantine, where it is: nobody need know what it is to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_reason: Option<QuarantineReason>,
    /// The case that led to it, such as a request to stop use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Who requested it, by id.
    pub requested_by: String,
    /// The role then.
    pub requested_by_role: Role,
    /// When.
    pub requested_at: Timestamp,
    /// Why, in their words. NEVER LATE: it ends with the recordings, and with a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<AuditText>,
    /// Who approved or refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    /// What of the recording is silenced, where the call lives on; `None` where the whole call is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redaction: Option<Redaction>,
}

/// Who approved or refused a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// By id.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The operation: a repeat gets the answer of the first.
    pub operation: String,
}

/// QUIET: the reason masks itself; who requested what is in the audit log.
impl fmt::Debug for DeletionRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DeletionRequest({}, {})", self.id, self.state.as_str())
    }
}

/// A request to be written, with its events, in one transaction.
#[derive(Clone, Debug)]
pub struct DeletionWrite<'a> {
    /// The request as it will be.
    pub request: &'a DeletionRequest,
    /// The state that was read; `None` for a new one.
    pub before: Option<DeletionState>,
    /// The call as it will be, its generation one more than what was read. `None` where the request is no more its.
    pub call: Option<&'a Call>,
    /// What goes on the custody of each recording.
    pub events: &'a [Chained],
    /// The same, for the audit.
    pub audit: &'a AuditEvent,
}

impl Table {
    /// A request, read consistently.
    pub async fn deletion_request(&self, id: &DeletionId) -> Result<Option<DeletionRequest>, StoreError> {
        const ACT: &str = "read a deletion request";
        let item = self.get(ACT, deletion_pk(id), DELETION_SK).await?;
        item.map(|item| take_view(ACT, item)).transpose()
    }

    /// Requests in a state, oldest first, behind a sort key, at most `limit`. The second value is whether there may be
    /// more. The read may be a moment behind.
    pub async fn deletion_requests(
        &self,
        state: DeletionState,
        after: &SortKey,
        limit: u16,
    ) -> Result<(Vec<(SortKey, DeletionRequest)>, bool), StoreError> {
        const ACT: &str = "list deletion requests";
        let (_, _, partition) = Partition::Deletions(state).locate();
        self.oldest_first(ACT, partition, after, limit).await
    }

    /// TRACE FIRST: writes a request, or what was decided on it, with its events, if neither the call nor the request has
    /// changed since they were read. NEVER EARLY: no request and no approval where a hold came.
    pub async fn write_deletion(&self, write: &DeletionWrite<'_>) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write a deletion request";
        let mut transaction = self.transaction(ACT);
        put_request(&mut transaction, write.request, write.before)?;
        if let Some(call) = write.call {
            update_call(&mut transaction, call)?;
        }
        for event in write.events {
            put_event(&mut transaction, event)?;
        }
        transaction.put(audit_item(ACT, write.audit)?, ABSENT, &[])?;
        self.commit(transaction).await
    }
}

impl Table {
    /// Writes down what came of an approved redaction. `Conflict` where the request is no more.
    pub async fn note_redaction(&self, id: &DeletionId, redaction: &Redaction) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write down what came of a redaction";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(deletion_pk(id), DELETION_SK)))
            .update_expression("SET #view.redaction = :redaction")
            .condition_expression("#state = :approved AND attribute_exists(#view.redaction)")
            .expression_attribute_names("#view", "view")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":redaction", value_of(ACT, redaction)?)
            .expression_attribute_values(":approved", text(DeletionState::Approved.as_str()));
        match update.send().await {
            Ok(_) => Ok(WriteOutcome::Done),
            Err(error) => {
                let is_gone = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if is_gone { Ok(WriteOutcome::Conflict) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }
}

pub(super) fn put_request(
    transaction: &mut Transaction,
    request: &DeletionRequest,
    before: Option<DeletionState>,
) -> Result<(), StoreError> {
    let mut item = key(deletion_pk(&request.id), DELETION_SK);
    item.insert("view".to_owned(), value_of(transaction.act, request)?);
    item.insert("state".to_owned(), text(request.state.as_str()));
    if request.state == DeletionState::Refused {
        let ends_at = request.requested_at.checked_add(REFUSED_KEPT).unwrap_or(Timestamp::MAX);
        item.insert(ENDS.to_owned(), epoch_seconds(ends_at));
    } else {
        let (_, attribute, value) = Partition::Deletions(request.state).locate();
        item.insert(attribute.to_owned(), text(value));
        item.insert("at".to_owned(), text(SortKey::new(request.requested_at, request.id.as_str())));
    }
    match before {
        None => transaction.put(item, ABSENT, &[]),
        Some(read) => {
            transaction.put_named(item, "#state = :read", &[("#state", "state")], &[(":read", text(read.as_str()))])
        }
    }
}

/// Puts what a call carries of a request in its place, or takes it away. A deletion that is approved is nominated at once.
pub(super) fn update_call(transaction: &mut Transaction, call: &Call) -> Result<(), StoreError> {
    let act = transaction.act;
    let at = key(call_pk(&call.reference), CALL_SK);
    let mut values: Item = Item::from([
        (":next".to_owned(), number(call.generation)),
        (":read".to_owned(), number(call.generation - 1)),
        (":holds".to_owned(), value_of(act, &call.holds)?),
    ]);
    let condition = "generation = :read AND holds = :holds AND attribute_not_exists(claim)";
    let Some(deletion) = &call.deletion else {
        let update = "SET generation = :next REMOVE deletion";
        return transaction.update(at, update, condition, Vec::new(), values.into_iter().collect());
    };
    values.insert(":deletion".to_owned(), value_of(act, deletion)?);
    let Some(approval) = deletion.approved.as_ref().filter(|_| call.is_deletion_approved()) else {
        let update = "SET deletion = :deletion, generation = :next";
        return transaction.update(at, update, condition, Vec::new(), values.into_iter().collect());
    };
    values.insert(":due".to_owned(), text(requested_key()));
    values.insert(":at".to_owned(), text(SortKey::new(approval.at, call.reference.id.as_str())));
    let update = "SET deletion = :deletion, generation = :next, due_key = :due, #at = :at";
    let names = vec![("#at".to_owned(), "at".to_owned())];
    transaction.update(at, update, condition, names, values.into_iter().collect())
}
