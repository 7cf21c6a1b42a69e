//! Fills a deployed local cloud: publishes the sample rulebook, uploads the samples and waits until they are taken in.

use std::collections::BTreeMap;
use std::fs;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::{Cloud, text};
use crate::failure::{Act, Failure};
use crate::local::local;
use crate::progress::Done;
use crate::samples::{Memory, Samples, Uploaded};
use crate::stack::{ADMIN, read_stack};
use crate::summary::is_quarantined;

/// How long the samples may take from upload to index or quarantine.
const TAKEN_IN_SECONDS: u32 = 90;

/// A sample as the bucket holds it: its own key, and whether it is a recording.
pub(crate) struct Held {
    key: String,
    id: String,
    is_recording: bool,
    /// Whether it stays in quarantine, whatever comes beside it.
    is_unreadable: bool,
}

/// What is to be published and uploaded, and by how many days it is shifted.
pub(crate) struct Plan {
    pub(crate) rulebook_shift_days: i64,
    memory: Memory,
    shifts: BTreeMap<String, i64>,
}

impl Plan {
    /// Samples that are held, and whose day has not passed, stay as they are; all others get today's shift.
    pub(crate) fn make(cloud: &Cloud, samples: &Samples, empty: bool) -> Result<Self, Failure> {
        let now = Timestamp::now();
        let memory: Memory = match fs::read_to_string(cloud.file("samples.json")) {
            Ok(text) => serde_json::from_str(&text).act(|| "understand samples.json".to_owned())?,
            Err(_) => Memory::new(),
        };
        let todays_shift_days = samples.shift_days(now)?;
        let mut shifts = BTreeMap::new();
        for sample in samples.objects() {
            let kept = match memory.get(&sample.key) {
                Some(held) if !samples.has_expired(&sample.key, held.shift_days, now)? => Some(held.shift_days),
                _ => None,
            };
            shifts.insert(sample.key.clone(), kept.unwrap_or(todays_shift_days));
        }
        // The staff list and the notices fit the newest upload; an `up --empty` leaves them as the last upload had them.
        let newest =
            if empty { memory.values().map(|held| held.shift_days).max() } else { shifts.values().max().copied() };
        Ok(Self { rulebook_shift_days: newest.unwrap_or(todays_shift_days), memory, shifts })
    }
}

/// Publishes the sample rulebook, unless it is in force.
pub(crate) fn publish(cloud: &Cloud, samples: &Samples, shift_days: i64) -> Result<Done<()>, Failure> {
    let (policy, staff) = samples.rulebook(shift_days);
    let given = json!({ "stack": read_stack(cloud)?, "login": ADMIN, "policy": policy, "staff": staff });
    let answer = local(cloud, "publish", &given)?;
    let published = answer["published"] == true;
    let note = format!("version {} is in force", answer["version"]);
    Ok(Done::new((), if published { note } else { format!("unchanged, {note}") }))
}

/// What the local-only script answers for an object.
#[derive(Deserialize)]
struct Put {
    key: String,
    version_id: String,
    id: String,
    uploaded: bool,
}

/// Uploads what the bucket does not hold yet, and remembers what it holds for each sample.
pub(crate) fn upload(
    cloud: &Cloud,
    outputs: &Value,
    samples: &Samples,
    plan: &Plan,
) -> Result<Done<Vec<Held>>, Failure> {
    let directory = cloud.file("samples");
    fs::create_dir_all(&directory).act(|| format!("make {}", directory.display()))?;
    fs::write(directory.join("expected.json"), samples.expected(plan.rulebook_shift_days))
        .act(|| "write the shifted expected.json".to_owned())?;
    let mut objects = Vec::new();
    for (number, sample) in samples.objects().iter().enumerate() {
        let shift_days = plan.shifts.get(&sample.key).copied().unwrap_or_default();
        let shifted = sample.shifted(shift_days);
        let path = directory.join(number.to_string());
        fs::write(&path, &shifted.body).act(|| format!("write {}", path.display()))?;
        let again = plan.memory.get(&sample.key).is_some_and(|held| held.shift_days != shift_days);
        objects.push(json!({
            "key": shifted.key, "path": text(&path), "metadata": shifted.metadata, "again": again,
        }));
    }
    let answer = local(cloud, "upload", &json!({ "bucket": outputs["RecordingsBucket"], "objects": objects }))?;
    let answer: Vec<Put> = serde_json::from_value(answer).act(|| "understand what was uploaded".to_owned())?;
    let mut memory = Memory::new();
    let mut held = Vec::new();
    for (sample, put) in samples.objects().iter().zip(&answer) {
        let shift_days = plan.shifts.get(&sample.key).copied().unwrap_or_default();
        let uploaded =
            Uploaded { shift_days, key: put.key.clone(), version_id: put.version_id.clone(), id: put.id.clone() };
        memory.insert(sample.key.clone(), uploaded);
        let is_recording = samples.is_recording(&sample.key);
        let is_unreadable = samples.is_unreadable(&sample.key);
        held.push(Held { key: put.key.clone(), id: put.id.clone(), is_recording, is_unreadable });
    }
    let text = serde_json::to_string_pretty(&memory).act(|| "write samples.json".to_owned())?;
    fs::write(cloud.file("samples.json"), text).act(|| "write samples.json".to_owned())?;
    let note = match answer.iter().filter(|put| put.uploaded).count() {
        0 => "unchanged".to_owned(),
        count => format!("{count} objects uploaded, shifted by {} days", plan.rulebook_shift_days),
    };
    Ok(Done::new(held, note))
}

/// Waits for each recording, and answers them as the API does, each with its key.
pub(crate) fn wait(cloud: &Cloud, held: &[Held]) -> Result<Done<Vec<Value>>, Failure> {
    let recordings: Vec<&Held> = held.iter().filter(|held| held.is_recording).collect();
    let ids: Vec<&str> = recordings.iter().map(|held| held.id.as_str()).collect();
    let unreadable: Vec<&str> =
        recordings.iter().filter(|held| held.is_unreadable).map(|held| held.id.as_str()).collect();
    let given = json!({
        "stack": read_stack(cloud)?,
        "login": ADMIN,
        "ids": ids,
        "unreadable": unreadable,
        "timeout_seconds": TAKEN_IN_SECONDS,
    });
    let answer = local(cloud, "wait", &given)?;
    let mut found = Vec::new();
    for (held, recording) in recordings.iter().zip(answer.as_array().into_iter().flatten()) {
        if recording.is_null() {
            return Err(Failure::new(format!(
                "`{}` is neither indexed nor in quarantine after {TAKEN_IN_SECONDS} s",
                held.key
            ))
            .fix(format!("What the functions printed is in {}.", text(&cloud.file("ministack.log")))));
        }
        let mut recording = recording.clone();
        recording["key"] = held.key.as_str().into();
        found.push(recording);
    }
    // In the order of the calls; what went to quarantine has no call, only the time it was taken in, and comes last.
    found.sort_by_key(|recording| (is_quarantined(recording), recording["started_at"].as_str().map(str::to_owned)));
    let quarantined = found.iter().filter(|recording| is_quarantined(recording)).count();
    let note = format!("{} indexed, {quarantined} in quarantine", found.len() - quarantined);
    Ok(Done::new(found, note))
}
