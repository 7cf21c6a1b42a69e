//! Everything that stands at one moment, and when it ends by a model of the monitor's own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::company::{BUCKET, RULEBOOK_BUCKET, TABLE};
use crate::world::World;

/// A recording's place, read from the table; what it ends with is computed from it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) version_id: String,
    pub(super) state: String,
    pub(super) call: String,
    pub(super) class: String,
    pub(super) day: Date,
    pub(super) duplicate_of: Option<String>,
}

impl Entry {
    /// Nothing for what is no recording.
    pub(super) fn of(item: &Value) -> Option<Self> {
        let (view, object) = (item.get("view")?, item.get("object")?);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let call = &view["call"];
        Some(Self {
            id: text(&view["id"])?,
            key: text(&object["key"])?,
            version_id: text(&object["version_id"])?,
            state: text(&view["state"])?,
            call: format!("C#{}#{:06}", call["id"].as_str()?, call["incarnation"].as_u64()?),
            class: text(&view["class"])?,
            day: item["day"].as_str()?.parse().ok()?,
            duplicate_of: text(&view["duplicate_of"]),
        })
    }

    /// Whether it ends with another.
    pub(super) fn is_dependant(&self) -> bool {
        self.duplicate_of.is_some() || self.speaks_for().is_some()
    }

