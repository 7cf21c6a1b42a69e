//! What must hold at every moment, whatever is under way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::breach::{Breach, Found, Rule};
use super::scene::{Entry, Scene, in_bucket, is_held, legs, moment, text};
use crate::company::BUCKET;
use crate::world::World;

/// What an event is hashed over, in this order.
const HASHED: [&str; 9] =
    ["recording", "number", "at", "kind", "actor", "operation", "facts", "commitments", "previous"];

/// 7 days: no rulebook lets audit events end sooner.
const AUDITED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What is wrong with a world as it stands, without a call of AWS.
pub fn standing(world: &World) -> Vec<Breach> {
    let (scene, mut found) = (Scene::of(world), Found::default());
    scene.check_standing(&mut found);
    scene.check_custody(&mut found);
    scene.check_accesses(&mut found);
    scene.check_quiet(&mut found);
    scene.check_deletions(&mut found);
    found.undeclared(world)
}

impl Scene<'_> {
    pub(super) fn check_standing(&self, found: &mut Found) {
        self.check_calls(found);
        self.check_understood(found);
        self.check_tombstones(found);
        for item in self.items.iter().filter(|item| item["sk"] == "R") {
            let Some(entry) = Entry::of(item) else { continue };
            let wrong = misplaced(&entry, item);
            found.unless(wrong.is_empty(), Rule::Indexed, || format!("{}: {wrong:?}", entry.id));
        }
    }

    fn check_calls(&self, found: &mut Found) {
        let mut legs_in: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for call in self.calls() {
            let is_nominated = !text(call, "due_key").is_empty() && !text(call, "at").is_empty();
            let pk = text(call, "pk");
            let needs_none = is_held(call) || legs(call).next().is_none();
            found.unless(is_nominated || needs_none, Rule::Nominated, || pk.to_owned());
            legs(call).for_each(|leg| legs_in.entry(leg).or_default().push(pk));
        }
        for Entry { id, call, .. } in &self.entries {
            let legs_in = legs_in.remove(id.as_str()).unwrap_or_default();
            found.unless(legs_in == [call], Rule::OneCall, || format!("{id} names {call} and is in {legs_in:?}"));
        }
        // What has ended is a leg of nothing.
        for (leg, calls) in legs_in {
            found.unless(false, Rule::OneCall, || format!("{leg}, which stands nowhere, is in {calls:?}"));
        }
    }

    fn check_understood(&self, found: &mut Found) {
        let mut active = BTreeSet::new();
        // Items are sorted by their keys, and events by their numbers.
        for event in self.events() {
            let (pk, state) = (text(event, "pk"), event["facts"]["state"].as_str());
            let falls_back = state == Some("quarantined") && active.contains(pk);
            found.unless(!falls_back, Rule::StaysUnderstood, || format!("{pk} fell back into quarantine"));
            if state == Some("active") {
                active.insert(pk);
            }
        }
        let of_state = |state| self.entries.iter().filter(move |one| one.state == state && !one.is_dependant());
        for one in of_state("quarantined") {
            let is_alone = of_state("active").all(|other| other.call != one.call);
            found.unless(is_alone, Rule::StaysUnderstood, || format!("{} is quarantined in others' call", one.id));
        }
    }

    /// NEVER EARLY, of what is gone already: by what its tombstone says of its class and day.
    fn check_tombstones(&self, found: &mut Found) {
        // What two people agreed on is the one earlier deletion.
        for tombstone in self.tombstones().filter(|tombstone| tombstone.get("requested").is_none()) {
            let rules = tombstone["rulebook_version"].as_u64().and_then(|version| self.rules.get(&version));
            let (Some(deleted_at), Some(rules)) = (moment(tombstone, "deleted_at"), rules) else { continue };
            let day = text(tombstone, "day").parse().ok();
            let end = day.and_then(|day| rules.end(text(tombstone, "class"), day));
            let settled = self.put.get(text(tombstone, "version_id")).and_then(|put| rules.settled(put.at));
            let not_before = end.into_iter().chain(settled).max();
            let is_over = not_before.is_some_and(|not_before| not_before <= deleted_at);
            let pk = text(tombstone, "pk");
            found.unless(is_over, Rule::NeverEarly, || format!("{pk} went at {deleted_at}, not {not_before:?}"));
        }
    }

    /// NEVER EARLY, of what S3 has deleted and no tombstone proves yet: its call is claimed, over and free, and its
    /// version is in the journal.
    pub(super) fn check_deletions(&self, found: &mut Found) {
        let there = in_bucket(self.world);
        let is_deleted = |id: &String| self.put.get(id).is_some_and(|put| !put.is_taken_away) && !there.contains(id);
        let gone: Vec<&Entry> = self.entries.iter().filter(|entry| is_deleted(&entry.version_id)).collect();
        if gone.is_empty() {
            return;
        }
        let (promises, journal, now) = (self.promises(), self.journal(), self.world.now());
        for entry in gone {
            let (id, call) = (&entry.version_id, self.call_of(entry));
            let is_over = promises.get(id).is_some_and(|promise| promise.not_before <= now);
            let walls = [
                ("claimed", call.is_some_and(|call| call.get("claim").is_some())),
                ("over or agreed on", is_over || self.is_agreed(entry)),
                ("free of holds", call.is_none_or(|call| !self.was_held(call))),
                ("in the journal", journal.iter().any(|text| text.contains(id.as_str()))),
            ];
            let is_right = walls.iter().all(|(_, stands)| *stands);
            found.unless(is_right, Rule::NeverEarly, || format!("{} is gone at {now}: {walls:?}", entry.id));
        }
    }

    /// Whether two people agreed on the deletion of the recording's call, itself named in the request.
    pub(super) fn is_agreed(&self, entry: &Entry) -> bool {
        let Some(call) = self.call_of(entry).filter(|call| call["deletion"]["approved"].is_object()) else {
            return false;
        };
        // A redaction ends no call, and the recording only once the version without the part is there in its place.
        let successor = call["deletion"]["replaced_by"].as_str();
        let is_silenced_alone = call["deletion"]["is_redaction"] == true;
        if is_silenced_alone || successor.is_some_and(|successor| !self.has_replaced(entry, successor)) {
            return false;
        }
        let requests = self.items.iter().filter(|item| item["sk"] == "D").map(|item| &item["view"]);
        requests.filter(|view| view["id"] == call["deletion"]["id"]).any(|view| {
            let (decided, named) = (&view["decided"]["by"], view["recordings"].as_array());
            let is_named = named.is_some_and(|all| all.iter().any(|id| *id == *entry.id));
            let by_two = view["state"] == "approved" && decided.is_string() && *decided != view["requested_by"];
            by_two && (entry.is_dependant() || is_named)
        })
    }

    /// Whether a redacted version stands in the place of its original, under its key, with other bytes, in another life of
    /// the same call; or has ended behind it.
    fn has_replaced(&self, original: &Entry, successor: &str) -> bool {
        let life = |call: &str| call.rsplit_once('#').map(|(call, _)| call.to_owned());
        let pk = format!("R#{successor}");
        if self.tombstones().any(|tombstone| text(tombstone, "pk") == pk) {
            return true;
        }
        let there = in_bucket(self.world);
        let item = |id: &str| self.items.iter().find(|item| item["sk"] == "R" && text(item, "pk") == format!("R#{id}"));
        let (Some(is), Some(was)) = (item(successor), item(&original.id)) else { return false };
        let Some(entry) = Entry::of(is) else { return false };
        let is_dependant_of_another = original.is_dependant();
        let differs =
            is["sha256"].is_string() && is["sha256"] != was["sha256"] && is["object"]["key"] == was["object"]["key"];
        let names_it = is["redacted_from"]["version_id"] == was["object"]["version_id"];
        entry.state == "active"
            && entry.duplicate_of.is_none()
            && there.contains(&entry.version_id)
            && entry.call != original.call
            && life(&entry.call) == life(&original.call)
            && (is_dependant_of_another || differs && names_it)
    }

    /// Whether a hold of the call id stood when the call was claimed.
    fn was_held(&self, call: &Value) -> bool {
        let Some(claimed_at) = moment(&call["claim"], "at") else { return is_held(call) };
        let pk = text(call, "pk").replacen("C#", "H#", 1);
        let holds = pk.rsplit_once('#').map_or("", |(pk, _)| pk);
        let mut of_call = self.items.iter().filter(|item| item["pk"] == holds && text(item, "sk").starts_with("H#"));
        let stood = |hold: &Value| {
            let ends = ["until", "lifted_at"].into_iter().filter_map(|name| moment(hold, name));
            moment(hold, "placed_at").is_some_and(|placed| placed < claimed_at)
                && ends.min().is_none_or(|end| end > claimed_at)
        };
        is_held(call) || of_call.any(stood)
    }

    /// QUIET: by the keys of the objects that were put, and by the shape of a number.
    pub(super) fn check_quiet(&self, found: &mut Found) {
        let keys: BTreeSet<&str> = self.put.values().map(|version| version.key.as_str()).collect();
        let tombstones = self.tombstones().map(|tombstone| (text(tombstone, "pk"), tombstone.to_string()));
        for (what, says) in tombstones.chain(self.journal().into_iter().map(|says| ("the journal", says))) {
            let names_number = says.match_indices("+81").any(|(at, _)| says[at + 3..].starts_with(|c: char| c != '"'));
            let is_quiet = !names_number && !keys.iter().any(|key| says.contains(key));
            found.unless(is_quiet, Rule::Quiet, || format!("{what} names an object or a number"));
        }
    }

    /// UNBROKEN: numbers without a gap, each event linked to the one before, each hash that of what it says.
    pub(super) fn check_custody(&self, found: &mut Found) {
        let mut heads: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        let beginning = "0".repeat(64);
        for event in self.events() {
            let pk = text(event, "pk");
            let (number, previous) = heads.entry(pk).or_insert((0, &beginning));
            *number += 1;
            let is_whole = event["number"].as_u64() == Some(*number)
                && text(event, "previous") == *previous
                && text(event, "hash") == hash(event)
                && format!("R#{}", text(event, "recording")) == pk;
            found.unless(is_whole, Rule::Unbroken, || format!("event {number} of {pk}"));
            *previous = text(event, "hash");
        }
    }

    /// TRACE FIRST: an event of each version that was fetched by a URL, and an audit event of each access.
    pub(super) fn check_accesses(&self, found: &mut Found) {
        let accesses = || self.events().filter(|event| matches!(text(event, "kind"), "played" | "downloaded"));
        let heard: BTreeSet<&str> = accesses().map(|event| text(event, "pk")).collect();
        for fetched in self.world.fetched(BUCKET) {
            let is_it = |item: &&Value| {
                item["sk"] == "R"
                    && [&item["object"]["version_id"], &item["version_id"]].into_iter().any(|id| *id == *fetched)
            };
            let is_traced = self.items.iter().find(is_it).is_some_and(|item| heard.contains(text(item, "pk")));
            found.unless(is_traced, Rule::TraceFirst, || format!("{fetched} was fetched without an event"));
        }
        let audited = self.items.iter().filter(|item| text(item, "pk").starts_with("A#"));
        let audited: BTreeSet<&str> = audited.map(|item| text(&item["view"], "operation")).collect();
        for event in accesses() {
            // An audit event ends before the custody does.
            let is_recent = moment(event, "at").is_some_and(|at| self.world.now().duration_since(at) < AUDITED);
            let is_right = !is_recent || audited.contains(text(event, "operation"));
            let how = || format!("event {} of {} has no audit event", event["number"], text(event, "pk"));
            found.unless(is_right, Rule::TraceFirst, how);
        }
    }
}

