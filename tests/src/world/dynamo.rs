//! `DynamoDB`: `dynoxide` behind the JSON protocol, with what it leaves out put in front: replicas
//! that lag, pages that end early, batches done in part.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use dynoxide::{Database, DynoxideError};
use http::StatusCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    call::{Footprint, Reply},
    capacity::Units,
    clock::Clock,
    kind::{FaultKind, Lag},
    plain::members,
    random::Random,
};

pub(crate) use super::plain::{list, plain};

pub(crate) struct Tables {
    pub(super) current: Database,
    pub(super) behind: Option<Mutex<Replica>>,
    pub(super) keys: Mutex<BTreeMap<String, Vec<String>>>,
    /// Where the next read of a table's stream begins.
    pub(super) streams: Mutex<BTreeMap<String, String>>,
}

/// A second database to which the same writes are applied later, in the same order: whatever is
/// read from it was true at one moment of the past, and never goes back.
pub(super) struct Replica {
    database: Database,
    lag: Lag,
    pending: VecDeque<(String, Value)>,
    random: Random,
}

impl Replica {
    fn hear_of(&mut self, operation: &str, body: Value) {
        self.pending.push_back((operation.to_owned(), body));
        // A table is there, or gone, at once; only items arrive late.
        if !reports_capacity(operation) {
            self.catch_up(0);
        }
    }

    fn read(&mut self, operation: &str, body: &Value) -> Result<Value, DynoxideError> {
        let missed = if self.random.percent(self.lag.percent) { self.random.below(self.lag.writes + 1) } else { 0 };
        self.catch_up(missed);
        run(&self.database, operation, body)
    }

    /// Applies all but the last `missed` writes, unless it is further already.
    pub(super) fn catch_up(&mut self, missed: usize) {
        while self.pending.len() > missed
            && let Some((operation, body)) = self.pending.pop_front()
        {
            run(&self.database, &operation, &body).expect("what the table took its replica takes");
        }
    }
}

pub(crate) struct Applied {
    pub(crate) reply: Reply,
    pub(crate) units: Units,
}

impl Tables {
    /// From now on eventually consistent reads see the present.
    pub(crate) fn catch_up(&self) {
        if let Some(behind) = &self.behind {
            behind.lock().expect("nothing panics while holding it").lag.percent = 0;
        }
    }

    pub(crate) fn new(clock: &Arc<Clock>, lag: Option<Lag>, random: Random) -> Self {
        let open = || Database::memory_with_clock(Arc::clone(clock) as _).expect("a database in memory opens");
        Self {
            current: open(),
            behind: lag.map(|lag| Mutex::new(Replica { database: open(), lag, pending: VecDeque::new(), random })),
            keys: Mutex::default(),
            streams: Mutex::default(),
        }
    }

