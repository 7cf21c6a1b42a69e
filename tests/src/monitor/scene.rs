//! Everything that stands at one moment, and when it ends by a model of the monitor's own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::company::{AUDIT_BUCKET, BUCKET, RULEBOOK_BUCKET, TABLE};
use crate::world::{PutVersion, StoredVersion, World};

/// A recording's place, read from the table; what it ends with is computed from it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    key: String,
    pub(super) version_id: String,
    pub(super) state: String,
    pub(super) call: String,
    class: String,
    day: Date,
    pub(super) duplicate_of: Option<String>,
}

impl Entry {
    /// Nothing for what is no recording.
    pub(super) fn of(item: &Value) -> Option<Self> {
        let text = |path: &str| item.pointer(path)?.as_str().map(str::to_owned);
        let incarnation = item.pointer("/view/call/incarnation")?.as_u64()?;
        Some(Self {
            id: text("/view/id")?,
            key: text("/object/key")?,
            version_id: text("/object/version_id")?,
            state: text("/view/state")?,
            call: format!("C#{}#{incarnation:06}", text("/view/call/id")?),
            class: text("/view/class")?,
            day: text("/day")?.parse().ok()?,
            duplicate_of: text("/view/duplicate_of"),
        })
    }

    /// Whether it ends with another.
    pub(super) fn is_dependant(&self) -> bool {
        self.duplicate_of.is_some() || self.speaks_for().is_some()
    }

    /// A sidecar's recordings lie under its key without its ending.
    fn speaks_for(&self) -> Option<&str> {
        let ending = ["_metadata.json", ".json"].into_iter().find_map(|ending| self.key.strip_suffix(ending));
        ending.filter(|stem| !self.key.starts_with("calllog/") && !stem.is_empty() && !stem.ends_with('/'))
    }

    pub(super) fn is_host_of(&self, other: &Self) -> bool {
        let beside = |stem: &str| self.key == stem || self.key.rsplit_once('.').is_some_and(|(name, _)| name == stem);
        match &other.duplicate_of {
            Some(first) => self.id == *first,
            None => !self.is_dependant() && other.speaks_for().is_some_and(beside),
        }
    }
}

/// A rulebook as far as ends depend on it, read from its texts.
pub(super) struct Rules {
    zone: TimeZone,
    settle: SignedDuration,
    keep_days: BTreeMap<String, i64>,
}

impl Rules {
    fn of(document: &Value) -> Option<Self> {
        let setting = |name: &str| {
            let mut lines = document["policy"].as_str()?.lines();
            let line = lines.find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix('='))?;
            Some(line.split('#').next()?.trim().trim_matches('"').to_owned())
        };
        let revisions = document["revisions"].as_object()?;
        Some(Self {
            zone: TimeZone::get(&setting("time_zone").unwrap_or_else(|| "Asia/Tokyo".to_owned())).ok()?,
            settle: SignedDuration::from_hours(setting("settle_hours").map_or(Some(72), |text| text.parse().ok())?),
            keep_days: revisions.iter().filter_map(|(name, days)| Some((name.clone(), days.as_i64()?))).collect(),
        })
    }

    /// The first moment of the day after the last one; `None` is never.
    pub(super) fn end(&self, class: &str, day: Date) -> Option<Timestamp> {
        let after = day.checked_add(self.keep_days.get(class)?.checked_add(1)?.days()).ok()?;
        after.to_zoned_datetime(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }

    pub(super) fn settled(&self, from: Timestamp) -> Option<Timestamp> {
        from.checked_add(self.settle).ok()
    }
}

/// When a version may go, and when it must be gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) not_before: Timestamp,
    pub(super) gone_at: Timestamp,
}

impl Promise {
    const NEVER: Self = Self { not_before: Timestamp::MAX, gone_at: Timestamp::MAX };
}

/// Everything that stands at one moment.
pub(super) struct Scene<'world> {
    pub(super) world: &'world World,
    pub(super) items: Vec<Value>,
    pub(super) entries: Vec<Entry>,
    pub(super) rules: BTreeMap<u64, Rules>,
    /// The newest rulebook, in force or to come.
    newest: Option<u64>,
    /// Every version that was put, by its id.
    pub(super) put: BTreeMap<String, PutVersion>,
}

pub(super) fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name].as_str().unwrap_or_default()
}

pub(super) fn moment(item: &Value, name: &str) -> Option<Timestamp> {
    text(item, name).parse().ok()
}

