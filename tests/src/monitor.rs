//! The monitor. When the last handle of a company's world is dropped, it asks what must hold for every object version
//! that was ever put, whatever the scenario was about.
//!
//! It reads the table, the buckets and the rulebooks as JSON and text, and computes with a model of its own: it shares
//! no code with what it checks. The random histories end with it. `ROKUBAN_MONITOR=first` has it look at every other
//! scenario's world too: the first worlds of each test live on (reconciliation, then a sweep one second before each
//! promised end and one at it, until everything is gone); of the many worlds of an exploration one in
//! [`LIVES_ON_EVERY`] does, and the others are looked at as they stand. `ROKUBAN_MONITOR=all` has all live on.
//!
//! A scenario that breaks a rule on purpose says so by name: [`Company::leaves`].

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::company::{BUCKET, Company, RULEBOOK_BUCKET, TABLE};
use crate::world::World;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// NOTHING LOST: every version that was put has an entry, or a tombstone once it is gone.
    NothingLost,
    /// Every recording is a leg of the call it names, and of no other.
    OneCall,
    /// Every call with legs is where `sweep` looks for it.
    Nominated,
    /// What was active is never quarantined again, and what is quarantined is in no call of others.
    StaysUnderstood,
    /// NEVER EARLY.
    NeverEarly,
    /// NEVER LATE: gone at its own second.
    NeverLate,
    /// A sidecar and a duplicate end with their recording.
    EndsWithItsRecording,
    /// Once all is gone, no fragment, row, text or leg stays in the table.
    NothingStays,
    /// The company can live on: its rulebook can be read, its jobs and sweeps succeed.
    LivesOn,
}

impl Rule {
    /// As [`World::note`] keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingLost => "nothing lost",
            Self::OneCall => "one call",
            Self::Nominated => "nominated",
            Self::StaysUnderstood => "stays understood",
            Self::NeverEarly => "never early",
            Self::NeverLate => "never late",
            Self::EndsWithItsRecording => "ends with its recording",
            Self::NothingStays => "nothing stays",
            Self::LivesOn => "lives on",
        }
    }
}

/// Faults that are known and not repaired yet. A rule is left out here by the name of its fault; the list only shrinks.
const KNOWN: &[(Rule, &str)] = &[];

/// A rule that is broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// How, by ids and moments.
    pub how: String,
}

/// 2 worlds of each test live on to their end.
const LIVES_ON_FIRST: usize = 2;

/// Of the worlds after those, one in 100.
pub const LIVES_ON_EVERY: usize = 100;

/// 3 moments at which a world that lives on is swept: the first and the last ends and some between.
const MOMENTS: usize = 3;

thread_local! {
    static WORLDS: Cell<usize> = const { Cell::new(0) };
}

/// Has a world looked at when its last handle is dropped, where that is asked for.
pub fn watch(world: &World) {
    if std::env::var_os("ROKUBAN_MONITOR").is_some() {
        world.at_end(look);
    }
}

/// Looks at a world at its end. Ends the test where a rule is broken.
pub fn look(world: &World) {
    let number = WORLDS.replace(WORLDS.get() + 1);
    let lives_on = number < LIVES_ON_FIRST
        || number.is_multiple_of(LIVES_ON_EVERY)
        || std::env::var("ROKUBAN_MONITOR").is_ok_and(|which| which == "all");
    let breaches = if lives_on { live_on_elsewhere(world) } else { standing(world) };
    assert!(breaches.is_empty(), "the monitor, at the world's end: {breaches:#?}");
}

/// Lives on in a thread of its own: the world may end within a runtime, and runtimes do not nest.
fn live_on_elsewhere(world: &World) -> Vec<Breach> {
    let lived = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
                runtime.expect("a runtime").block_on(live_on(world))
            })
            .join()
    });
    lived.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        without_declared(world, vec![breach(Rule::LivesOn, said)])
    })
}

fn breach(rule: Rule, how: impl Into<String>) -> Breach {
    Breach { rule, how: how.into() }
}

fn without_declared(world: &World, breaches: Vec<Breach>) -> Vec<Breach> {
    let declared = world.notes();
    let is_known = |rule: Rule| KNOWN.iter().any(|(known, _)| *known == rule);
    breaches.into_iter().filter(|breach| !declared.contains(breach.rule.name()) && !is_known(breach.rule)).collect()
}

/// What is wrong with a world as it stands, without a call of AWS.
pub fn standing(world: &World) -> Vec<Breach> {
    without_declared(world, Scene::of(world).check_standing(world))
}