/// The index attributes of a recording that are not as the recording is.
fn misplaced(entry: &Entry, item: &Value) -> Vec<&'static str> {
    let view = &item["view"];
    let Some(started_at) = moment(view, "started_at") else { return Vec::new() };
    let is_shown = entry.duplicate_of.is_none();
    let is_active = is_shown && entry.state == "active";
    let month = started_at.strftime("%Y-%m");
    // A reason why there is no number begins with a letter.
    let number = view["counterpart"].as_str().filter(|text| is_active && !text.starts_with(char::is_alphabetic));
    let letter = [("active", "M"), ("quarantined", "Q")].into_iter().find(|(state, _)| *state == entry.state);
    let time = letter.filter(|_| is_shown).map(|(_, letter)| format!("{letter}#{month}"));
    // The last part of the place in time is the shard.
    let in_time = item["time_key"].as_str().and_then(|key| key.rsplit_once('#')).map(|(key, _)| key.to_owned());
    let stored = |name: &str| item[name].as_str().map(str::to_owned);
    let staff = view["staff"].as_str().filter(|_| is_active);
    let places = [
        ("number_key", stored("number_key"), number.map(|number| format!("N#{number}"))),
        ("last4_key", stored("last4_key"), number.map(|all| format!("L#{}", &all[all.len().saturating_sub(4)..]))),
        ("staff_key", stored("staff_key"), staff.map(|staff| format!("S#{staff}#{month}"))),
        ("team_key", stored("team_key"), is_active.then(|| format!("T#{}#{month}", text(view, "team")))),
        ("time_key", in_time, time.clone()),
    ];
    let mut wrong: Vec<&str> =
        places.into_iter().filter(|(_, is, should_be)| is != should_be).map(|(name, ..)| name).collect();
    if text(item, "at").ends_with(&format!("#{}", entry.id)) != time.is_some() {
        wrong.push("at");
    }
    wrong
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
