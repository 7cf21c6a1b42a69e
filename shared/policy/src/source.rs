//! Sources: PBXs and recorders, each known by a prefix and by the names it writes.
//!
//! A source is data: a pattern with named parts, a rule for the zone, and for each kind of call which
//! part is whose number. A recorder more is a value more, no branch. What a name gives is handed on raw:
//! which part is a member's extension is decided by the rulebook of the day, in [`crate::merge`].

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use regex::{Captures, Regex, RegexBuilder};

use crate::facts::{Direction, QuarantineReason};
use crate::fragment::ObjectKey;

/// 1 MiB: twenty times what the built-in patterns take; a pattern that wants more is not for names.
const PATTERN_LIMIT_BYTES: usize = 1024 * 1024;

/// Quarter hours: no zone in use lies between them.
const ZONE_STEP_SECONDS: i64 = 15 * 60;

/// 7 minutes: a name's time and the epoch beside it are of one call, and half a step lies at 7.5.
const ZONE_RESIDUE_LIMIT_SECONDS: i64 = 7 * 60;

/// What zones use beside whole hours from −12 to +14 (IANA time zone database), in minutes.
const ZONES_BETWEEN_HOURS_MINUTES: [i64; 13] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825];

/// What a source's local times mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ZoneRule {
    /// The name's part `epoch` is the same moment in seconds since 1970: the difference is the zone.
    Epoch,
    /// The PBX's own zone, whatever the company's is.
    Fixed(TimeZone),
    /// UTC.
    Utc,
}

/// Which part of a name is what, for one kind of call. Each text names a part of the pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// The value of the part `type` this is for; empty for names without one.
    pub name: String,
    /// The direction, where the kind says it.
    pub direction: Option<Direction>,
    /// The part that is the calling side.
    pub caller: Option<String>,
    /// The part that is the called side.
    pub called: Option<String>,
    /// The part that is the queue or ring group.
    pub queue: Option<String>,
}

/// One PBX or recorder.
///
/// Named parts of the pattern: `year month day hour minute`, `second` (else the time is good to the
/// minute), `epoch`, `call_id`, `type`, and what [`Kind`]s name.
#[derive(Debug)]
pub struct Source {
    /// The name; call ids are unique only within it.
    pub name: String,
    /// The prefix of its keys, with its `/`.
    pub prefix: String,
    /// The zone of its times.
    pub zone: ZoneRule,
    /// Its kinds of calls.
    pub kinds: Vec<Kind>,
    pattern: String,
    /// Compiled at the first name, not at the start: a function that reads none need not pay.
    compiled: OnceLock<Option<Regex>>,
}

/// What a name says, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFacts {
    /// When the call began.
    pub started_at: Timestamp,
    /// How exactly: 1 or 60 seconds.
    pub precision_seconds: i64,
    /// The PBX's id of the call.
    pub call_id: Option<String>,
    /// The kind of call, in the source's own word.
    pub kind: Option<String>,
    /// The direction the kind says.
    pub direction: Option<Direction>,
    /// The calling side, as written; none where the name leaves it empty.
    pub caller: Option<String>,
    /// The called side, as written; none where that is a queue.
    pub called: Option<String>,
    /// The queue or ring group, as written.
    pub queue: Option<String>,
}

/// A source's pattern that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot compile the pattern of source `{name}`")]
pub struct BadPattern {
    name: String,
    #[source]
    source: regex::Error,
}

impl Source {
    /// A source; its pattern is compiled when it is first used, or by [`Self::check`].
    pub fn new(
        name: impl Into<String>,
        prefix: impl Into<String>,
        pattern: impl Into<String>,
        zone: ZoneRule,
        kinds: Vec<Kind>,
    ) -> Self {
        Self {
            name: name.into(),
            prefix: prefix.into(),
            zone,
            kinds,
            pattern: pattern.into(),
            compiled: OnceLock::new(),
        }
    }

    /// Whether the pattern can be used at all.
    ///
    /// # Errors
    /// It is no regular expression, or one over 1 MiB.
    pub fn check(&self) -> Result<(), BadPattern> {
        self.compile().map(|_| ()).map_err(|source| BadPattern { name: self.name.clone(), source })
    }