/// What is wrong with a world as it stands, and what goes wrong until everything in it is gone.
pub async fn live_on(world: &World) -> Vec<Breach> {
    let mut breaches = Scene::of(world).check_standing(world);
    if !world.notes().contains(Rule::LivesOn.name()) {
        // Without retries: the process has one account of them, which tests side by side would empty.
        world.clear_faults();
        world.catch_up();
        let company = Company::of_without_retries(world.clone());
        breaches.extend(to_the_end(&company).await);
    }
    without_declared(world, breaches)
}

/// A recording's place, read from the table; what it ends with is computed from it.
#[derive(Clone, Debug)]
struct Entry {
    id: String,
    key: String,
    version_id: String,
    state: String,
    call: String,
    class: String,
    day: Date,
    duplicate_of: Option<String>,
}

impl Entry {
    /// Nothing for what is no recording.
    fn of(item: &Value) -> Option<Self> {
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
    fn is_dependant(&self) -> bool {
        self.duplicate_of.is_some() || self.speaks_for().is_some()
    }

    /// A sidecar's recordings lie under its key without its ending.
    fn speaks_for(&self) -> Option<&str> {
        let is_log = self.key.starts_with("calllog/");
        let ending = ["_metadata.json", ".json"].into_iter().find_map(|ending| self.key.strip_suffix(ending));
        ending.filter(|stem| !is_log && !stem.is_empty() && !stem.ends_with('/'))
    }

    fn is_host_of(&self, other: &Self) -> bool {
        let beside = |stem: &str| self.key == stem || self.key.rsplit_once('.').is_some_and(|(name, _)| name == stem);
        match &other.duplicate_of {
            Some(first) => self.id == *first,
            None => !self.is_dependant() && other.speaks_for().is_some_and(beside),
        }
    }
}

/// A rulebook as far as ends depend on it, read from its texts.
#[derive(Clone, Debug)]
struct Rules {
    zone: TimeZone,
    settle: SignedDuration,
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
    fn end(&self, class: &str, day: Date) -> Option<Timestamp> {
        let days = self.keep_days.get(class)?.checked_add(1)?;
        let after = day.checked_add(days.days()).ok()?;
        after.to_zoned_datetime(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

/// When a version may go, and when it must be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Promise {
    not_before: Timestamp,
    gone_at: Timestamp,
}

/// Everything that stands at one moment.
struct Scene {
    items: Vec<Value>,
    entries: Vec<Entry>,
    rules: BTreeMap<u64, Rules>,
    in_force: Option<u64>,
    put_at: BTreeMap<String, Timestamp>,
}

impl Scene {
    fn of(world: &World) -> Self {
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
        Self { in_force: pointer.and_then(newest), items, entries, rules, put_at }
    }

    fn text<'a>(item: &'a Value, name: &str) -> &'a str {
        item[name].as_str().unwrap_or_default()
    }

    fn calls(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "C")
    }

    /// The ids of a call's legs, however the call keeps them.
    fn legs(call: &Value) -> BTreeSet<String> {
        match &call["legs"] {
            Value::Array(legs) => {
                let id = |leg: &Value| leg.as_str().or_else(|| leg["id"].as_str()).map(str::to_owned);
                legs.iter().filter_map(id).collect()
            }
            Value::Object(legs) => legs.keys().cloned().collect(),
            _ => BTreeSet::new(),
        }
    }

    fn is_held(call: &Value) -> bool {
        match &call["holds"] {
            Value::Number(holds) => holds.as_u64() != Some(0),
            Value::Array(holds) => !holds.is_empty(),
            Value::Object(holds) => !holds.is_empty(),
            _ => false,
        }
    }

