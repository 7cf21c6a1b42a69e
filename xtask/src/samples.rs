//! The sample recordings, moved in time.
//!
//! The samples' calls were made on certain days, and a demonstration under a 30-day rule needs calls of the last days. So
//! everything that names a day is shifted by the same whole number of days: names, folders, epochs, call ids that hold
//! either, sidecars, call logs, and the dates of the staff list and of the notices.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::failure::{Act, Failure};
use crate::shift::{shift_date, shift_text};

/// The company's zone, which tells the day of a call.
const ZONE: &str = "Asia/Tokyo";

/// Names of files that are text. The bytes of any other object are never touched.
const TEXT_ENDINGS: [&str; 3] = [".json", ".csv", ".toml"];

/// What comes out of a sample, as `expected.json` says; only what is needed here.
#[derive(Clone, Debug, Deserialize)]
struct Expected {
    key: String,
    started_at: Option<Timestamp>,
    retention_class: Option<String>,
    quarantine: Option<String>,
    #[serde(default)]
    object_metadata: BTreeMap<String, String>,
}

/// An object to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Key in the bucket.
    pub(crate) key: String,
    /// Content.
    pub(crate) body: Vec<u8>,
    /// S3 user metadata.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Sample {
    /// The same object as if its call had been made `days` later.
    pub(crate) fn shifted(&self, days: i64) -> Self {
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) if is_text(&self.key) => shift_text(text, days).into_bytes(),
            _ => self.body.clone(),
        };
        let metadata = self.metadata.iter().map(|(name, value)| (name.clone(), shift_text(value, days))).collect();
        Self { key: shift_text(&self.key, days), body, metadata }
    }
}

/// A member of the sample staff list, as a user of the local cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Id in the staff list.
    pub(crate) id: String,
    /// What they sign in as.
    pub(crate) login: String,
    /// `admin`, `manager`, `staff` or `auditor`.
    pub(crate) role: String,
    /// Their own team and those they manage.
    pub(crate) teams: Vec<String>,
}

/// What was uploaded for one sample.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Uploaded {
    /// How many days it was shifted by.
    pub(crate) shift_days: i64,
    /// Key in the bucket.
    pub(crate) key: String,
    /// Version in the bucket.
    pub(crate) version_id: String,
    /// Id of the recording, if the object is one.
    pub(crate) id: String,
}

/// What was uploaded, by the sample's own key: kept with the cloud's state.
pub(crate) type Memory = BTreeMap<String, Uploaded>;

/// The samples of the checkout and the company's rules that belong to them.
pub(crate) struct Samples {
    objects: Vec<Sample>,
    expected: Vec<Expected>,
    expected_text: String,
    policy: String,
    staff: String,
    keep_days: BTreeMap<String, i64>,
}

