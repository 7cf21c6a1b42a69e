//! The end: the company lives on until everything in it is gone, and each version goes at its own second.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::breach::{Breach, Found, Rule, is_declared};
use super::scene::{Entry, Promise, Scene, in_bucket, text, versions};
use super::standing::standing;
use crate::company::{BUCKET, Company, TABLE};
use crate::world::World;

/// 500 items: in a larger world a test is about numbers, and each look at it takes long.
const ITEMS: usize = 500;

/// Lives on in a thread of its own: the world may end within a runtime, and runtimes do not nest.
pub(super) fn live_on_elsewhere(world: &World) -> Vec<Breach> {
    let in_a_runtime = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(live_on(world, 2))
    };
    let lived = std::thread::scope(|scope| scope.spawn(in_a_runtime).join());
    lived.unwrap_or_else(|_| vec![(Rule::LivesOn, "a panic".to_owned())])
}

/// What is wrong with a world as it stands, and what goes wrong until everything in it is gone. It is swept at so many
/// moments, 2 or more: at the first end, at the last one, and at some between.
pub async fn live_on(world: &World, moments: usize) -> Vec<Breach> {
    let mut breaches = standing(world);
    let is_large = world.table_items(TABLE).len() > ITEMS;
    if breaches.is_empty() && !is_large && !is_declared(world, Rule::LivesOn) {
        world.clear_faults();
        world.catch_up();
        // Without retries: the process has one account of them, which tests side by side would empty.
        let company = Company::of_without_retries(world.clone());
        let mut found = Found::default();
        to_the_end(&company, moments, &mut found).await;
        breaches.extend(found.undeclared(world));
        breaches.extend(standing(world));
    }
    breaches
}

async fn to_the_end(company: &Company, moments: usize, found: &mut Found) {
    let world = &company.world;
    // Longer than reconciliation waits for an event, and than the delay of a publication.
    world.advance(Duration::from_hours(26));
    for schedule in ["reconcile", "roll_up"] {
        company.index().await;
        company.run_schedule(schedule).await;
    }
    let scene = Scene::of(world);
    scene.check_standing(found);
    // A sweep that got no answer of S3 finishes the next time.
    scene.check_nothing_lost(found, true);
    let promises = scene.promises();
    let held = versions(world, BUCKET).into_iter().filter(|version| version.legal_hold);
    let held: BTreeSet<String> = held.map(|version| version.version_id).collect();
    let agreed: BTreeSet<&str> =
        scene.entries.iter().filter(|entry| scene.is_agreed(entry)).map(|entry| entry.id.as_str()).collect();
    let is_late = |id: &String, promise: &Promise, at: Timestamp| at >= promise.gone_at && !held.contains(id);
    let is_taken_away = |entry: &Entry| scene.put.get(&entry.version_id).is_some_and(|put| put.is_taken_away);
    let ends: BTreeSet<Timestamp> = promises.values().map(|promise| promise.gone_at.max(world.now())).collect();
    let ends: Vec<Timestamp> = ends.into_iter().filter(|end| *end < Timestamp::MAX).collect();
    let moments = some_of(&ends, moments).into_iter().flat_map(|end| [end - SignedDuration::from_secs(1), end]);
    for at in moments.filter(|at| *at >= world.now()).collect::<Vec<_>>() {
        world.set_now(at);
        // Once, and again where something is left whose time has come.
        for _ in 0..3 {
            let swept = company.sweep().await;
            found.unless(swept.is_ok(), Rule::LivesOn, || format!("a sweep failed: {swept:?}"));
            let there = in_bucket(world);
            if !promises.iter().any(|(id, promise)| there.contains(id) && is_late(id, promise, at)) {
                break;
            }
            // More may be due than one day loses without an approval.
            company.approve_every_deletion().await;
        }
        let there = in_bucket(world);
        for entry in scene.entries.iter().filter(|entry| scene.put.contains_key(&entry.version_id)) {
            let Some(promise) = promises.get(&entry.version_id) else { continue };
            let is_there = there.contains(&entry.version_id);
            let how = || format!("{} in {}, {promise:?}, at {at}", entry.id, entry.call);
            let may_go = at >= promise.not_before || agreed.contains(entry.id.as_str());
            found.unless(is_there || may_go || !is_proved(world, entry), Rule::NeverEarly, how);
            found.unless(!is_there || !is_late(&entry.version_id, promise, at), Rule::NeverLate, how);
            let mut hosts = scene
                .entries
                .iter()
                .filter(|other| entry.is_dependant() && other.is_host_of(entry) && !is_taken_away(other))
                .peekable();
            let is_right = hosts.peek().is_none() || hosts.any(|host| there.contains(&host.version_id) == is_there);
            found.unless(is_right, Rule::EndsWithItsRecording, how);
        }
        Scene::of(world).check_nothing_lost(found, false);
        if !found.0.is_empty() {
            return;
        }
    }
    // A test may write recordings that were never put: nothing ends them.
    let is_put = scene.entries.iter().all(|entry| scene.put.contains_key(&entry.version_id));
    let is_all_gone =
        is_put && in_bucket(world).is_empty() && promises.values().all(|promise| promise.gone_at < Timestamp::MAX);
    if is_all_gone {
        see_copies_end(company, found).await;
        // Longer than what has an end of its own outlives its call.
        world.advance(Duration::from_hours(24 * 400));
        world.sweep_time_to_live();
        for left in Scene::of(world).remains() {
            found.unless(false, Rule::NothingStays, || left);
        }
    }
}

