//! What must hold at every moment, whatever is under way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::breach::{Breach, Rule, breach, in_bucket, undeclared};
use super::scene::{Entry, Scene, is_held, legs, text};
use crate::company::{AUDIT_BUCKET, BUCKET};
use crate::world::World;

/// What is wrong with a world as it stands, without a call of AWS.
pub fn standing(world: &World) -> Vec<Breach> {
    let scene = Scene::of(world);
    let mut breaches = scene.check_standing();
    breaches.extend(scene.check_custody());
    breaches.extend(scene.check_accesses(world));
    breaches.extend(scene.check_quiet(world));
    breaches.extend(scene.check_deletions(world));
    undeclared(world, breaches)
}

impl Scene {
    pub(super) fn check_standing(&self) -> Vec<Breach> {
        let mut breaches = self.check_calls();
        breaches.extend(self.check_understood());
        breaches.extend(self.check_tombstones());
        let recordings = self.items.iter().filter(|item| item["sk"] == "R");
        breaches.extend(recordings.filter_map(|item| indexed(&Entry::of(item)?, item)));
        breaches
    }

    fn check_calls(&self) -> Vec<Breach> {
        let mut legs_in: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut breaches = Vec::new();
        for call in self.calls() {
            let (pk, legs) = (text(call, "pk"), legs(call));
            let is_nominated = !text(call, "due_key").is_empty() && !text(call, "at").is_empty();
            if !legs.is_empty() && !is_held(call) && !is_nominated {
                breaches.push(breach(Rule::Nominated, pk));
            }
            for leg in legs {
                legs_in.entry(leg).or_default().push(pk);
            }
        }
        for entry in &self.entries {
            let legs_in = legs_in.remove(&entry.id).unwrap_or_default();
            if legs_in != [entry.call.as_str()] {
                let how = format!("{} names {} and is in {legs_in:?}", entry.id, entry.call);
                breaches.push(breach(Rule::OneCall, how));
            }
        }
        // What has ended is a leg of nothing.
        let legs = legs_in.into_iter().map(|(leg, calls)| format!("{leg}, which stands nowhere, is in {calls:?}"));
        breaches.extend(legs.map(|how| breach(Rule::OneCall, how)));
        breaches
    }

