//! Custody as a verifier of its own reads it, and what was fetched.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::breach::{Breach, Rule, breach};
use super::scene::{Scene, text};
use crate::company::BUCKET;
use crate::world::World;

/// What an event is hashed over, in this order.
const HASHED: [&str; 9] =
    ["recording", "number", "at", "kind", "actor", "operation", "facts", "commitments", "previous"];

/// 7 days: no rulebook lets audit events end sooner.
const AUDITED: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Scene {
    /// UNBROKEN: numbers without a gap, each event linked to the one before, each hash that of what it says.
    pub(super) fn check_custody(&self) -> Vec<Breach> {
        let mut chains: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for event in self.items.iter().filter(|item| text(item, "sk").starts_with("E#")) {
            chains.entry(text(event, "pk")).or_default().push(event);
        }
        let mut breaches = Vec::new();
        for (pk, chain) in chains {
            let (mut previous, mut number) = ("0".repeat(64), 0);
            for event in chain {
                number += 1;
                let is_whole = event["number"].as_u64() == Some(number)
                    && text(event, "previous") == previous
                    && text(event, "hash") == hash(event)
                    && format!("R#{}", text(event, "recording")) == pk;
                if !is_whole {
                    breaches.push(breach(Rule::Unbroken, format!("event {number} of {pk}")));
                    break;
                }
                text(event, "hash").clone_into(&mut previous);
            }
        }
        breaches
    }

    /// TRACE FIRST: an event of each version that was fetched by a URL, and an audit event of each access.
    pub(super) fn check_accesses(&self, world: &World) -> Vec<Breach> {
        let events = || self.items.iter().filter(|item| text(item, "sk").starts_with("E#"));
        let accesses = || events().filter(|event| matches!(text(event, "kind"), "played" | "downloaded"));
        let heard: BTreeSet<&str> = accesses().map(|event| text(event, "recording")).collect();
        let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
        for item in self.items.iter().filter(|item| item["sk"] == "R") {
            let version = item["object"]["version_id"].as_str().unwrap_or_else(|| text(item, "version_id"));
            ids.insert(version, text(item, "pk").trim_start_matches("R#"));
        }
        let mut breaches = Vec::new();
        for fetched in world.fetched(BUCKET) {
            if !ids.get(fetched.as_str()).is_some_and(|id| heard.contains(id)) {
                breaches.push(breach(Rule::TraceFirst, format!("{fetched} was fetched without an event")));
            }
        }
        let audited = self.items.iter().filter(|item| text(item, "pk").starts_with("A#"));
        let audited: BTreeSet<&str> = audited.map(|item| text(&item["view"], "operation")).collect();
        // An audit event ends before the custody does.
        let is_recent = |event: &Value| {
            let at: Option<Timestamp> = text(event, "at").parse().ok();
            at.is_some_and(|at| world.now().duration_since(at) < AUDITED)
        };
        for event in accesses().filter(|event| is_recent(event) && !audited.contains(text(event, "operation"))) {
            let how = format!("event {} of {} has no audit event", event["number"], text(event, "pk"));
            breaches.push(breach(Rule::TraceFirst, how));
        }
        breaches
    }
}

fn hash(event: &Value) -> String {
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    let fields = HASHED.iter().filter_map(|name| Some((name, event.get(name).filter(|value| !is_empty(value))?)));
    let fields: Vec<String> = fields.map(|(name, value)| format!("\"{name}\":{}", sorted(value))).collect();
    let digest = Sha256::digest(format!("{{{}}}", fields.join(",")));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as JSON, its members in the order of their names: the table keeps none.
fn sorted(value: &Value) -> String {
    let Some(members) = value.as_object() else {
        return value.to_string();
    };
    let members: BTreeMap<&String, &Value> = members.iter().collect();
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value))).collect();
    format!("{{{}}}", members.join(","))
}
