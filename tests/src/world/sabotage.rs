//! Saboteurs: the world made to behave as if the code had forgotten something. A test that stays
//! green under a saboteur does not test what it says.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Map, Value, json};

use super::{call::Reply, dynamo};

/// A condition the code asked `DynamoDB` to hold to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// The call: `PutItem`, `TransactWriteItems`, …
    pub operation: String,
    /// What carries the condition: the call itself, or the action of a transaction (`Put`,
    /// `Update`, `Delete`, `ConditionCheck`).
    pub action: String,
    /// The table.
    pub table: String,
    /// What kind of item it is about: what its keys begin with, as in `R#/E#`.
    pub item: String,
    /// The `ConditionExpression`, as written.
    pub expression: String,
}

impl Condition {
    /// What it asks, where it asks several things at once.
    pub fn parts(&self) -> Vec<&str> {
        self.expression.split(" AND ").collect()
    }
}

type Choice<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// One thing the world does wrong on purpose.
#[derive(Clone)]
pub enum Sabotage {
    /// Removes the condition expressions chosen, and `ConditionCheck` actions altogether.
    StripConditions(Choice<Condition>),
    /// Removes one part of the condition expressions chosen, which are several joined by `AND`.
    WeakenConditions(Choice<Condition>, String),
    /// Takes an S3 put for unconditional.
    StripPutCondition,
    /// Answers every put with the checksum of other bytes.
    GarbleChecksums,
    /// Reads and deletes in S3 without the version asked for.
    DropVersionIds,
    /// Makes every read of a table an eventually consistent one; shows only with a
    /// [`Lag`](super::Lag).
    DropConsistentRead,
    /// Answers success for the puts chosen and does not carry them out, alone, in a batch or in a
    /// transaction whose other actions are carried out. The choice sees the item without
    /// `DynamoDB`'s type names.
    SwallowItems(Choice<Value>),
}

impl Sabotage {
    /// Strips every condition.
    pub fn strip_conditions() -> Self {
        Self::strip_conditions_where(|_| true)
    }

    /// Strips the conditions of one operation, such as `TransactWriteItems`.
    pub fn strip_conditions_of(operation: &str) -> Self {
        let operation = operation.to_owned();
        Self::strip_conditions_where(move |condition| condition.operation == operation)
    }

    /// Strips the conditions chosen.
    pub fn strip_conditions_where(choice: impl Fn(&Condition) -> bool + Send + Sync + 'static) -> Self {
        Self::StripConditions(Arc::new(choice))
    }

    /// Removes one part of the conditions chosen.
    pub fn weaken_conditions_where(part: &str, choice: impl Fn(&Condition) -> bool + Send + Sync + 'static) -> Self {
        Self::WeakenConditions(Arc::new(choice), part.to_owned())
    }

    /// Swallows the items chosen.
    pub fn swallow_items_where(choice: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        Self::SwallowItems(Arc::new(choice))
    }
}

impl fmt::Debug for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StripConditions(_) => "StripConditions",
            Self::WeakenConditions(..) => "WeakenConditions",
            Self::StripPutCondition => "StripPutCondition",
            Self::GarbleChecksums => "GarbleChecksums",
            Self::DropVersionIds => "DropVersionIds",
            Self::DropConsistentRead => "DropConsistentRead",
            Self::SwallowItems(_) => "SwallowItems",
        })
    }
}

thread_local! {
    static IN_EVERY_WORLD: RefCell<Vec<Sabotage>> = const { RefCell::new(Vec::new()) };
}

/// Has a saboteur at work in every world that this thread makes while `act` runs, from its beginning.
pub fn sabotaged<Outcome>(sabotage: &Sabotage, act: impl FnOnce() -> Outcome) -> Outcome {
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            IN_EVERY_WORLD.take();
        }
    }
    IN_EVERY_WORLD.set(vec![sabotage.clone()]);
    let over = Over;
    let outcome = act();
    drop(over);
    outcome
}

/// Whether this thread has saboteurs in its worlds.
pub fn is_sabotaged_here() -> bool {
    IN_EVERY_WORLD.with_borrow(|sabotage| !sabotage.is_empty())
}

pub(crate) struct Saboteurs(Mutex<State>);

impl Default for Saboteurs {
    fn default() -> Self {
        let at_work = IN_EVERY_WORLD.with_borrow(Clone::clone);
        Self(Mutex::new(State { at_work, ..State::default() }))
    }
}

#[derive(Default)]
struct State {
    at_work: Vec<Sabotage>,
    /// Whether the scenario itself brought one.
    are_announced: bool,
    conditions: BTreeSet<Condition>,
    /// How often a saboteur found something to spoil.
    strikes: usize,
}