    /// A sidecar's recordings lie under its key without its ending.
    fn speaks_for(&self) -> Option<&str> {
        let is_log = self.key.starts_with("calllog/");
        let ending = ["_metadata.json", ".json"].into_iter().find_map(|ending| self.key.strip_suffix(ending));
        ending.filter(|stem| !is_log && !stem.is_empty() && !stem.ends_with('/'))
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
#[derive(Clone, Debug)]
pub(super) struct Rules {
    zone: TimeZone,
    pub(super) settle: SignedDuration,
    keep_days: BTreeMap<String, i64>,
}

impl Rules {
    fn of(document: &Value) -> Option<Self> {
        let policy = document["policy"].as_str()?;
        let setting = |name: &str| {
            let line = policy.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix('='))?;
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
        let days = self.keep_days.get(class)?.checked_add(1)?;
        let after = day.checked_add(days.days()).ok()?;
        after.to_zoned_datetime(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

/// When a version may go, and when it must be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) not_before: Timestamp,
    pub(super) gone_at: Timestamp,
}

impl Promise {
    const NEVER: Self = Self { not_before: Timestamp::MAX, gone_at: Timestamp::MAX };
}

/// Everything that stands at one moment.
pub(super) struct Scene {
    pub(super) items: Vec<Value>,
    pub(super) entries: Vec<Entry>,
    pub(super) rules: BTreeMap<u64, Rules>,
    /// The newest rulebook, in force or to come.
    newest: Option<u64>,
    /// When each version was put.
    pub(super) put_at: BTreeMap<String, Timestamp>,
}

pub(super) fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name].as_str().unwrap_or_default()
}

/// The ids of a call's legs, however the call keeps them.
pub(super) fn legs(call: &Value) -> BTreeSet<String> {
    match &call["legs"] {
        Value::Array(legs) => {
            let id = |leg: &Value| leg.as_str().or_else(|| leg["id"].as_str()).map(str::to_owned);
            legs.iter().filter_map(id).collect()
        }
        Value::Object(legs) => legs.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

pub(super) fn is_held(call: &Value) -> bool {
    match &call["holds"] {
        Value::Number(holds) => holds.as_u64() != Some(0),
        Value::Array(holds) => !holds.is_empty(),
        Value::Object(holds) => !holds.is_empty(),
        _ => false,
    }
}

impl Scene {
    pub(super) fn of(world: &World) -> Self {
        let items = world.table_items(TABLE);
        let entries = items.iter().filter(|item| item["sk"] == "R").filter_map(Entry::of).collect();
        let mut rules = BTreeMap::new();
        for key in world.object_keys(RULEBOOK_BUCKET) {
            for version in world.object_versions(RULEBOOK_BUCKET, &key) {
                if let Ok(document) = serde_json::from_slice::<Value>(&version.body)
                    && let (Some(number), Some(read)) = (document["version"].as_u64(), Rules::of(&document))
                {
                    rules.insert(number, read);
                }
            }
        }
        let pointer = items.iter().find(|item| item["pk"] == "RULEBOOK" && item["sk"] == "POINTER");
        let newest = |pointer: &Value| {
            let of = |which: &str| pointer["pointer"][which]["version"].as_u64();
            of("pending").or_else(|| of("current"))
        };
        let put_at = world.ever_put(BUCKET).into_iter().map(|version| (version.version_id, version.at)).collect();
        Self { newest: pointer.and_then(newest), items, entries, rules, put_at }
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "C" && text(item, "pk").starts_with("C#"))
    }

    pub(super) fn tombstones(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "R" && item.get("deleted_at").is_some())
    }

    /// When each version ends, by the newest rules: its call as a whole.
    pub(super) fn promises(&self) -> BTreeMap<String, Promise> {
        let rules = self.newest.and_then(|version| self.rules.get(&version));
        let calls: BTreeMap<&str, Promise> =
            self.calls().map(|call| (text(call, "pk"), self.promise(call, rules))).collect();
        let promise = |entry: &Entry| calls.get(entry.call.as_str()).copied().unwrap_or(Promise::NEVER);
        self.entries.iter().map(|entry| (entry.version_id.clone(), promise(entry))).collect()
    }

    fn promise(&self, call: &Value, rules: Option<&Rules>) -> Promise {
        let pk = text(call, "pk");
        let of_call: Vec<&Entry> = self.entries.iter().filter(|entry| entry.call == pk).collect();
        let Some(rules) = rules.filter(|_| !is_held(call)) else {
            return Promise::NEVER;
        };
        let is_alone = of_call.iter().all(|entry| entry.is_dependant());
        let own = || of_call.iter().filter(|entry| is_alone || !entry.is_dependant());
        let ends: Option<Vec<Timestamp>> = own().map(|leg| rules.end(&leg.class, leg.day)).collect();
        let settled = of_call.iter().filter_map(|leg| self.put_at.get(&leg.version_id)?.checked_add(rules.settle).ok());
        let Some(not_before) = ends.and_then(|ends| ends.into_iter().chain(settled).max()) else {
            return Promise::NEVER;
        };
        // A leg that moved takes along what it was kept for, except quarantine.
        let kept = own().flat_map(|leg| kept_for(call, &leg.id, &leg.state));
        let kept: Option<Vec<Timestamp>> = kept.map(|(class, day)| rules.end(&class, day)).collect();
        let Some(kept) = kept else { return Promise { not_before, gone_at: Timestamp::MAX } };
        let gone_at = kept.into_iter().chain([not_before, self.last_understood(&of_call, rules)]).max();
        Promise { not_before, gone_at: gone_at.unwrap_or(not_before) }
    }

    /// Settling may run from the last moment at which anything of the call was understood.
    fn last_understood(&self, of_call: &[&Entry], rules: &Rules) -> Timestamp {
        let ids: BTreeSet<String> = of_call.iter().map(|entry| format!("R#{}", entry.id)).collect();
        let events = self.items.iter().filter(|item| ids.contains(text(item, "pk")));
        let at = |event: &Value| text(event, "at").parse::<Timestamp>().ok();
        let understood = events.filter(|event| event["facts"].get("state").is_some()).filter_map(at).max();
        understood.and_then(|at| at.checked_add(rules.settle).ok()).unwrap_or(Timestamp::MIN)
    }

    /// What still says something of calls that are gone.
    pub(super) fn remains(&self) -> Vec<String> {
        let is_left = |item: &&Value| {
            let (pk, sk) = (text(item, "pk"), text(item, "sk"));
            let has_texts = sk.starts_with("E#") && item.get("texts").is_some();
            let lives = (sk == "R" && item.get("deleted_at").is_none()) || !legs(item).is_empty();
            let is_row = pk.starts_with("L#") || pk.starts_with("K#") || pk.starts_with("B#");
            has_texts || lives || is_row
        };
        let name = |item: &Value| format!("{} {}", text(item, "pk"), text(item, "sk"));
        self.items.iter().filter(is_left).map(name).collect()
    }
}

/// The periods that a call says a leg brings, except the one of quarantine where the leg left it.
fn kept_for(call: &Value, leg: &str, state: &str) -> Vec<(String, Date)> {
    let Some(periods) = call["brought"][leg]["periods"].as_object() else { return Vec::new() };
    let of_quarantine = |class: &str| state == "active" && class.starts_with("quarantine.");
    let read = |(class, day): (&String, &Value)| Some((class.clone(), day.as_str()?.parse().ok()?));
    periods.iter().filter(|(class, _)| !of_quarantine(class)).filter_map(read).collect()
}
