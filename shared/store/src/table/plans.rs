//! Plans: what another rulebook would do, counted shard by shard, each shard in an item of its own.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::{SignedDuration, Timestamp};
use policy::call::Call;
use policy::id::{CallId, PlanId, RecordingId};
use policy::plan::{Tally, Terms};
use policy::recording::CallReference;
use policy::retention::ClassRevision;
use serde::{Deserialize, Serialize};

use super::calls::EMPTIED;
use super::client::Table;
use super::item::{ABSENT, ENDS, Item, epoch_seconds, from_item, key, number, read_text, take, text, value_of};
use super::keys::{CALL_SK, RECORDING_SK, SortKey, call_pk, due_key, parse_call_pk, recording_pk};
use super::transaction::WriteOutcome;
use crate::error::StoreError;

/// 30 days: long enough to look at what was planned before a publication.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

const HEAD: &str = "HEAD";

const PART_PREFIX: &str = "S#";

/// What is to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which.
    pub id: PlanId,
    /// The version of the rulebook that was in force; 0 is the compiled-in default.
    pub base_version: u64,
    /// SHA-256 of both files of the other one.
    pub files_sha256: String,
    /// Who made it: a login.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When the other one would have come into force, published then.
    pub effective_at: Timestamp,
    /// Whether something may be deleted sooner under it.
    pub deletes_sooner: bool,
    /// Whether it reads uploads in another way.
    pub reads_differently: bool,
    /// Whether anything waited in quarantine.
    pub in_quarantine: bool,
    /// What decided when a call ends.
    pub before: Terms,
    /// What would decide.
    pub after: Terms,
}

/// What of a plan is counted: one shard of the due index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanPart {
    /// How many slices were done.
    pub slices: u64,
    /// How many class revisions are counted to their end.
    pub revisions_done: u32,
    /// Where the one after them goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<SortKey>,
    /// Whether it is counted to its end.
    pub is_done: bool,
    /// What it came to.
    pub tally: Tally,
}

fn plan_pk(id: &PlanId) -> String {
    format!("P#PLAN#{id}")
}

fn part_sk(shard: u8) -> String {
    format!("{PART_PREFIX}{shard:02}")
}

/// 100 items: what one `BatchGetItem` takes.
const BATCH_LIMIT: usize = 100;