    fn compile(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.pattern).size_limit(PATTERN_LIMIT_BYTES).build()
    }

    /// Reads a key that lies under the source's prefix.
    ///
    /// # Errors
    /// `no call facts` where the name is not the pattern, `impossible date` where no calendar has its
    /// date, `zone` where its times contradict each other.
    pub fn read(&self, key: &ObjectKey) -> Result<NameFacts, QuarantineReason> {
        let pattern = self.compiled.get_or_init(|| self.compile().ok()).as_ref();
        let parts = key
            .expose()
            .strip_prefix(&self.prefix)
            .and_then(|name| pattern?.captures(name))
            .ok_or(QuarantineReason::NoCallFacts)?;
        let part = |name: &str| parts.name(name).map(|part| part.as_str().to_owned()).filter(|part| !part.is_empty());
        let word = part("type").unwrap_or_default();
        let kind = self.kinds.iter().find(|kind| kind.name == word).ok_or(QuarantineReason::NoCallFacts)?;
        let started_at = self.moment(&parts)?;
        let named = |name: &Option<String>| name.as_deref().and_then(part);
        Ok(NameFacts {
            started_at,
            precision_seconds: if parts.name("second").is_some() { 1 } else { 60 },
            call_id: part("call_id"),
            kind: Some(word).filter(|word| !word.is_empty()),
            direction: kind.direction,
            caller: named(&kind.caller),
            called: named(&kind.called),
            queue: named(&kind.queue),
        })
    }

    fn moment(&self, parts: &Captures<'_>) -> Result<Timestamp, QuarantineReason> {
        let local = local_time(parts).ok_or(QuarantineReason::ImpossibleDate)?;
        let zone = match &self.zone {
            ZoneRule::Utc => TimeZone::UTC,
            ZoneRule::Fixed(zone) => zone.clone(),
            ZoneRule::Epoch => {
                let epoch = parts.name("epoch").and_then(|epoch| epoch.as_str().parse::<i64>().ok());
                let offset = epoch.and_then(|epoch| proven_offset(local, epoch)).ok_or(QuarantineReason::Zone)?;
                TimeZone::fixed(offset)
            }
        };
        // Of a time that comes twice in a zone's night of change the earlier one, of one that never
        // comes the one after the gap: the database's own "compatible" rule.
        zone.to_timestamp(local).map_err(|_| QuarantineReason::ImpossibleDate)
    }
}

fn local_time(parts: &Captures<'_>) -> Option<DateTime> {
    let number = |name: &str| parts.name(name)?.as_str().parse::<i16>().ok();
    let small = |name: &str| i8::try_from(number(name)?).ok();
    let date = Date::new(number("year")?, small("month")?, small("day")?).ok()?;
    let second = if parts.name("second").is_some() { small("second")? } else { 0 };
    let time = Time::new(small("hour")?, small("minute")?, second, 0).ok()?;
    Some(date.to_datetime(time))
}

/// The zone that a local time and the epoch of the same moment prove between them.
fn proven_offset(local: DateTime, epoch_seconds: i64) -> Option<Offset> {
    let as_if_utc = TimeZone::UTC.to_timestamp(local).ok()?;
    let difference = as_if_utc.as_second().checked_sub(epoch_seconds)?;
    let steps = difference.checked_add(ZONE_STEP_SECONDS / 2)?.div_euclid(ZONE_STEP_SECONDS);
    let offset = steps.checked_mul(ZONE_STEP_SECONDS)?;
    let residue = difference.checked_sub(offset)?.abs();
    if residue > ZONE_RESIDUE_LIMIT_SECONDS || !is_zone(offset / 60) {
        return None;
    }
    Offset::from_seconds(i32::try_from(offset).ok()?).ok()
}

/// Whether a zone in use has the offset.
fn is_zone(offset_minutes: i64) -> bool {
    (offset_minutes % 60 == 0 && (-12 * 60..=14 * 60).contains(&offset_minutes))
        || ZONES_BETWEEN_HOURS_MINUTES.contains(&offset_minutes)
}

/// The source whose prefix a key lies under; of two the longer prefix.
pub fn find<'a>(sources: &'a [Source], key: &ObjectKey) -> Option<&'a Source> {
    sources.iter().filter(|source| key.expose().starts_with(&source.prefix)).max_by_key(|source| source.prefix.len())
}

/// The sources that ship.
pub fn built_in() -> &'static [Source] {
    static BUILT_IN: OnceLock<Vec<Source>> = OnceLock::new();
    BUILT_IN.get_or_init(|| vec![freepbx()])
}