impl Samples {
    /// Reads the directory of samples.
    ///
    /// # Errors
    /// A [`Failure`] that names the file that cannot be read or understood.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        let text = |name: &str| {
            fs::read_to_string(directory.join(name)).act(|| format!("read {}", directory.join(name).display()))
        };
        let expected_text = text("expected.json")?;
        let policy = text("rulebook/policy.toml")?;
        let staff = text("rulebook/staff.csv")?;
        let expected: Vec<Expected> =
            serde_json::from_str(&expected_text).act(|| "understand the samples' expected.json".to_owned())?;
        let keep_days = keep_days(&policy)?;
        let mut objects = Vec::new();
        for path in files(directory)? {
            let key = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
            // What lies in a folder is an object; the rulebook is published, not uploaded.
            if !key.contains('/') || key.starts_with("rulebook/") {
                continue;
            }
            let body = fs::read(&path).act(|| format!("read {}", path.display()))?;
            let metadata = expected
                .iter()
                .find(|expected| expected.key == key)
                .map(|expected| expected.object_metadata.clone())
                .unwrap_or_default();
            objects.push(Sample { key, body, metadata });
        }
        // A sidecar before its audio: then the audio is never seen without it, and never shown in quarantine.
        objects.sort_by_key(|sample| (!is_text(&sample.key), sample.key.clone()));
        Ok(Self { objects, expected, expected_text, policy, staff, keep_days })
    }

    /// Every object there is to upload.
    pub(crate) fn objects(&self) -> &[Sample] {
        &self.objects
    }

    /// Whether an object is audio that becomes a recording or goes to quarantine, and not a sidecar or a call log.
    pub(crate) fn is_recording(&self, key: &str) -> bool {
        self.expected.iter().any(|expected| expected.key == key)
    }

    /// Whether a recording stays in quarantine, whatever comes beside it.
    pub(crate) fn is_unreadable(&self, key: &str) -> bool {
        self.expected.iter().any(|expected| expected.key == key && expected.quarantine.is_some())
    }

    /// The shift after which the newest call was made yesterday, in the company's zone.
    pub(crate) fn shift_days(&self, now: Timestamp) -> Result<i64, Failure> {
        let newest = self.newest_day()?;
        let yesterday = day(now)?.yesterday().act(|| "tell yesterday's date".to_owned())?;
        Ok(i64::from((yesterday - newest).get_days()))
    }

    /// Whether a sample that was shifted by `shift_days` has passed its day, and is gone or about to go.
    pub(crate) fn has_expired(&self, key: &str, shift_days: i64, now: Timestamp) -> Result<bool, Failure> {
        let audio = key.strip_suffix("_metadata.json").or(key.strip_suffix(".json")).unwrap_or(key);
        let is_beside = |expected: &&Expected| expected.key == audio || expected.key.starts_with(&format!("{audio}."));
        let expected = self
            .expected
            .iter()
            .find(|expected| expected.key == key || expected.key == audio)
            .or_else(|| self.expected.iter().find(is_beside));
        let called = match expected.and_then(|expected| expected.started_at) {
            Some(started_at) => day(started_at)?,
            None => self.newest_day()?,
        };
        let shortest = self.keep_days.values().min().copied().unwrap_or_default();
        let keep_days = expected
            .and_then(|expected| expected.retention_class.as_ref())
            .and_then(|class| self.keep_days.get(class).copied())
            .unwrap_or(shortest);
        Ok(shift_date(called, shift_days + keep_days).is_some_and(|last_day| last_day < day(now).unwrap_or(last_day)))
    }

    /// The rulebook's two texts, shifted: the policy and the staff list.
    pub(crate) fn rulebook(&self, days: i64) -> (String, String) {
        (shift_text(&self.policy, days), shift_text(&self.staff, days))
    }

    /// `expected.json`, shifted: what must come out of the shifted samples.
    pub(crate) fn expected(&self, days: i64) -> String {
        shift_text(&self.expected_text, days)
    }

    /// Everyone on the staff list, whether their dates include today or not.
    pub(crate) fn members(&self) -> Result<Vec<Member>, Failure> {
        let mut reader = csv::Reader::from_reader(self.staff.as_bytes());
        let names = reader.headers().act(|| "read the sample staff list".to_owned())?.clone();
        let mut members = Vec::new();
        for row in reader.into_records() {
            let row = row.act(|| "read the sample staff list".to_owned())?;
            let value =
                |name: &str| names.iter().zip(&row).find(|(column, _)| *column == name).map_or("", |(_, it)| it);
            let mut teams = Vec::new();
            for team in [value("team")].into_iter().chain(value("manages").split(';')) {
                if !team.is_empty() && !teams.contains(&team.to_owned()) {
                    teams.push(team.to_owned());
                }
            }
            let login = if value("login").is_empty() { value("id") } else { value("login") };
            members.push(Member {
                id: value("id").to_owned(),
                login: login.to_owned(),
                role: value("role").to_owned(),
                teams,
            });
        }
        Ok(members)
    }

    fn newest_day(&self) -> Result<Date, Failure> {
        let newest = self.expected.iter().filter_map(|expected| expected.started_at).max();
        day(newest.ok_or_else(|| Failure::new("the samples' expected.json names no call"))?)
    }
}