impl Table {
    /// Puts a plan; a repeat changes nothing.
    pub async fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        const ACT: &str = "write a plan";
        let mut item = key(plan_pk(&plan.id), HEAD);
        item.insert("plan".to_owned(), value_of(ACT, plan)?);
        item.insert(ENDS.to_owned(), ends_at(plan));
        self.put_once(ACT, item).await
    }

    /// A plan.
    pub async fn plan(&self, id: &PlanId) -> Result<Option<Plan>, StoreError> {
        const ACT: &str = "read a plan";
        let item = self.get(ACT, plan_pk(id), HEAD).await?;
        item.map(|item| take(ACT, item, "plan")).transpose()
    }

    /// What is counted of a plan, by shard.
    pub async fn plan_parts(&self, id: &PlanId) -> Result<Vec<PlanPart>, StoreError> {
        const ACT: &str = "read what is counted of a plan";
        let items = self.all(ACT, plan_pk(id), PART_PREFIX, usize::from(CallId::SHARDS)).await?;
        items.into_iter().map(|item| take(ACT, item, "part")).collect()
    }

    /// What is counted of one shard; nothing at first.
    pub async fn plan_part(&self, id: &PlanId, shard: u8) -> Result<PlanPart, StoreError> {
        const ACT: &str = "read what is counted of a shard";
        let item = self.get(ACT, plan_pk(id), &part_sk(shard)).await?;
        Ok(item.map(|item| take(ACT, item, "part")).transpose()?.unwrap_or_default())
    }

    /// Writes what is counted of a shard, one slice beyond what was read. TWICE IS ONCE: a slice that runs again finds
    /// its place taken.
    pub async fn put_plan_part(&self, plan: &Plan, shard: u8, part: &PlanPart) -> Result<WriteOutcome, StoreError> {
        const ACT: &str = "write what is counted of a shard";
        let mut transaction = self.transaction(ACT);
        let mut item = key(plan_pk(&plan.id), part_sk(shard));
        item.insert("part".to_owned(), value_of(ACT, part)?);
        item.insert("slices".to_owned(), number(part.slices));
        item.insert(ENDS.to_owned(), ends_at(plan));
        let read = part.slices.saturating_sub(1);
        let condition = if read == 0 { ABSENT } else { "slices = :read" };
        let values = [(":read", number(read))];
        transaction.put(item, condition, if read == 0 { &[] } else { &values })?;
        self.commit(transaction).await
    }

    /// Calls of one shard of a class revision behind a sort key, oldest first, at most `limit`; each with its own.
    pub async fn calls_due_after(
        &self,
        revision: &ClassRevision,
        shard: u8,
        after: &SortKey,
        limit: u16,
    ) -> Result<Vec<(SortKey, CallReference)>, StoreError> {
        const ACT: &str = "read the due index behind a place";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_due")
            .key_condition_expression("due_key = :key AND #at > :after")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":key", text(due_key(revision, shard)))
            .expression_attribute_values(":after", text(after.as_str()))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sort(ACT, error))?;
        let read = |item: &Item| {
            let call = parse_call_pk(read_text(ACT, item, "pk")?).ok_or(StoreError::lacks(ACT))?;
            Ok((SortKey::of_item(read_text(ACT, item, "at")?), call))
        };
        answer.items.unwrap_or_default().iter().map(read).collect()
    }

    /// Calls, at most 100, in no order; what does not exist, or was emptied, is left out.
    pub async fn calls(&self, references: &[CallReference]) -> Result<Vec<Call>, StoreError> {
        const ACT: &str = "read calls";
        let keys = references.iter().map(|reference| key(call_pk(reference), CALL_SK)).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let found = self.batch_get(ACT, wanted).await?;
        let standing = found.into_iter().filter(|item| !item.contains_key(EMPTIED));
        standing.map(|item| from_item(ACT, item)).collect()
    }

    /// Every life of calls that has a leg, in no order.
    pub async fn lives_of(&self, calls: impl IntoIterator<Item = CallId>) -> Result<Vec<Call>, StoreError> {
        const ACT: &str = "read the lives of calls";
        let mut asked: Vec<CallReference> = calls.into_iter().map(|id| CallReference { id, incarnation: 0 }).collect();
        let mut lives = Vec::new();
        while !asked.is_empty() {
            let mut next = Vec::new();
            for some in asked.chunks(BATCH_LIMIT) {
                let keys = some.iter().map(|reference| key(call_pk(reference), CALL_SK)).collect();
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys));
                for item in self.batch_get(ACT, wanted).await? {
                    let found = parse_call_pk(read_text(ACT, &item, "pk")?).ok_or(StoreError::lacks(ACT))?;
                    next.push(CallReference { incarnation: found.incarnation + 1, ..found });
                    if !item.contains_key(EMPTIED) {
                        lives.push(from_item(ACT, item)?);
                    }
                }
            }
            asked = next;
        }
        Ok(lives)
    }

    /// The teams of recordings, at most 100; what has ended is left out.
    pub async fn teams(&self, ids: &[RecordingId]) -> Result<BTreeMap<RecordingId, Option<String>>, StoreError> {
        const ACT: &str = "read the teams of recordings";
        let keys = ids.iter().map(|id| key(recording_pk(id), RECORDING_SK)).collect();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .projection_expression("pk, #view.team")
            .expression_attribute_names("#view", "view");
        let mut teams = BTreeMap::new();
        for item in self.batch_get(ACT, wanted).await? {
            let id = read_text(ACT, &item, "pk")?.strip_prefix("R#").and_then(|id| id.parse().ok());
            let view = item.get("view").and_then(|view| view.as_m().ok());
            let team = view.and_then(|view| view.get("team")?.as_s().ok()).cloned();
            teams.insert(id.ok_or(StoreError::lacks(ACT))?, team);
        }
        Ok(teams)
    }
}

fn ends_at(plan: &Plan) -> aws_sdk_dynamodb::types::AttributeValue {
    epoch_seconds(plan.created_at.checked_add(KEPT).unwrap_or(Timestamp::MAX))
}