    /// Makes a table of what a `CreateTable` call and the properties of an
    /// `AWS::DynamoDB::Table` have in common; anything else in `description` is left aside.
    pub(crate) fn create(&self, name: &str, description: &Value) {
        let mut request = json!({ "TableName": name, "BillingMode": "PAY_PER_REQUEST" });
        for part in [
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "StreamSpecification",
        ] {
            if let Some(value) = description.get(part) {
                request[part] = value.clone();
            }
        }
        self.must("CreateTable", &request);
        if let Some(attribute) = description.pointer("/TimeToLiveSpecification/AttributeName") {
            let specification = json!({ "AttributeName": attribute, "Enabled": true });
            self.must("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": specification }));
        }
    }

    pub(super) fn must(&self, operation: &str, request: &Value) {
        let reply = self.apply(operation, request.clone(), None).reply;
        assert!(reply.error.is_none(), "{operation} was refused: {}", String::from_utf8_lossy(&reply.body));
    }

    /// The tables an operation names, in order and without doubles.
    pub(crate) fn tables_of(operation: &str, body: &Value) -> Vec<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        match operation {
            "BatchGetItem" | "BatchWriteItem" => {
                names.extend(members(&body["RequestItems"]).map(|(name, _)| name.clone()));
            }
            "TransactWriteItems" | "TransactGetItems" => {
                names.extend(actions(body).filter_map(|(_, action)| table_of(action)));
            }
            _ => names.extend(table_of(body)),
        }
        names.into_iter().collect()
    }

    pub(crate) fn footprint(&self, operation: &str, body: &Value) -> Footprint {
        let keys = self.keys.lock().expect("nothing panics while holding it");
        let place = |table: &str, item: Option<&Value>| {
            let names = keys.get(table);
            match (names, item) {
                (Some(names), Some(item)) => {
                    let key: Vec<&Value> = names.iter().map(|name| &item[name]).collect();
                    format!("dynamodb/{table}/{}", json!(key))
                }
                _ => format!("dynamodb/{table}"),
            }
        };
        let table = table_of(body).unwrap_or_default();
        let places = match operation {
            "PutItem" => vec![place(&table, body.get("Item"))],
            "GetItem" | "UpdateItem" | "DeleteItem" => vec![place(&table, body.get("Key"))],
            "TransactWriteItems" | "TransactGetItems" => actions(body)
                .map(|(_, action)| {
                    place(&table_of(action).unwrap_or_default(), action.get("Item").or_else(|| action.get("Key")))
                })
                .collect(),
            _ => Self::tables_of(operation, body).iter().map(|table| place(table, None)).collect(),
        };
        Footprint::Places { writes: writes(operation), places }
    }

    /// Carries out one operation. Of the faults only those that shape an answer matter here.
    pub(crate) fn apply(&self, operation: &str, mut body: Value, fault: Option<FaultKind>) -> Applied {
        let mut left_over = None;
        match (fault, operation) {
            (Some(FaultKind::Unprocessed), "BatchWriteItem" | "BatchGetItem") => {
                left_over = leave_half(&mut body);
            }
            (Some(FaultKind::ShortPage), "Query" | "Scan") => body["Limit"] = 1.into(),
            _ => {}
        }

        let wants_capacity = body.get("ReturnConsumedCapacity").is_some_and(|mode| mode != "NONE");
        if !wants_capacity && reports_capacity(operation) {
            body["ReturnConsumedCapacity"] = "INDEXES".into();
        }

        // Held over the write, so that the replica hears of writes in the order they were made.
        let mut replica = self.behind.as_ref().map(|replica| replica.lock().expect("nothing panics while holding it"));
        let answer = match replica.as_mut().filter(|_| may_be_late(operation, &body)) {
            Some(replica) => replica.read(operation, &body),
            None => run(&self.current, operation, &body),
        };
        let mut units = Units::default();
        let reply = match answer {
            Ok(mut answer) => {
                units = Units::of(&answer["ConsumedCapacity"], writes(operation));
                if let Some(answer) = answer.as_object_mut().filter(|_| !wants_capacity) {
                    answer.remove("ConsumedCapacity");
                }
                if let Some(left_over) = left_over {
                    let name = match operation {
                        "BatchGetItem" => "UnprocessedKeys",
                        _ => "UnprocessedItems",
                    };
                    answer[name] = left_over;
                }
                self.note_keys(operation, &body);
                if let Some(mut replica) = replica.filter(|_| writes(operation)) {
                    replica.hear_of(operation, body);
                }
                Reply::json(&answer)
            }
            Err(error) => refusal(&error),
        };
        Applied { reply, units }
    }

    fn note_keys(&self, operation: &str, body: &Value) {
        if operation == "CreateTable" {
            let mut schema: Vec<(&str, &str)> = list(&body["KeySchema"])
                .iter()
                .filter_map(|key| Some((key["KeyType"].as_str()?, key["AttributeName"].as_str()?)))
                .collect();
            schema.sort_unstable();
            let names = schema.iter().map(|(_, name)| (*name).to_owned()).collect();
            let table = table_of(body).unwrap_or_default();
            self.keys.lock().expect("nothing panics while holding it").insert(table, names);
        }
    }

    /// Removes what has expired by the table's time to live. The replica forgets at once.
    pub(crate) fn sweep_time_to_live(&self) -> usize {
        if let Some(replica) = &self.behind {
            let mut replica = replica.lock().expect("nothing panics while holding it");
            replica.catch_up(0);
            replica.database.sweep_ttl().expect("expired items go");
        }
        self.current.sweep_ttl().expect("expired items go")
    }

    /// Every item in `DynamoDB`'s own JSON, sorted by key.
    pub(crate) fn items(&self, table: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        loop {
            let mut page = run(&self.current, "Scan", &request).expect("the table exists");
            items.extend(page["Items"].as_array().into_iter().flatten().cloned());
            match page.get_mut("LastEvaluatedKey") {
                Some(last) => request["ExclusiveStartKey"] = last.take(),
                None => break,
            }
        }
        let keys = self.keys.lock().expect("nothing panics while holding it");
        let names = keys.get(table).cloned().unwrap_or_default();
        items.sort_by_cached_key(|item| {
            let key: Vec<String> = names.iter().map(|name| item[name].to_string()).collect();
            key
        });
        items
    }
}

/// Whether the operation changes anything.
pub(crate) fn writes(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem"
            | "UpdateItem"
            | "DeleteItem"
            | "BatchWriteItem"
            | "TransactWriteItems"
            | "CreateTable"
            | "DeleteTable"
            | "UpdateTimeToLive"
    )
}

/// Whether the operation is content with an eventually consistent read.
fn may_be_late(operation: &str, body: &Value) -> bool {
    match operation {
        "GetItem" | "Query" | "Scan" => body["ConsistentRead"] != true,
        // One flag a table; a batch that is consistent anywhere is answered from the present.
        "BatchGetItem" => members(&body["RequestItems"]).all(|(_, table)| table["ConsistentRead"] != true),
        _ => false,
    }
}