    fn check_understood(&self) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut has_been_active = BTreeSet::new();
        // Items are sorted by their keys, and events by their numbers.
        for event in self.items.iter().filter(|item| text(item, "sk").starts_with("E#")) {
            let pk = text(event, "pk");
            match event["facts"]["state"].as_str() {
                Some("active") => {
                    has_been_active.insert(pk);
                }
                Some("quarantined") if has_been_active.contains(pk) => {
                    breaches.push(breach(Rule::StaysUnderstood, format!("{pk} fell back into quarantine")));
                }
                _ => {}
            }
        }
        let active = self.entries.iter().filter(|entry| entry.state == "active" && !entry.is_dependant());
        let active: BTreeSet<&str> = active.map(|entry| entry.call.as_str()).collect();
        for entry in self.entries.iter().filter(|entry| entry.state == "quarantined" && !entry.is_dependant()) {
            if active.contains(entry.call.as_str()) {
                let how = format!("{} is quarantined in the call of others", entry.id);
                breaches.push(breach(Rule::StaysUnderstood, how));
            }
        }
        breaches
    }

    /// NEVER EARLY, of what is gone already: by what its tombstone says of its class and day.
    fn check_tombstones(&self) -> Vec<Breach> {
        let mut breaches = Vec::new();
        // What two people agreed on is the one earlier deletion.
        for tombstone in self.tombstones().filter(|tombstone| tombstone.get("requested").is_none()) {
            let deleted_at: Option<Timestamp> = text(tombstone, "deleted_at").parse().ok();
            let rules = tombstone["rulebook_version"].as_u64().and_then(|version| self.rules.get(&version));
            let (Some(deleted_at), Some(rules)) = (deleted_at, rules) else { continue };
            let day = text(tombstone, "day").parse().ok();
            let end = day.and_then(|day| rules.end(text(tombstone, "class"), day));
            let put_at = self.put_at.get(text(tombstone, "version_id"));
            let settled = put_at.and_then(|at| at.checked_add(rules.settle).ok());
            let not_before = end.into_iter().chain(settled).max();
            if not_before.is_none_or(|not_before| deleted_at < not_before) {
                let how = format!("{} was deleted at {deleted_at}, not {not_before:?}", text(tombstone, "pk"));
                breaches.push(breach(Rule::NeverEarly, how));
            }
        }
        breaches
    }

    /// NEVER EARLY, of what S3 has deleted and no tombstone proves yet: its call is claimed, over and free, and its
    /// version is in the journal.
    pub(super) fn check_deletions(&self, world: &World) -> Vec<Breach> {
        let there = in_bucket(world);
        let taken_away = world.ever_put(BUCKET).into_iter().filter(|version| version.is_taken_away);
        let taken_away: BTreeSet<String> = taken_away.map(|version| version.version_id).collect();
        let is_gone = |entry: &&Entry| {
            let id = &entry.version_id;
            self.put_at.contains_key(id) && !there.contains(id) && !taken_away.contains(id)
        };
        let gone: Vec<&Entry> = self.entries.iter().filter(is_gone).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let (promises, journal, now) = (self.promises(), texts_in(world, AUDIT_BUCKET), world.now());
        let mut breaches = Vec::new();
        for entry in gone {
            let call = self.calls().find(|call| text(call, "pk") == entry.call);
            let is_claimed = call.is_some_and(|call| call.get("claim").is_some());
            let is_agreed = call.is_some_and(|call| self.is_agreed(call, entry));
            let is_free = call.is_none_or(|call| !self.was_held(call));
            let is_over = promises.get(&entry.version_id).is_some_and(|promise| promise.not_before <= now);
            let is_written = journal.iter().any(|text| text.contains(&entry.version_id));
            if !is_claimed || !is_written || !is_free || !(is_over || is_agreed) {
                let how = format!(
                    "{} is gone at {now}: claimed {is_claimed}, over {is_over}, agreed {is_agreed}, free of holds \
                     {is_free}, in the journal {is_written}",
                    entry.id
                );
                breaches.push(breach(Rule::NeverEarly, how));
            }
        }
        breaches
    }

    /// Whether two people agreed on the deletion of the call, this recording in it.
    fn is_agreed(&self, call: &Value, entry: &Entry) -> bool {
        let named =
            |view: &Value| view["recordings"].as_array().is_some_and(|all| all.iter().any(|id| *id == *entry.id));
        let by_two = |view: &Value| {
            view["state"] == "approved"
                && view["decided"]["by"].is_string()
                && view["decided"]["by"] != view["requested_by"]
        };
        let request = |item: &&Value| item["sk"] == "D" && item["view"]["id"] == call["deletion"]["id"];
        let request = self.items.iter().find(request).map(|item| &item["view"]);
        let is_approved = call["deletion"]["approved"].is_object();
        is_approved && request.is_some_and(|view| by_two(view) && (entry.is_dependant() || named(view)))
    }

    /// The recordings on whose deletion two people agreed.
    pub(super) fn agreed(&self) -> BTreeSet<String> {
        let is_agreed = |entry: &&Entry| {
            let call = self.calls().find(|call| text(call, "pk") == entry.call);
            call.is_some_and(|call| self.is_agreed(call, entry))
        };
        self.entries.iter().filter(is_agreed).map(|entry| entry.id.clone()).collect()
    }

    /// Whether a hold of the call id stood when the call was claimed.
    fn was_held(&self, call: &Value) -> bool {
        let at = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let Some(claimed_at) = at(&call["claim"]["at"]) else { return is_held(call) };
        let pk = text(call, "pk").replacen("C#", "H#", 1);
        let holds = pk.rsplit_once('#').map_or("", |(pk, _)| pk);
        let of_call = self.items.iter().filter(|item| item["pk"] == holds && text(item, "sk").starts_with("H#"));
        let stood = |hold: &Value| {
            let ended =
                ["until", "lifted_at"].into_iter().any(|name| at(&hold[name]).is_some_and(|end| end <= claimed_at));
            at(&hold["placed_at"]).is_some_and(|placed| placed < claimed_at) && !ended
        };
        is_held(call) || of_call.into_iter().any(stood)
    }

    /// QUIET: by the keys of the objects that were put, and by the shape of a number.
    pub(super) fn check_quiet(&self, world: &World) -> Vec<Breach> {
        let keys: BTreeSet<String> = world.ever_put(BUCKET).into_iter().map(|version| version.key).collect();
        let tombstones = self.tombstones().map(|tombstone| (text(tombstone, "pk").to_owned(), tombstone.to_string()));
        let journal = texts_in(world, AUDIT_BUCKET).into_iter().map(|text| ("the journal".to_owned(), text));
        let mut breaches = Vec::new();
        for (what, says) in tombstones.chain(journal) {
            let names_number = says.match_indices("+81").any(|(at, _)| says[at + 3..].starts_with(|c: char| c != '"'));
            if names_number || keys.iter().any(|key| says.contains(key.as_str())) {
                breaches.push(breach(Rule::Quiet, format!("{what} names an object or a number")));
            }
        }
        breaches
    }
}

fn texts_in(world: &World, bucket: &str) -> Vec<String> {
    let keys = world.object_keys(bucket);
    let versions = keys.iter().flat_map(|key| world.object_versions(bucket, key));
    versions.map(|version| String::from_utf8_lossy(&version.body).into_owned()).collect()
}

/// Whether the search indexes carry a recording as it is.
fn indexed(entry: &Entry, item: &Value) -> Option<Breach> {
    let view = &item["view"];
    let is_shown = entry.duplicate_of.is_none();
    let is_active = is_shown && entry.state == "active";
    let started_at: Timestamp = text(view, "started_at").parse().ok()?;
    let month = started_at.strftime("%Y-%m");
    // A reason why there is no number begins with a letter.
    let number = view["counterpart"].as_str().filter(|text| is_active && !text.starts_with(char::is_alphabetic));
    let last4 = number.map(|number| format!("L#{}", &number[number.len().saturating_sub(4)..]));
    let staff = view["staff"].as_str().filter(|_| is_active).map(|staff| format!("S#{staff}#{month}"));
    let team = is_active.then(|| format!("T#{}#{month}", text(view, "team")));
    let time = match entry.state.as_str() {
        "active" if is_shown => Some(format!("M#{month}")),
        "quarantined" if is_shown => Some(format!("Q#{month}")),
        _ => None,
    };
    let number = number.map(|number| format!("N#{number}"));
    let expected = [("number_key", number), ("last4_key", last4), ("staff_key", staff), ("team_key", team)];
    let mut wrong: Vec<&str> = expected
        .iter()
        .filter(|(name, expected)| item[*name].as_str() != expected.as_deref())
        .map(|(name, _)| *name)
        .collect();
    // The last part is the shard.
    if item["time_key"].as_str().and_then(|key| key.rsplit_once('#')).map(|(key, _)| key) != time.as_deref() {
        wrong.push("time_key");
    }
    let has_place = text(item, "at").ends_with(&format!("#{}", entry.id));
    if has_place != time.is_some() {
        wrong.push("at");
    }
    (!wrong.is_empty()).then(|| breach(Rule::Indexed, format!("{}: {wrong:?}", entry.id)))
}
