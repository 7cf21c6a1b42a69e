//! Calls: what their recordings share, and the claim that permits their deletion.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use policy::call::{Call, Claim};
use policy::hold::Holds;
use policy::recording::CallReference;
use policy::retention::{ClassRevision, Expiry};

use super::client::Table;
use super::due::DueKey;
use super::hold_items::HELD_KEY;
use super::item::{ABSENT, Item, from_item, key, number, text, to_item, value_of};
use super::keys::{CALL_SK, SortKey, call_pk, due_key, requested_key};
use super::transaction::{Transaction, WriteOutcome};
use crate::error::StoreError;

/// A call to be written.
#[derive(Clone, Debug)]
pub struct CallWrite<'a> {
    /// The generation that was read; `None` where there was no such call, or an emptied one.
    pub before: Option<u64>,
    /// What to write. The same generation: only checked. No leg and no claim: emptied.
    pub call: &'a Call,
    /// Its place in the due index; a held call lies where its last hold ends, or nowhere.
    pub due: DueKey,
    /// Whether it may be one that was emptied: then the holds of its id were read, and are checked in the same
    /// transaction.
    pub reopens: bool,
}

/// What is stored under a call and one of its lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallLife {
    /// It has never been opened, and no later life has.
    Unopened,
    /// Its last leg left it.
    Emptied,
    /// The call.
    Standing(Box<Call>),
}

impl Table {
    /// A call; `None` where it does not exist, or where its last leg left it.
    pub async fn call(&self, reference: &CallReference) -> Result<Option<Call>, StoreError> {
        Ok(match self.call_life(reference).await? {
            CallLife::Standing(call) => Some(*call),
            CallLife::Emptied | CallLife::Unopened => None,
        })
    }

    /// A call, and if there is none, whether there ever was one.
    pub async fn call_life(&self, reference: &CallReference) -> Result<CallLife, StoreError> {
        const ACT: &str = "read a call";
        Ok(match self.get(ACT, call_pk(reference), CALL_SK).await? {
            None => CallLife::Unopened,
            Some(item) if item.contains_key(EMPTIED) => CallLife::Emptied,
            Some(item) => CallLife::Standing(Box::new(from_item(ACT, item)?)),
        })
    }

    /// NEVER EARLY: claims a call, if nothing of it has changed since it was read, it has no hold and
    /// nobody claimed it.
    pub async fn claim(&self, call: &Call, claim: &Claim) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "claim a call";
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(call_pk(&call.reference), CALL_SK)))
            // Its place in the due index stays: an index entry that moves costs two write units.
            .update_expression("SET claim = :claim, generation = :next")
            .condition_expression(
                "generation = :read AND legs = :legs AND holds = :none AND attribute_not_exists(claim)",
            )
            .expression_attribute_values(":claim", value_of(ACT, claim)?)
            .expression_attribute_values(":next", number(call.generation + 1))
            .expression_attribute_values(":read", number(call.generation))
            .expression_attribute_values(":legs", value_of(ACT, &call.legs)?)
            .expression_attribute_values(":none", value_of(ACT, &Holds::default())?)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(WriteOutcome::Done),
            Err(error) => {
                let changed = error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::is_conditional_check_failed_exception,
                );
                if changed { Ok(WriteOutcome::Conflict) } else { Err(StoreError::sort(ACT, error)) }
            }
        }
    }
}

pub(super) fn put_call(transaction: &mut Transaction, write: &CallWrite<'_>) -> Result<(), StoreError> {
    let call = write.call;
    let at = key(call_pk(&call.reference), CALL_SK);
    let Some(read) = write.before else {
        return open_call(transaction, call, &write.due, write.reopens);
    };
    let unchanged = [(":read", number(read))];
    if call.claim.is_some() {
        return match write.due {
            DueKey::Unchanged => update_call(transaction, call, read),
            DueKey::Under(_) | DueKey::Closed => {
                transaction.put(call_item(transaction.act, call, &write.due)?, "generation = :read", &unchanged)
            }
        };
    }
    // NEVER EARLY: a leg never joins or leaves a call that is being deleted.
    let condition = "generation = :read AND attribute_not_exists(claim)";
    if call.legs.is_empty() {
        transaction.put(stub(at, read), condition, &unchanged)
    } else if call.generation == read {
        transaction.check(at, condition, &unchanged)
    } else {
        transaction.put(call_item(transaction.act, call, &write.due)?, condition, &unchanged)
    }
}