fn reports_capacity(operation: &str) -> bool {
    !matches!(operation, "CreateTable" | "DeleteTable" | "DescribeTable" | "UpdateTimeToLive" | "DescribeTimeToLive")
}

pub(super) fn run(database: &Database, operation: &str, body: &Value) -> Result<Value, DynoxideError> {
    fn typed<Request: DeserializeOwned, Answer: Serialize>(
        body: &Value,
        act: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
    ) -> Result<Value, DynoxideError> {
        let request = serde_json::from_value(body.clone()).map_err(|error| unreadable(&error))?;
        let answer = act(request)?;
        serde_json::to_value(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
    }
    match operation {
        "PutItem" => typed(body, |request| database.put_item(request)),
        "GetItem" => typed(body, |request| database.get_item(request)),
        "UpdateItem" => typed(body, |request| database.update_item(request)),
        "DeleteItem" => typed(body, |request| database.delete_item(request)),
        "Query" => typed(body, |request| database.query(request)),
        "Scan" => typed(body, |request| database.scan(request)),
        "BatchGetItem" => typed(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => typed(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => typed(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => typed(body, |request| database.transact_write_items(request)),
        "CreateTable" => typed(body, |request| database.create_table(request)),
        "DeleteTable" => typed(body, |request| database.delete_table(request)),
        "DescribeTable" => typed(body, |request| database.describe_table(request)),
        "UpdateTimeToLive" => typed(body, |request| database.update_time_to_live(request)),
        "ListStreams" => typed(body, |request| database.list_streams(request)),
        "DescribeStream" => typed(body, |request| database.describe_stream(request)),
        "GetShardIterator" => typed(body, |request| database.get_shard_iterator(request)),
        "GetRecords" => typed(body, |request| database.get_records(request)),
        "DescribeTimeToLive" => typed(body, |request| database.describe_time_to_live(request)),
        other => Err(DynoxideError::UnsupportedCapability(format!("the world has no {other}"))),
    }
}

/// `dynoxide` marks, in the message, which error a request it can't read deserves.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    for marker in ["VALIDATION_REQUEST:", "VALIDATION:"] {
        if let Some(rest) = message.strip_prefix(marker) {
            return DynoxideError::ValidationException(rest.to_owned());
        }
    }
    match message.strip_prefix("SERIALIZATION:") {
        Some(rest) => DynoxideError::SerializationException(rest.to_owned()),
        None => DynoxideError::ValidationException(message),
    }
}

fn refusal(error: &DynoxideError) -> Reply {
    let status = StatusCode::from_u16(error.status_code()).expect("a status dynoxide answers with");
    let body = serde_json::from_str(&error.to_json()).expect("dynoxide writes JSON");
    Reply::json_error_body(status, &body)
}

/// Keeps the first half of a batch, at least one, and returns the rest in the shape of the
/// answer's unprocessed part.
fn leave_half(body: &mut Value) -> Option<Value> {
    let request = body["RequestItems"].as_object_mut()?;
    let count = |table: &Value| match table {
        Value::Array(writes) => writes.len(),
        table => list(&table["Keys"]).len(),
    };
    let mut keep = (request.values().map(count).sum::<usize>() / 2).max(1);
    let mut left_over = Map::new();
    for (name, table) in request.iter_mut() {
        let mut rest = table.clone();
        for (side, first) in [(&mut *table, true), (&mut rest, false)] {
            let entries = match side {
                Value::Array(writes) => writes,
                table => table["Keys"].as_array_mut()?,
            };
            let cut = keep.min(entries.len());
            if first {
                entries.truncate(cut);
            } else {
                entries.drain(..cut);
            }
        }
        keep -= count(table);
        if count(&rest) > 0 {
            left_over.insert(name.clone(), rest);
        }
    }
    request.retain(|_, table| count(table) > 0);
    Some(Value::Object(left_over))
}

/// The actions of a transaction: its kind (`Put`, `ConditionCheck`, …) and what it asks.
pub(crate) fn actions(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    list(&body["TransactItems"]).iter().flat_map(members)
}

fn table_of(value: &Value) -> Option<String> {
    Some(value["TableName"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_batch_is_left_over_and_nothing_is_lost_between_the_halves() {
        let mut body = json!({ "RequestItems": { "a": [1, 2, 3], "b": [4, 5] } });
        let left_over = leave_half(&mut body).unwrap();
        assert_eq!(body, json!({ "RequestItems": { "a": [1, 2] } }));
        assert_eq!(left_over, json!({ "a": [3], "b": [4, 5] }));

        let mut body = json!({ "RequestItems": { "a": { "Keys": [1] } } });
        assert_eq!(leave_half(&mut body), Some(json!({})));
        assert_eq!(body, json!({ "RequestItems": { "a": { "Keys": [1] } } }));
    }
}