impl Saboteurs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while holding it")
    }

    pub(crate) fn add(&self, sabotage: Sabotage) {
        let mut state = self.lock();
        state.at_work.push(sabotage);
        state.are_announced = true;
    }

    pub(crate) fn are_announced(&self) -> bool {
        self.lock().are_announced
    }

    pub(crate) fn conditions(&self) -> Vec<Condition> {
        self.lock().conditions.iter().cloned().collect()
    }

    pub(crate) fn strikes(&self) -> usize {
        self.lock().strikes
    }

    fn is_at_work(&self, wanted: impl Fn(&Sabotage) -> bool) -> bool {
        let mut state = self.lock();
        let found = state.at_work.iter().any(wanted);
        state.strikes += usize::from(found);
        found
    }

    pub(crate) fn strips_put_condition(&self) -> bool {
        self.is_at_work(|sabotage| matches!(sabotage, Sabotage::StripPutCondition))
    }

    pub(crate) fn garbles_checksums(&self) -> bool {
        self.is_at_work(|sabotage| matches!(sabotage, Sabotage::GarbleChecksums))
    }

    pub(crate) fn version_id<'a>(&self, asked: Option<&'a str>) -> Option<&'a str> {
        asked.filter(|_| !self.is_at_work(|sabotage| matches!(sabotage, Sabotage::DropVersionIds)))
    }

    /// Spoils a request to `DynamoDB`, or answers it.
    pub(crate) fn spoil(&self, operation: &str, body: &mut Value) -> Option<Reply> {
        let mut state = self.lock();
        let seen = conditions_in(operation, body);
        state.conditions.extend(seen);
        let mut answered = None;
        for sabotage in state.at_work.clone() {
            let before = body.clone();
            let mut is_swallowed = false;
            match sabotage {
                Sabotage::StripConditions(choice) => strip(operation, body, &*choice),
                Sabotage::WeakenConditions(choice, part) => weaken(operation, body, &*choice, &part),
                Sabotage::DropConsistentRead => drop_consistent_read(operation, body),
                Sabotage::SwallowItems(choice) => {
                    is_swallowed = swallow(operation, body, &*choice);
                }
                Sabotage::StripPutCondition | Sabotage::GarbleChecksums | Sabotage::DropVersionIds => {}
            }
            let has_struck = is_swallowed || *body != before;
            state.strikes += usize::from(has_struck);
            let is_emptied = operation == "TransactWriteItems" && dynamo::list(&body["TransactItems"]).is_empty();
            if is_swallowed || (has_struck && is_emptied) {
                answered = Some(Reply::json(&json!({})));
            }
        }
        answered
    }
}

fn array_in<'a>(body: &'a mut Value, name: &str) -> Option<&'a mut Vec<Value>> {
    body.get_mut(name)?.as_array_mut()
}

fn object_in<'a>(body: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    body.get_mut(name)?.as_object_mut()
}

fn condition_of(operation: &str, action: &str, asked: &Value) -> Option<Condition> {
    Some(Condition {
        operation: operation.to_owned(),
        action: action.to_owned(),
        table: asked["TableName"].as_str()?.to_owned(),
        item: kind_of(if asked["Item"].is_object() { &asked["Item"] } else { &asked["Key"] }),
        expression: asked["ConditionExpression"].as_str()?.to_owned(),
    })
}

/// What the keys of an item begin with.
fn kind_of(item: &Value) -> String {
    let begins = |name: &str| {
        let text = item[name]["S"].as_str().unwrap_or_default();
        let begins = text.find('#').map_or(text, |at| &text[..=at]);
        if begins.starts_with(|c: char| c.is_ascii_digit()) { "" } else { begins }
    };
    format!("{}/{}", begins("pk"), begins("sk"))
}

fn conditions_in(operation: &str, body: &Value) -> Vec<Condition> {
    let of_actions = dynamo::actions(body).filter_map(|(action, asked)| condition_of(operation, action, asked));
    of_actions.chain(condition_of(operation, operation, body)).collect()
}

fn strip(operation: &str, body: &mut Value, choice: &dyn Fn(&Condition) -> bool) {
    let chosen = |action: &str, asked: &Value| {
        condition_of(operation, action, asked).is_some_and(|condition| choice(&condition))
    };
    if chosen(operation, body) {
        remove_condition(body);
    }
    if let Some(actions) = array_in(body, "TransactItems") {
        actions.retain(|action| !chosen("ConditionCheck", &action["ConditionCheck"]));
        for (name, asked) in actions.iter_mut().filter_map(Value::as_object_mut).flatten() {
            if chosen(name, asked) {
                remove_condition(asked);
            }
        }
    }
}