    fn tombstones(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["sk"] == "R" && item.get("deleted_at").is_some())
    }

    fn check_standing(&self, _world: &World) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for entry in self.entries.iter().filter(|entry| !entry.is_dependant()) {
            let legs_in: Vec<&str> = self
                .calls()
                .filter(|call| Self::legs(call).contains(&entry.id))
                .map(|call| Self::text(call, "pk"))
                .collect();
            if legs_in != [entry.call.as_str()] {
                breaches
                    .push(breach(Rule::OneCall, format!("{} names {} and is in {legs_in:?}", entry.id, entry.call)));
            }
        }
        for call in self.calls().filter(|call| !Self::legs(call).is_empty() && !Self::is_held(call)) {
            if Self::text(call, "due_key").is_empty() || Self::text(call, "at").is_empty() {
                breaches.push(breach(Rule::Nominated, Self::text(call, "pk")));
            }
        }
        breaches.extend(self.check_understood());
        breaches.extend(self.check_tombstones());
        breaches
    }

    fn check_understood(&self) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut has_been_active = BTreeSet::new();
        // Items are sorted by their keys, and events by their numbers.
        for event in self.items.iter().filter(|item| Self::text(item, "sk").starts_with("E#")) {
            let pk = Self::text(event, "pk");
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
        for entry in self.entries.iter().filter(|entry| entry.state == "quarantined" && !entry.is_dependant()) {
            let others = self.entries.iter().filter(|other| other.call == entry.call && other.state == "active");
            if others.count() > 0 {
                let how = format!("{} is quarantined in the call of others", entry.id);
                breaches.push(breach(Rule::StaysUnderstood, how));
            }
        }
        breaches
    }

    /// NEVER EARLY, of what is gone already: by what its tombstone says of its class and day.
    fn check_tombstones(&self) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for tombstone in self.tombstones() {
            let deleted_at: Option<Timestamp> = Self::text(tombstone, "deleted_at").parse().ok();
            let rules = tombstone["rulebook_version"].as_u64().and_then(|version| self.rules.get(&version));
            let (Some(deleted_at), Some(rules)) = (deleted_at, rules) else { continue };
            let day = Self::text(tombstone, "day").parse().ok();
            let end = day.and_then(|day| rules.end(Self::text(tombstone, "class"), day));
            let put_at = self.put_at.get(Self::text(tombstone, "version_id"));
            let settled = put_at.and_then(|at| at.checked_add(rules.settle).ok());
            let not_before = end.into_iter().chain(settled).max();
            if not_before.is_none_or(|not_before| deleted_at < not_before) {
                let how = format!("{} was deleted at {deleted_at}, not {not_before:?}", Self::text(tombstone, "pk"));
                breaches.push(breach(Rule::NeverEarly, how));
            }
        }
        breaches
    }

    /// When each version ends that is no dependant, by the rules that are the last to be in force.
    fn promises(&self) -> BTreeMap<String, Promise> {
        let never = Promise { not_before: Timestamp::MAX, gone_at: Timestamp::MAX };
        let rules = self.in_force.and_then(|version| self.rules.get(&version));
        let mut promises = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| !entry.is_dependant()) {
            let call = self.calls().find(|call| Self::text(call, "pk") == entry.call);
            let together = || self.entries.iter().filter(|other| other.call == entry.call && !other.is_dependant());
            let promise = match (rules, call) {
                (Some(rules), Some(call)) if !Self::is_held(call) => {
                    let ends: Option<Vec<_>> = together().map(|leg| rules.end(&leg.class, leg.day)).collect();
                    let settled = |id: &String| self.put_at.get(id)?.checked_add(rules.settle).ok();
                    let settled = together().filter_map(|leg| settled(&leg.version_id)).max();
                    ends.and_then(|ends| ends.into_iter().chain(settled).max()).map_or(never, |not_before| Promise {
                        not_before,
                        gone_at: self.last_understood(&entry.call, rules).max(not_before),
                    })
                }
                _ => never,
            };
            promises.insert(entry.version_id.clone(), promise);
        }
        promises
    }

    /// Settling may run from the last moment at which anything of the call was understood.
    fn last_understood(&self, call: &str, rules: &Rules) -> Timestamp {
        let ids: BTreeSet<String> =
            self.entries.iter().filter(|entry| entry.call == call).map(|entry| format!("R#{}", entry.id)).collect();
        let events = self.items.iter().filter(|item| ids.contains(Self::text(item, "pk")));
        let at = |event: &Value| Self::text(event, "at").parse::<Timestamp>().ok();
        let understood = events.filter(|event| event["facts"].get("state").is_some()).filter_map(at).max();
        understood.and_then(|at| at.checked_add(rules.settle).ok()).unwrap_or(Timestamp::MIN)
    }

    /// What still says something of calls that are gone.
    fn remains(&self) -> Vec<String> {
        let is_left = |item: &&Value| {
            let (pk, sk) = (Self::text(item, "pk"), Self::text(item, "sk"));
            let has_texts = sk.starts_with("E#") && item.get("texts").is_some();
            let lives = (sk == "R" && item.get("deleted_at").is_none()) || !Self::legs(item).is_empty();
            let is_row = pk.starts_with("L#") || pk.starts_with("K#") || pk.starts_with("B#");
            has_texts || lives || is_row
        };
        let name = |item: &Value| format!("{} {}", Self::text(item, "pk"), Self::text(item, "sk"));
        self.items.iter().filter(is_left).map(name).collect()
    }
}

fn in_bucket(world: &World) -> BTreeSet<String> {
    let keys = world.object_keys(BUCKET);
    keys.iter().flat_map(|key| world.object_versions(BUCKET, key)).map(|version| version.version_id).collect()
}

