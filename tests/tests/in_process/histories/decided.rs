//! What people decided before a restore stands again after it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tests::company::TABLE;
use tests::world::run_until_killed;

use super::history::History;
use crate::restore;

/// 8 runs: what was taken in since is there after two, what a correction lets wait after one more; two are killed.
const RUNS: usize = 8;

impl History {
    /// Gives back what was decided since a moment, and says what is not there as it was before the restore.
    pub(super) async fn give_back(
        &mut self,
        since: Timestamp,
        image: &[Value],
        before: &[Value],
    ) -> Result<(), String> {
        let mut given = Value::Null;
        for _ in 0..RUNS {
            // An upload is reconciled an hour after.
            self.world().advance(Duration::from_secs(3_700));
            self.run_schedule_of("reconcile").await;
            self.collect();
            self.drain().await;
            let gate = self.random.percent(30).then(|| 1 + self.random.below(60));
            let run = restore::give_back(&self.company, since);
            let done = match gate {
                Some(gate) => run_until_killed(gate, run).await,
                None => Some(run.await),
            };
            let Some(done) = done else { continue };
            given = done.map_err(|error| format!("what was decided is not given back: {error}"))?;
            self.tell(&format!("what was decided is given back: {given}"));
            self.collect();
            self.drain().await;
            if given["is_done"] == true {
                break;
            }
        }
        if given["restored"] != 0 {
            self.count("decided again");
        }
        let lost = lost(image, before, &self.world().table_image(TABLE), self.world().now());
        if given["is_done"] == true && lost.is_empty() { Ok(()) } else { Err(format!("{given} {lost:#?}")) }
    }
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}

/// What people do of custody, in these histories.
const DEEDS: [&str; 9] = [
    "noted",
    "played",
    "corrected",
    "hold_placed",
    "linked_to_case",
    "shared",
    "release_asked",
    "release_approved",
    "deletion_requested",
];

/// What stood before the restore and does not now, though its recording lives; and holds that were lifted and stand.
fn lost(image: &[Value], before: &[Value], now: &[Value], at: Timestamp) -> Vec<String> {
    let of_key = |wanted: &Value| now.iter().find(|item| item["pk"] == wanted["pk"] && item["sk"] == wanted["sk"]);
    let lives = |id: &str| {
        let is_it = |item: &&Value| text(item, "pk") == format!("R#{id}") && text(item, "sk") == "R";
        now.iter().find(is_it).is_some_and(|item| item.get("deleted_at").is_none())
    };
    let stands = |hold: &Value| {
        let until: Option<Timestamp> = text(hold, "until").parse().ok();
        hold.get("lifted_at").is_none() && until.is_none_or(|until| until > at)
    };
    let generation = |item: &Value| item["generation"]["N"].as_str().and_then(|number| number.parse::<u64>().ok());
    let is_event = |item: &&Value| text(item, "pk").starts_with("R#") && text(item, "sk").starts_with("E#");
    let deeds: BTreeSet<(&str, &str, &str)> = now
        .iter()
        .filter(is_event)
        .map(|item| (text(item, "pk"), text(item, "kind"), text(item, "operation")))
        .collect();
    let is_hold = |item: &&Value| text(item, "pk").starts_with("H#") && text(item, "sk").starts_with("H#");
    let mut lost = Vec::new();
    for item in before {
        let is_there = of_key(item) == Some(item);
        let sk = text(item, "sk");
        let is_lost = match (text(item, "pk").get(..2), sk.get(..2).or(Some(sk))) {
            (Some("K#"), Some("F#")) => lives(&text(item, "sk")[2..]) && !is_there,
            (Some("H#"), Some("H#")) => stands(item) != of_key(item).is_some_and(stands),
            (Some("D#"), _) => {
                let of = item["view"]["M"]["recording"]["S"].as_str().unwrap_or_default();
                lives(of) && of_key(item).is_none_or(|now| now["state"] != item["state"])
            }
            // Cases, shares and releases, and the rulebook's pointer and versions.
            (Some("J#"), Some("J" | "S#" | "Q#")) | (Some("RU"), _) => {
                !is_there
                    && of_key(item).is_none_or(|now| generation(now) < generation(item) || generation(item).is_none())
            }
            // What custody says that people did.
            (Some("R#"), Some("E#")) if DEEDS.contains(&text(item, "kind")) => {
                let deed = (text(item, "pk"), text(item, "kind"), text(item, "operation"));
                lives(&text(item, "pk")[2..]) && !deeds.contains(&deed)
            }
            _ => false,
        };
        if is_lost {
            lost.push(format!("{item} is {:?}", of_key(item)));
        }
    }
    // Not what a leg took along to another call meanwhile: that stands until somebody lifts it there.
    for hold in image.iter().filter(is_hold) {
        let is_lifted = !before.iter().any(|item| item["pk"] == hold["pk"] && item["sk"] == hold["sk"] && stands(item));
        if stands(hold) && is_lifted && of_key(hold).is_some_and(stands) {
            lost.push(format!("{hold} stands and had been lifted"));
        }
    }
    lost
}