fn weaken(operation: &str, body: &mut Value, choice: &dyn Fn(&Condition) -> bool, part: &str) {
    let weaken_one = |action: &str, asked: &mut Value| {
        let condition = condition_of(operation, action, asked).filter(|condition| choice(condition));
        if let Some(condition) = condition {
            let left: Vec<&str> = condition.parts().into_iter().filter(|other| *other != part).collect();
            asked["ConditionExpression"] = left.join(" AND ").into();
            remove_unused(asked);
        }
    };
    weaken_one(operation, body);
    for action in array_in(body, "TransactItems").into_iter().flatten() {
        for (name, asked) in action.as_object_mut().into_iter().flatten() {
            weaken_one(name, asked);
        }
    }
}

fn remove_condition(asked: &mut Value) {
    if let Some(asked) = asked.as_object_mut() {
        asked.remove("ConditionExpression");
    }
    remove_unused(asked);
}

/// `DynamoDB` refuses names and values that no expression uses.
fn remove_unused(asked: &mut Value) {
    let Some(asked) = asked.as_object_mut() else {
        return;
    };
    let used: BTreeSet<String> = ["UpdateExpression", "KeyConditionExpression", "ConditionExpression"]
        .iter()
        .filter_map(|name| asked.get(*name)?.as_str())
        .flat_map(placeholders)
        .collect();
    for name in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        if let Some(Value::Object(entries)) = asked.get_mut(name) {
            entries.retain(|placeholder, _| used.contains(placeholder));
            if entries.is_empty() {
                asked.remove(name);
            }
        }
    }
}

fn placeholders(expression: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expression.match_indices(['#', ':']).map(move |(at, mark)| {
        let name: String = expression[at + 1..].chars().take_while(|c| is_part(*c)).collect();
        format!("{mark}{name}")
    })
}

fn drop_consistent_read(operation: &str, body: &mut Value) {
    let of_batch = object_in(body, "RequestItems").into_iter().flatten();
    for table in of_batch.filter_map(|(_, table)| table.as_object_mut()) {
        table.remove("ConsistentRead");
    }
    if let Some(body) = body.as_object_mut().filter(|_| operation != "BatchGetItem") {
        body.remove("ConsistentRead");
    }
}

/// Whether nothing is left to carry out.
fn swallow(operation: &str, body: &mut Value, choice: &dyn Fn(&Value) -> bool) -> bool {
    let chosen = |item: &Value| item.is_object() && choice(&dynamo::plain(item));
    match operation {
        "PutItem" => chosen(&body["Item"]),
        "TransactWriteItems" => {
            if let Some(actions) = array_in(body, "TransactItems") {
                actions.retain(|action| !chosen(&action["Put"]["Item"]));
            }
            false
        }
        "BatchWriteItem" => {
            let Some(tables) = object_in(body, "RequestItems") else {
                return false;
            };
            for writes in tables.values_mut().filter_map(Value::as_array_mut) {
                writes.retain(|write| !chosen(&write["PutRequest"]["Item"]));
            }
            tables.retain(|_, writes| !dynamo::list(writes).is_empty());
            tables.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stripped_condition_takes_only_its_own_names_and_values_with_it() {
        let mut body = json!({
            "TableName": "t",
            "UpdateExpression": "SET #a = :a",
            "ConditionExpression": "#ab = :ab AND #a < :a",
            "ExpressionAttributeNames": { "#a": "a", "#ab": "ab" },
            "ExpressionAttributeValues": { ":a": { "N": "1" }, ":ab": { "N": "2" } },
        });
        strip("UpdateItem", &mut body, &|_| true);
        assert_eq!(
            body,
            json!({
                "TableName": "t",
                "UpdateExpression": "SET #a = :a",
                "ExpressionAttributeNames": { "#a": "a" },
                "ExpressionAttributeValues": { ":a": { "N": "1" } },
            })
        );
    }

    #[test]
    fn a_stripped_condition_check_leaves_the_transaction() {
        let mut body = json!({ "TransactItems": [
            { "ConditionCheck": { "TableName": "t", "Key": {}, "ConditionExpression": "x" } },
            { "Put": { "TableName": "t", "Item": {}, "ConditionExpression": "y" } },
        ]});
        strip("TransactWriteItems", &mut body, &|condition| condition.expression == "x");
        assert_eq!(
            body,
            json!({ "TransactItems": [
                { "Put": { "TableName": "t", "Item": {}, "ConditionExpression": "y" } },
            ]})
        );
    }
}