/// The ids of a call's legs.
pub(super) fn legs(call: &Value) -> impl Iterator<Item = &str> {
    call["legs"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

pub(super) fn is_held(call: &Value) -> bool {
    call["holds"].as_object().is_some_and(|holds| !holds.is_empty())
}

/// What lies in a bucket.
pub(super) fn versions(world: &World, bucket: &str) -> Vec<StoredVersion> {
    let keys = world.object_keys(bucket).into_iter();
    keys.flat_map(|key| world.object_versions(bucket, &key)).filter(|version| !version.is_delete_marker).collect()
}

/// The versions in the recordings bucket.
pub(super) fn in_bucket(world: &World) -> BTreeSet<String> {
    versions(world, BUCKET).into_iter().map(|version| version.version_id).collect()
}

impl<'world> Scene<'world> {
    pub(super) fn of(world: &'world World) -> Self {
        let items = world.table_items(TABLE);
        let entries = items.iter().filter(|item| item["sk"] == "R").filter_map(Entry::of).collect();
        let documents = versions(world, RULEBOOK_BUCKET).into_iter();
        let documents = documents.filter_map(|version| serde_json::from_slice::<Value>(&version.body).ok());
        let rules = documents.filter_map(|document| Some((document["version"].as_u64()?, Rules::of(&document)?)));
        let pointer = items.iter().find(|item| item["pk"] == "RULEBOOK" && item["sk"] == "POINTER");
        let newest = |which: &str| pointer?["pointer"][which]["version"].as_u64();
        let put = world.ever_put(BUCKET).into_iter().map(|version| (version.version_id.clone(), version)).collect();
        Self {
            world,
            rules: rules.collect(),
            newest: newest("pending").or_else(|| newest("current")),
            entries,
            put,
            items,
        }
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "C" && text(item, "pk").starts_with("C#"))
    }

    pub(super) fn call_of(&self, entry: &Entry) -> Option<&Value> {
        self.calls().find(|call| text(call, "pk") == entry.call)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| text(item, "sk").starts_with("E#"))
    }

    pub(super) fn tombstones(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "R" && item.get("deleted_at").is_some())
    }

    pub(super) fn journal(&self) -> Vec<String> {
        let texts = versions(self.world, AUDIT_BUCKET).into_iter();
        texts.map(|version| String::from_utf8_lossy(&version.body).into_owned()).collect()
    }

    /// When each version ends, by the newest rules: its call as a whole.
    pub(super) fn promises(&self) -> BTreeMap<String, Promise> {
        let rules = self.newest.and_then(|version| self.rules.get(&version));
        let calls: BTreeMap<&str, Promise> =
            self.calls().map(|call| (text(call, "pk"), self.promise(call, rules).unwrap_or(Promise::NEVER))).collect();
        let promise = |entry: &Entry| calls.get(entry.call.as_str()).copied().unwrap_or(Promise::NEVER);
        self.entries.iter().map(|entry| (entry.version_id.clone(), promise(entry))).collect()
    }

    fn promise(&self, call: &Value, rules: Option<&Rules>) -> Option<Promise> {
        let rules = rules.filter(|_| !is_held(call))?;
        let of_call: Vec<&Entry> = self.entries.iter().filter(|entry| entry.call == text(call, "pk")).collect();
        let is_alone = of_call.iter().all(|entry| entry.is_dependant());
        let own = || of_call.iter().filter(|entry| is_alone || !entry.is_dependant());
        let ends: Option<Vec<Timestamp>> = own().map(|leg| rules.end(&leg.class, leg.day)).collect();
        let settled = of_call.iter().filter_map(|leg| rules.settled(self.put.get(&leg.version_id)?.at));
        let not_before = ends?.into_iter().chain(settled).max()?;
        // A leg that moved takes along what it was kept for, except quarantine.
        let kept = own().flat_map(|leg| kept_for(call, &leg.id, &leg.state));
        let kept: Option<Vec<Timestamp>> = kept.map(|(class, day)| rules.end(&class, day)).collect();
        // Settling may run from the last moment at which anything of the call was understood.
        let is_of_call = |event: &&Value| of_call.iter().any(|entry| text(event, "recording") == entry.id);
        let understood = self.events().filter(is_of_call).filter(|event| event["facts"].get("state").is_some());
        let understood = understood.filter_map(|event| rules.settled(moment(event, "at")?)).max();
        let gone_at = kept.map(|kept| kept.into_iter().chain(understood).chain([not_before]).max());
        Some(Promise { not_before, gone_at: gone_at.flatten().unwrap_or(Timestamp::MAX) })
    }

    /// What still says something of calls that are gone.
    pub(super) fn remains(&self) -> impl Iterator<Item = String> {
        let is_left = |item: &&Value| {
            let has_texts = text(item, "sk").starts_with("E#") && item.get("texts").is_some();
            let lives = (item["sk"] == "R" && item.get("deleted_at").is_none()) || legs(item).next().is_some();
            has_texts || lives || ["L#", "K#", "B#"].iter().any(|row| text(item, "pk").starts_with(row))
        };
        self.items.iter().filter(is_left).map(|item| format!("{} {}", text(item, "pk"), text(item, "sk")))
    }
}

/// The periods that a call says a leg brings, except the one of quarantine where the leg left it.
fn kept_for(call: &Value, leg: &str, state: &str) -> Vec<(String, Date)> {
    let periods = call["brought"][leg]["periods"].as_object().into_iter().flatten();
    let kept = periods.filter(|(class, _)| state != "active" || !class.starts_with("quarantine."));
    kept.filter_map(|(class, day)| Some((class.clone(), day.as_str()?.parse().ok()?))).collect()
}