/// NEVER LATE: a copy ends too, also one that arrived after its recording was deleted, and each proof says so.
async fn see_copies_end(company: &Company, found: &mut Found) {
    let world = &company.world;
    let Some(bucket) = world.copied_to(BUCKET) else { return };
    world.let_copies_arrive();
    // A legal hold that stayed is lifted within the hour. A day later nothing is on its way.
    for hours in [1, 1, 24, 24, 24] {
        company.run_schedule("roll_up").await;
        world.advance(Duration::from_hours(hours));
        let swept = company.sweep().await;
        found.unless(swept.is_ok(), Rule::LivesOn, || format!("a sweep failed: {swept:?}"));
    }
    for copy in versions(world, &bucket) {
        found.unless(false, Rule::NothingStays, || format!("the copy {}", copy.version_id));
    }
    let is_left = |item: &serde_json::Value| item["backup"] == "pending" || text(item, "pk").starts_with("Q#");
    for item in world.table_items(TABLE).iter().filter(|item| is_left(item)) {
        found.unless(false, Rule::NothingStays, || format!("{} says that a copy may be left", text(item, "pk")));
    }
}

impl Scene<'_> {
    /// NOTHING LOST, once reconciliation has brought what events did not. What is gone has its proof, unless its call is
    /// claimed and the next sweep is to write it.
    fn check_nothing_lost(&self, found: &mut Found, is_sweep_to_come: bool) {
        let there = in_bucket(self.world);
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.version_id.as_str()).collect();
        let proved: BTreeSet<&str> = self.tombstones().map(|tombstone| text(tombstone, "version_id")).collect();
        let is_claimed = |entry: &&Entry| self.call_of(entry).is_some_and(|call| call.get("claim").is_some());
        let claimed = self.entries.iter().filter(|entry| is_sweep_to_come && is_claimed(entry));
        let claimed: BTreeSet<&str> = claimed.map(|entry| entry.version_id.as_str()).collect();
        for (id, put) in self.put.iter().filter(|(_, put)| !put.is_taken_away) {
            let id = id.as_str();
            let is_kept =
                if there.contains(id) { known.contains(id) } else { proved.contains(id) || claimed.contains(id) };
            found.unless(is_kept, Rule::NothingLost, || format!("{id} under `{}`", put.key));
        }
    }
}

/// Whether a version is gone because it was deleted, and not because the test took it away.
fn is_proved(world: &World, entry: &Entry) -> bool {
    let pk = format!("R#{}", entry.id);
    world.table_items(TABLE).iter().any(|item| item["pk"] == pk.as_str() && item.get("deleted_at").is_some())
}

/// Some of a sorted list, the first and the last among them.
fn some_of(all: &[Timestamp], limit: usize) -> Vec<Timestamp> {
    if all.len() <= limit {
        return all.to_vec();
    }
    (0..limit).map(|place| all[place * (all.len() - 1) / (limit - 1)]).collect()
}