/// Whether an object is text: a sidecar or a call log, and not audio.
fn is_text(key: &str) -> bool {
    TEXT_ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// Days that each class of a policy keeps its calls.
fn keep_days(policy: &str) -> Result<BTreeMap<String, i64>, Failure> {
    #[derive(Deserialize)]
    struct Policy {
        retention: Vec<Retention>,
    }
    #[derive(Deserialize)]
    struct Retention {
        class: String,
        keep_days: i64,
    }
    let policy: Policy = toml::from_str(policy).act(|| "understand the sample policy's `retention`".to_owned())?;
    Ok(policy.retention.into_iter().map(|retention| (retention.class, retention.keep_days)).collect())
}

/// Every file under a directory, in no particular order.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).act(|| format!("list {}", directory.display()))? {
        let path = entry.act(|| format!("list {}", directory.display()))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// The day of an instant in the company's zone.
fn day(at: Timestamp) -> Result<Date, Failure> {
    let zone = TimeZone::get(ZONE).act(|| format!("find the time zone {ZONE}"))?;
    Ok(at.to_zoned_datetime(zone).date())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::shift::DAY_SECONDS;

    fn samples() -> Samples {
        Samples::read(&crate::tools::root().join("samples")).expect("the samples are in the checkout")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_shift_there_and_back_gives_the_samples_themselves() {
        for sample in samples().objects() {
            assert_eq!(&sample.shifted(17).shifted(-17), sample);
        }
    }

    #[test]
    fn audio_is_never_touched_and_every_day_that_is_told_moves() {
        let samples = samples();
        for sample in samples.objects() {
            let shifted = sample.shifted(3);
            assert_eq!(shifted.key.len(), sample.key.len());
            assert_eq!(shifted.body.len(), sample.body.len());
            if samples.is_recording(&sample.key) {
                assert_eq!(shifted.body, sample.body, "{}", sample.key);
            }
            let tells_a_day = sample.key.contains("2026");
            assert_eq!(shifted.key != sample.key, tells_a_day, "{}", sample.key);
        }
        let logs = samples.objects().iter().filter(|sample| sample.key.starts_with("calllog/"));
        assert!(logs.clone().count() > 0);
        for log in logs {
            assert_ne!(log.shifted(3).body, log.body, "{}", log.key);
        }
    }

    #[test]
    fn the_impossible_date_stays_impossible_in_a_folder_that_moves() {
        let samples = samples();
        let impossible = samples.objects().iter().find(|sample| sample.key.contains("20261312")).unwrap();
        let shifted = impossible.shifted(1).key;
        assert!(shifted.contains("/2026/11/13/") && shifted.contains("-20261312-"), "{shifted}");
    }

    #[test]
    fn expectations_move_with_the_samples() {
        let samples = samples();
        let expected: Vec<Expected> = serde_json::from_str(&samples.expected(10)).unwrap();
        for (before, after) in samples.expected.iter().zip(&expected) {
            assert!(samples.objects().iter().any(|sample| sample.shifted(10).key == after.key), "{}", after.key);
            assert_eq!(
                before.started_at.map(|at| at.as_second() + 10 * DAY_SECONDS),
                after.started_at.map(Timestamp::as_second)
            );
        }
    }

    #[test]
    fn the_newest_call_was_yesterday_in_the_companys_zone() {
        let samples = samples();
        assert_eq!(samples.shift_days(at("2026-11-13T00:00:00+09:00")).unwrap(), 0);
        assert_eq!(samples.shift_days(at("2026-11-13T23:59:59+09:00")).unwrap(), 0);
        assert_eq!(samples.shift_days(at("2026-11-14T00:00:00+09:00")).unwrap(), 1);
        assert_eq!(samples.shift_days(at("2028-01-01T12:00:00+09:00")).unwrap(), 414);
    }

    #[test]
    fn a_sample_expires_at_the_end_of_its_classs_last_day() {
        let samples = samples();
        let check = |key: &str, now: &str, expected: bool| {
            assert_eq!(samples.has_expired(key, 0, at(now)).unwrap(), expected, "{key} {now}");
        };
        let standard = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
        check(standard, "2026-12-03T23:59:59+09:00", false);
        check(standard, "2026-12-04T00:00:00+09:00", true);
        let contract = "freepbx/2026/11/03/out-0352345678-201-20261103-152000-1793686798.102.wav";
        check(contract, "2026-12-04T00:00:00+09:00", false);
        check(contract, "2027-02-02T00:00:00+09:00", true);
        let sidecar = "other/meeting-room/通話 2026-11-11 (1).m4a.json";
        check(sidecar, "2026-12-11T23:59:59+09:00", false);
        check(sidecar, "2026-12-12T00:00:00+09:00", true);
        let log = "calllog/asterisk/Master-20261105.csv";
        check(log, "2026-12-12T23:59:59+09:00", false);
        check(log, "2026-12-13T00:00:00+09:00", true);
    }

    #[test]
    fn the_rulebook_moves_with_the_calls() {
        let (policy, staff) = samples().rulebook(10);
        assert!(policy.contains(r#"from = "2026-04-11""#), "{policy}");
        assert!(staff.contains("tanaka,田中 誠,,203,,sales,staff,,,2026-04-11,2026-11-14"), "{staff}");
        assert!(staff.contains("takahashi,高橋 美咲,,203,,general,staff,,,2026-11-15,"), "{staff}");
    }

    #[test]
    fn everyone_on_the_staff_list_is_a_user_with_a_role_and_teams() {
        let members = samples().members().unwrap();
        let check = |id: &str, role: &str, teams: &[&str]| {
            let member = members.iter().find(|member| member.id == id).unwrap();
            assert_eq!((member.login.as_str(), member.role.as_str()), (id, role));
            assert_eq!(member.teams, teams);
        };
        assert_eq!(members.len(), 12);
        check("yamada", "admin", &["management"]);
        check("mori", "manager", &["support", "general"]);
        check("kato", "manager", &["sales"]);
        check("sato", "staff", &["sales"]);
    }
}