/// FreePBX, Issabel, Asterisk's MixMonitor:
/// `YYYY/MM/DD/{type}-{dest}-{from}-YYYYMMDD-HHMMSS-{uniqueid}.wav`, where `uniqueid` is `epoch.n`, with
/// the PBX's `systemname-` before it where that is set.
///
/// Only the folders of the day may stand between prefix and name: two PBXs under one prefix would share
/// call ids, so each needs a source of its own.
fn freepbx() -> Source {
    let kind = |name: &str, direction: Option<Direction>, dest_is_queue: bool| Kind {
        name: name.to_owned(),
        direction,
        caller: Some("from".to_owned()),
        called: (!dest_is_queue).then(|| "dest".to_owned()),
        queue: dest_is_queue.then(|| "dest".to_owned()),
    };
    Source::new(
        "freepbx",
        "freepbx/",
        concat!(
            r"^(?:[0-9]{4}/[0-9]{2}/[0-9]{2}/)?",
            r"(?P<type>out|in|external|internal|exten|q|rg|force|generic)-(?P<dest>[^-/]*)-(?P<from>[^-/]*)-",
            r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-",
            r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})-",
            r"(?P<call_id>(?:[0-9A-Za-z_.]{1,64}-)?(?P<epoch>[0-9]{9,11})\.[0-9]{1,10})",
            r"\.(?:wav|WAV|mp3|gsm|ogg)$",
        ),
        ZoneRule::Epoch,
        vec![
            kind("out", Some(Direction::Outbound), false),
            kind("internal", Some(Direction::Internal), false),
            kind("external", Some(Direction::Inbound), false),
            kind("exten", Some(Direction::Inbound), false),
            kind("in", Some(Direction::Inbound), false),
            kind("q", Some(Direction::Inbound), true),
            kind("rg", Some(Direction::Inbound), true),
            kind("force", None, false),
            kind("generic", None, false),
        ],
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn read(key: &str) -> Result<NameFacts, QuarantineReason> {
        let key = ObjectKey::new(key);
        find(built_in(), &key).unwrap().read(&key)
    }

    #[test]
    fn every_built_in_pattern_compiles_within_its_limit() {
        for source in built_in() {
            source.check().unwrap();
        }
    }

    #[test]
    fn a_freepbx_name_gives_its_parts_and_the_zone_its_epoch_proves() {
        assert_eq!(
            read("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav"),
            Ok(NameFacts {
                started_at: "2026-11-03T14:05:02+09:00".parse().unwrap(),
                precision_seconds: 1,
                call_id: Some("1793682300.101".to_owned()),
                kind: Some("external".to_owned()),
                direction: Some(Direction::Inbound),
                caller: Some("09012345678".to_owned()),
                called: Some("201".to_owned()),
                queue: None,
            })
        );
    }

    #[test]
    fn a_queues_name_gives_the_queue_and_no_called_side() {
        let facts = read("freepbx/q-600-08011112222-20261104-101545-1793754943.104.mp3").unwrap();
        assert_eq!(facts.queue.as_deref(), Some("600"));
        assert_eq!(facts.called, None);
        assert_eq!(facts.caller.as_deref(), Some("08011112222"));
    }

    #[test]
    fn a_part_left_empty_says_nothing() {
        let facts = read("freepbx/q--anonymous-20261104-101545-1793754943.104.wav").unwrap();
        assert_eq!((facts.queue, facts.caller.as_deref()), (None, Some("anonymous")));
        let facts = read("freepbx/in-201--20261104-101545-1793754943.104.wav").unwrap();
        assert_eq!((facts.called.as_deref(), facts.caller), (Some("201"), None));
    }

    #[test]
    fn the_same_name_in_other_zones_is_another_moment() {
        for (time, expected) in [
            ("20261103-050502", "2026-11-03T05:05:02Z"),
            ("20261103-105002", "2026-11-03T10:50:02+05:45"),
            ("20261103-190502", "2026-11-03T19:05:02+14:00"),
            ("20261102-170502", "2026-11-02T17:05:02-12:00"),
            ("20261103-141159", "2026-11-03T14:11:59+09:00"),
            ("20261103-135801", "2026-11-03T13:58:01+09:00"),
        ] {
            let facts = read(&format!("freepbx/in-201--{time}-1793682300.1.wav")).unwrap();
            assert_eq!(facts.started_at, expected.parse().unwrap(), "{time}");
        }
    }

    #[test]
    fn times_that_differ_by_no_zone_are_refused() {
        for time in [
            "20261103-141230", // 7 minutes and a half beyond +09:00
            "20261103-135730",
            "20261103-141500", // +09:15
            "20261103-200502", // +15:00
            "20261102-160502", // −13:00
            "20271103-140502",
            "99991231-235959",
        ] {
            let key = format!("freepbx/in-201--{time}-1793682300.1.wav");
            assert_eq!(read(&key), Err(QuarantineReason::Zone), "{time}");
        }
    }

    #[test]
    fn a_date_or_time_no_calendar_has_is_refused() {
        for time in ["20261312-101000", "20260230-101000", "20261112-250000", "20261112-106000", "00000000-000000"] {
            let key = format!("freepbx/2026/11/12/external-201-09012345678-{time}-1794445798.204.wav");
            assert_eq!(read(&key), Err(QuarantineReason::ImpossibleDate), "{time}");
        }
    }

    #[test]
    fn a_name_that_is_not_the_pattern_has_no_call_facts() {
        for name in [
            "2026/11/12/voicemail greeting.wav",
            "",
            "external-201-09012345678-20261103-140502-1793682300.101.txt",
            "external-201-09012345678-20261103-140502-1793682300.wav",
            "external-201-20261103-140502-1793682300.101.wav",
            "other-201-09012345678-20261103-140502-1793682300.101.wav",
            "branch/external-201-09012345678-20261103-140502-1793682300.101.wav",
            "out-03-5234-5678-201-20261103-140502-1793682300.101.wav",
            "xexternal-201-09012345678-20261103-140502-1793682300.101.wav.bak",
        ] {
            assert_eq!(read(&format!("freepbx/{name}")), Err(QuarantineReason::NoCallFacts), "{name}");
        }
    }

    #[test]
    fn the_name_of_the_system_is_part_of_the_call_id() {
        let facts = read("freepbx/rg-601-anonymous-20261103-140502-pbx1-1793682300.101.WAV").unwrap();
        assert_eq!(facts.call_id.as_deref(), Some("pbx1-1793682300.101"));
    }

    #[test]
    fn a_source_is_data_a_fixed_zone_minutes_alone_and_parts_by_kind() {
        let source = Source::new(
            "recorder",
            "recorder/",
            r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})_(?P<ext>\d+)_(?P<number>\d+)_(?P<type>In|Out)$",
            ZoneRule::Fixed(TimeZone::get("America/New_York").unwrap()),
            vec![Kind {
                name: "In".to_owned(),
                direction: Some(Direction::Inbound),
                caller: Some("number".to_owned()),
                called: Some("ext".to_owned()),
                queue: None,
            }],
        );
        let facts = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_In")).unwrap();
        assert_eq!(facts.started_at, "2026-07-04T12:00:00-04:00".parse().unwrap());
        assert_eq!(facts.precision_seconds, 60);
        assert_eq!(facts.caller.as_deref(), Some("0312345678"));
        assert_eq!(facts.called.as_deref(), Some("201"));
        let out = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_Out"));
        assert_eq!(out, Err(QuarantineReason::NoCallFacts));
    }

    #[test]
    fn a_bad_pattern_is_named_by_check_and_reads_nothing() {
        for pattern in ["(", "(?:a{1000}){1000}"] {
            let source = Source::new("bad", "bad/", pattern, ZoneRule::Utc, vec![Kind::default()]);
            assert!(source.check().unwrap_err().to_string().contains("`bad`"));
            assert_eq!(source.read(&ObjectKey::new("bad/a")), Err(QuarantineReason::NoCallFacts));
        }
    }

    #[test]
    fn the_longest_prefix_finds_the_source() {
        let source = |name: &str, prefix: &str| Source::new(name, prefix, "^$", ZoneRule::Utc, Vec::new());
        let sources = [source("a", "pbx/"), source("b", "pbx/branch/"), source("c", "pbx/b")];
        let found = |key: &str| find(&sources, &ObjectKey::new(key)).map(|source| source.name.as_str());
        assert_eq!(found("pbx/branch/1.wav"), Some("b"));
        assert_eq!(found("pbx/bran/1.wav"), Some("c"));
        assert_eq!(found("pbx/1.wav"), Some("a"));
        assert_eq!(found("pb/1.wav"), None);
    }

    proptest! {
        #[test]
        fn any_zone_and_a_few_minutes_apart_the_local_time_is_what_the_name_says(
            epoch in 1_000_000_000_i64..4_000_000_000,
            hours in -12_i64..=14,
            residue in -420_i64..=420,
        ) {
            let shown = Timestamp::from_second(epoch + residue).unwrap();
            let zone = TimeZone::fixed(Offset::from_seconds(i32::try_from(hours * 3600).unwrap()).unwrap());
            let name = shown.to_zoned_datetime(zone).strftime("%Y%m%d-%H%M%S").to_string();
            let facts = read(&format!("freepbx/out-0352345678-201-{name}-{epoch}.1.wav")).unwrap();
            prop_assert_eq!(facts.started_at, shown);
        }

        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,80}|(in|out|q)-[0-9]{0,4}-[0-9]{0,12}-[0-9]{8}-[0-9]{6}-[0-9]{9,11}\\.[0-9]{1,3}\\.wav") {
            let _ = read(&format!("freepbx/{name}"));
        }
    }
}