/// Lives on until everything is gone.
async fn to_the_end(company: &Company) -> Vec<Breach> {
    let world = &company.world;
    // Longer than reconciliation waits for an event, and than the delay of a publication.
    world.advance(Duration::from_hours(26));
    for schedule in ["reconcile", "roll_up"] {
        company.index().await;
        company.run_schedule(schedule).await;
    }
    let scene = Scene::of(world);
    let mut breaches = scene.check_standing(world);
    let there = in_bucket(world);
    let known: BTreeSet<&str> = scene.entries.iter().map(|entry| entry.version_id.as_str()).collect();
    let proved: BTreeSet<&str> = scene.tombstones().map(|tombstone| Scene::text(tombstone, "version_id")).collect();
    for version in world.ever_put(BUCKET).iter().filter(|version| !version.is_taken_away) {
        let id = version.version_id.as_str();
        let is_right = if there.contains(id) { known.contains(id) } else { proved.contains(id) };
        if !is_right {
            breaches.push(breach(Rule::NothingLost, format!("{id} under `{}`", version.key)));
        }
    }
    let promises = scene.promises();
    let held = |id: &String| world_holds(world, id);
    let mut ends: Vec<Timestamp> = promises.values().map(|promise| promise.gone_at.max(world.now())).collect();
    ends.retain(|end| *end < Timestamp::MAX);
    ends.sort_unstable();
    ends.dedup();
    for end in some_of(&ends, MOMENTS) {
        for at in [end - SignedDuration::from_secs(1), end] {
            if at < world.now() {
                continue;
            }
            world.set_now(at);
            let is_late = |id: &String, promise: &Promise| at >= promise.gone_at && !held(id);
            let swept =
                sweep(company, |there| promises.iter().any(|(id, promise)| there.contains(id) && is_late(id, promise)));
            let there = match swept.await {
                Ok(there) => there,
                Err(breach) => {
                    breaches.push(breach);
                    return breaches;
                }
            };
            for entry in scene.entries.iter().filter(|entry| scene.put_at.contains_key(&entry.version_id)) {
                let is_there = there.contains(&entry.version_id);
                if let Some(promise) = promises.get(&entry.version_id) {
                    let how = || format!("{} in {}, {promise:?}, at {at}", entry.id, entry.call);
                    if !is_there && at < promise.not_before && proved_now(world, entry) {
                        breaches.push(breach(Rule::NeverEarly, how()));
                    }
                    if is_there && is_late(&entry.version_id, promise) {
                        breaches.push(breach(Rule::NeverLate, how()));
                    }
                } else {
                    breaches.extend(with_its_recording(&scene, entry, &there, at));
                }
            }
            if !breaches.is_empty() {
                return breaches;
            }
        }
    }
    if promises.values().any(|promise| promise.gone_at == Timestamp::MAX) || !in_bucket(world).is_empty() {
        return breaches;
    }
    // Longer than what has an end of its own outlives its call.
    world.advance(Duration::from_hours(24 * 400));
    world.sweep_time_to_live();
    breaches.extend(Scene::of(world).remains().into_iter().map(|left| breach(Rule::NothingStays, left)));
    breaches
}

/// Whether S3 keeps a version by a legal hold of its own.
fn world_holds(world: &World, version_id: &str) -> bool {
    let keys = world.object_keys(BUCKET);
    let mut versions = keys.iter().flat_map(|key| world.object_versions(BUCKET, key));
    versions.any(|version| version.version_id == version_id && version.legal_hold)
}

/// Whether a version is gone because it was deleted, and not because the test took it away.
fn proved_now(world: &World, entry: &Entry) -> bool {
    let pk = format!("R#{}", entry.id);
    world.table_items(TABLE).iter().any(|item| item["pk"] == pk.as_str() && item.get("deleted_at").is_some())
}

fn with_its_recording(scene: &Scene, entry: &Entry, there: &BTreeSet<String>, at: Timestamp) -> Vec<Breach> {
    let hosts: Vec<&Entry> = scene.entries.iter().filter(|other| other.is_host_of(entry)).collect();
    let is_there = there.contains(&entry.version_id);
    let is_right = hosts.is_empty() || hosts.iter().any(|host| there.contains(&host.version_id) == is_there);
    let how = || format!("{} is {}there at {at}, and no recording of it", entry.id, if is_there { "" } else { "not " });
    if is_right { Vec::new() } else { vec![breach(Rule::EndsWithItsRecording, how())] }
}

/// Sweeps once, and again where something is left whose time has come.
async fn sweep(company: &Company, is_late: impl Fn(&BTreeSet<String>) -> bool) -> Result<BTreeSet<String>, Breach> {
    for _ in 0..3 {
        let swept = company.sweep().await;
        swept.map_err(|error| breach(Rule::LivesOn, format!("a sweep failed: {error}")))?;
        if !is_late(&in_bucket(&company.world)) {
            break;
        }
    }
    Ok(in_bucket(&company.world))
}

/// Some of a sorted list, the first and the last among them.
fn some_of(all: &[Timestamp], limit: usize) -> Vec<Timestamp> {
    if all.len() <= limit {
        return all.to_vec();
    }
    (0..limit).map(|place| all[place * (all.len() - 1) / (limit - 1)]).collect()
}