/// Marks a call that was emptied: reads do not find it.
pub(super) const EMPTIED: &str = "emptied";

/// What stays of a call that its last leg left. NEVER EARLY: its generation counts on, so that a claim of the call as it
/// was never meets another one under the same key.
fn stub(mut at: Item, read: u64) -> Item {
    at.insert("generation".to_owned(), number(read + 1));
    at.insert(EMPTIED.to_owned(), AttributeValue::Bool(true));
    at
}

/// Opens a call that does not exist, or one that was emptied: then its generation counts on.
fn open_call(transaction: &mut Transaction, call: &Call, due: &DueKey, reopens: bool) -> Result<(), StoreError> {
    let mut item = call_item(transaction.act, call, due)?;
    let at = ["pk", "sk"].into_iter().filter_map(|name| item.remove_entry(name)).collect();
    item.remove("generation");
    let attributes: BTreeMap<String, AttributeValue> = item.into_iter().collect();
    let mut update = format!("SET generation = if_not_exists(generation, :none) + :one REMOVE {EMPTIED}");
    let (mut names, mut values) =
        (Vec::new(), vec![(":none".to_owned(), number(0_u64)), (":one".to_owned(), number(1_u64))]);
    for (position, (name, value)) in attributes.into_iter().enumerate() {
        update = update.replacen("SET ", &format!("SET #{position} = :{position}, "), 1);
        names.push((format!("#{position}"), name));
        values.push((format!(":{position}"), value));
    }
    // NEVER EARLY: a hold may have been placed on the id of a call that was emptied.
    let emptied = format!("{ABSENT} OR attribute_exists({EMPTIED})");
    transaction.update(at, &update, if reopens { &emptied } else { ABSENT }, names, values)
}

/// Writes a claimed call, and leaves it where it lies in the due index.
fn update_call(transaction: &mut Transaction, call: &Call, read: u64) -> Result<(), StoreError> {
    let item = to_item(transaction.act, call)?;
    let (mut sets, mut names, mut values) = (Vec::new(), Vec::new(), vec![(":read".to_owned(), number(read))]);
    for (position, (name, value)) in item.into_iter().collect::<BTreeMap<_, _>>().into_iter().enumerate() {
        sets.push(format!("#{position} = :{position}"));
        names.push((format!("#{position}"), name));
        values.push((format!(":{position}"), value));
    }
    let update = format!("SET {}", sets.join(", "));
    transaction.update(key(call_pk(&call.reference), CALL_SK), &update, "generation = :read", names, values)
}

fn call_item(act: &'static str, call: &Call, due: &DueKey) -> Result<Item, StoreError> {
    let mut item = to_item(act, call)?;
    item.extend(key(call_pk(&call.reference), CALL_SK));
    let shard = call.reference.id.shard();
    let place = match (due, call.holds.end()) {
        (DueKey::Under(_), Some(Expiry::At(end))) => Some((HELD_KEY.to_owned(), end)),
        (DueKey::Under(_), Some(Expiry::Never)) | (DueKey::Closed | DueKey::Unchanged, _) => None,
        (DueKey::Under(_), None) if call.is_deletion_approved() => {
            let approval = call.deletion.as_ref().and_then(|deletion| deletion.approved.as_ref());
            Some((requested_key().to_owned(), approval.map_or(call.started_at, |approval| approval.at)))
        }
        (DueKey::Under(revision), None) => {
            Some((due_key(revision, shard), due_at(call, revision).unwrap_or(call.started_at)))
        }
    };
    if let Some((due_key, at)) = place {
        item.insert("due_key".to_owned(), text(due_key));
        item.insert("at".to_owned(), text(SortKey::new(at, call.reference.id.as_str())));
    }
    Ok(item)
}

/// The day from which a revision counts, as the moment it begins in UTC: the same in whatever zone the company is.
fn due_at(call: &Call, revision: &ClassRevision) -> Option<Timestamp> {
    let day = call.periods.iter().find(|(of, _)| *of == revision).map(|(_, day)| day)?;
    day.to_zoned_datetime(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}
