//! The end: the company lives on until everything in it is gone, and each version goes at its own second.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::breach::{Breach, Rule, breach, in_bucket, undeclared};
use super::scene::{Entry, Promise, Scene, text};
use super::standing::standing;
use crate::company::{BUCKET, Company, TABLE};
use crate::world::World;

/// 3 moments at which a world that lives on is swept: the first and the last ends and some between.
const MOMENTS: usize = 3;

/// Lives on in a thread of its own: the world may end within a runtime, and runtimes do not nest.
pub(super) fn live_on_elsewhere(world: &World) -> Vec<Breach> {
    let lived = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
                runtime.expect("a runtime").block_on(live_on(world))
            })
            .join()
    });
    lived.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        undeclared(world, vec![breach(Rule::LivesOn, message)])
    })
}

/// What is wrong with a world as it stands, and what goes wrong until everything in it is gone.
pub async fn live_on(world: &World) -> Vec<Breach> {
    let mut breaches = standing(world);
    if !world.notes().contains(&Rule::LivesOn.name()) {
        world.clear_faults();
        world.catch_up();
        // Without retries: the process has one account of them, which tests side by side would empty.
        let company = Company::of_without_retries(world.clone());
        breaches.extend(to_the_end(&company).await);
    }
    undeclared(world, breaches)
}

async fn to_the_end(company: &Company) -> Vec<Breach> {
    let world = &company.world;
    // Longer than reconciliation waits for an event, and than the delay of a publication.
    world.advance(Duration::from_hours(26));
    for schedule in ["reconcile", "roll_up"] {
        company.index().await;
        company.run_schedule(schedule).await;
    }
    let scene = Scene::of(world);
    let mut breaches = scene.check_standing();
    breaches.extend(nothing_lost(&scene, world));
    let promises = scene.promises();
    let held = held_by_s3(world);
    let agreed = scene.agreed();
    let mut ends: Vec<Timestamp> = promises.values().map(|promise| promise.gone_at.max(world.now())).collect();
    ends.retain(|end| *end < Timestamp::MAX);
    ends.sort_unstable();
    ends.dedup();
    let is_late = |id: &String, promise: &Promise, at: Timestamp| at >= promise.gone_at && !held.contains(id);
    for end in some_of(&ends, MOMENTS) {
        for at in [end - SignedDuration::from_secs(1), end] {
            if at < world.now() {
                continue;
            }
            world.set_now(at);
            let is_left = |there: &BTreeSet<String>| {
                promises.iter().any(|(id, promise)| there.contains(id) && is_late(id, promise, at))
            };
            let there = match sweep(company, is_left).await {
                Ok(there) => there,
                Err(breach) => {
                    breaches.push(breach);
                    return breaches;
                }
            };
            for entry in scene.entries.iter().filter(|entry| scene.put_at.contains_key(&entry.version_id)) {
                let Some(promise) = promises.get(&entry.version_id) else { continue };
                let is_there = there.contains(&entry.version_id);
                let how = || format!("{} in {}, {promise:?}, at {at}", entry.id, entry.call);
                let is_early = at < promise.not_before && !agreed.contains(&entry.id);
                if !is_there && is_early && is_proved(world, entry) {
                    breaches.push(breach(Rule::NeverEarly, how()));
                }
                if is_there && is_late(&entry.version_id, promise, at) {
                    breaches.push(breach(Rule::NeverLate, how()));
                }
                if entry.is_dependant() {
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
    breaches.extend(standing(world));
    // Longer than what has an end of its own outlives its call.
    world.advance(Duration::from_hours(24 * 400));
    world.sweep_time_to_live();
    breaches.extend(Scene::of(world).remains().into_iter().map(|left| breach(Rule::NothingStays, left)));
    breaches
}

/// NOTHING LOST, once reconciliation has brought what events did not.
fn nothing_lost(scene: &Scene, world: &World) -> Vec<Breach> {
    let there = in_bucket(world);
    let known: BTreeSet<&str> = scene.entries.iter().map(|entry| entry.version_id.as_str()).collect();
    let proved: BTreeSet<&str> = scene.tombstones().map(|tombstone| text(tombstone, "version_id")).collect();
    let put = world.ever_put(BUCKET).into_iter().filter(|version| !version.is_taken_away);
    let is_lost = |id: &str| if there.contains(id) { !known.contains(id) } else { !proved.contains(id) };
    let lost = put.filter(|version| is_lost(&version.version_id));
    lost.map(|version| breach(Rule::NothingLost, format!("{} under `{}`", version.version_id, version.key))).collect()
}

/// The versions that S3 keeps by a legal hold of its own.
fn held_by_s3(world: &World) -> BTreeSet<String> {
    let keys = world.object_keys(BUCKET);
    let versions = keys.iter().flat_map(|key| world.object_versions(BUCKET, key));
    versions.filter(|version| version.legal_hold).map(|version| version.version_id).collect()
}

/// Whether a version is gone because it was deleted, and not because the test took it away.
fn is_proved(world: &World, entry: &Entry) -> bool {
    let pk = format!("R#{}", entry.id);
    world.table_items(TABLE).iter().any(|item| item["pk"] == pk.as_str() && item.get("deleted_at").is_some())
}

fn with_its_recording(scene: &Scene, entry: &Entry, there: &BTreeSet<String>, at: Timestamp) -> Option<Breach> {
    let hosts: Vec<&Entry> = scene.entries.iter().filter(|other| other.is_host_of(entry)).collect();
    let is_there = there.contains(&entry.version_id);
    let is_right = hosts.is_empty() || hosts.iter().any(|host| there.contains(&host.version_id) == is_there);
    let how = || format!("{} is {}there at {at}, and no recording of it", entry.id, if is_there { "" } else { "not " });
    (!is_right).then(|| breach(Rule::EndsWithItsRecording, how()))
}

/// Sweeps once, and again where something is left whose time has come.
async fn sweep(company: &Company, is_left: impl Fn(&BTreeSet<String>) -> bool) -> Result<BTreeSet<String>, Breach> {
    for _ in 0..3 {
        let swept = company.sweep().await;
        swept.map_err(|error| breach(Rule::LivesOn, format!("a sweep failed: {error}")))?;
        if !is_left(&in_bucket(&company.world)) {
            break;
        }
        // More may be due than one day loses without an approval.
        company.approve_every_deletion().await;
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
