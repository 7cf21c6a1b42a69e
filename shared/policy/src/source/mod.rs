//! Sources: PBXs and recorders, each known by a prefix and by the names it writes.
//!
//! A source is data: a pattern with named parts, a rule for the zone, for each kind of call which part is
//! whose number, and the fields of its sidecars. A recorder more is a value more, no branch: those that
//! ship are in `built_in`, a company's own come from its policy ([`Definition`]). What a name gives is
//! handed on raw: which part is a member's extension is decided by the rulebook of the day, in
//! [`crate::merge`].

mod built_in;
mod definition;
mod trial;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

pub use built_in::built_in;
pub use definition::{Definition, Flaw, SIDECAR_FACTS};
pub(crate) use definition::{KINDS_LIMIT, PATTERN_LIMIT_CHARACTERS, PREFIX_LIMIT_BYTES, WORD_LIMIT_CHARACTERS};
pub use trial::{Gives, Missed, Outcome, TRIAL_KEYS_LIMIT, Tried, try_keys};

use crate::facts::{Direction, QuarantineReason};
use crate::fragment::ObjectKey;

/// 256 KiB: five times what the largest built-in pattern takes; a pattern that wants more is not for names.
const COMPILED_LIMIT_BYTES: usize = 256 * 1024;

/// 128 bytes of a part, as of any other fact: what listing projects of a recording stays under 1 KB.
const PART_LIMIT_BYTES: usize = 128;

/// Quarter hours: no zone in use lies between them.
const ZONE_STEP_SECONDS: i64 = 15 * 60;

/// 7 minutes: a name's time and the epoch beside it are of one call, and half a step lies at 7.5.
const ZONE_RESIDUE_LIMIT_SECONDS: i64 = 7 * 60;

/// What zones use beside whole hours from −12 to +14 (IANA time zone database), in minutes.
const ZONES_BETWEEN_HOURS_MINUTES: [i64; 13] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825];

/// 4 hours: the day or hour in a name can be when the recording began (FusionPBX), and before that a call
/// rings, waits in a queue, and runs until somebody presses the button.
const BEGAN_BEFORE: SignedDuration = SignedDuration::from_hours(4);

/// 12 hours: the day or hour in a name can be when the conversation began (Genesys), and a leg of it begins
/// after the transfers and call-backs of the same working day.
const BEGAN_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// English months: a name has them whole, or their first three letters.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What a source's local times mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ZoneRule {
    /// The name's part `epoch` is the same moment in seconds since 1970: the difference is the zone.
    Epoch,
    /// The company's own zone.
    Company,
    /// The PBX's own zone, whatever the company's is; UTC is one.
    Fixed(TimeZone),
}

/// Which part of a name is what, for one kind of call. Each text names a part of the pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kind {
    /// The value of the part `type` this is for; empty for every other value, and for names without the part.
    #[serde(rename = "type")]
    pub name: String,
    /// The direction, where the kind says it; else the part `type` may say it in a word of its own.
    pub direction: Option<Direction>,
    /// The part that is the calling side.
    pub caller: Option<String>,
    /// The part that is the called side.
    pub called: Option<String>,
    /// The part that is the queue or ring group.
    pub queue: Option<String>,
    /// The part that is our extension, on whichever side it is.
    pub extension: Option<String>,
}

/// One PBX or recorder.
///
/// Named parts of the pattern: `year month day hour minute second` (to the minute where `second` is missing;
/// without `minute` they only bound the start), `epoch`, `call_id`, `type`, and what [`Kind`]s name. The
/// pattern must fit the whole of what follows the prefix.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name; call ids are unique only within it.
    pub name: String,
    /// The prefix of its keys, with its `/`.
    pub prefix: String,
    /// The zone of its times.
    pub zone: ZoneRule,
    /// Its kinds of calls.
    pub kinds: Vec<Kind>,
    /// The fields of its sidecars, by the fact each gives (one of [`SIDECAR_FACTS`]); FORMATS' own names
    /// are understood beside them.
    pub sidecar: BTreeMap<String, String>,
    pattern: String,
    /// Compiled at the first name, not at the start: a function that reads none need not pay.
    compiled: OnceLock<Option<Regex>>,
}

/// When the call began, as a name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Began {
    /// At a moment.
    At {
        /// The moment.
        at: Timestamp,
        /// How exactly: 1 or 60 seconds.
        precision_seconds: i64,
    },
    /// Within a day or an hour, widened by what may lie between a call's begin and its recording's:
    /// no start, but a lesser fragment's start outside is not believed.
    Within(Range<Timestamp>),
    /// Nothing of it.
    Unsaid,
}

/// What a name says, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFacts {
    /// When the call began.
    pub began: Began,
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
    /// Our extension, as written, where the name says it beside the two sides.
    pub extension: Option<String>,
}

impl Source {
    /// A source without fields of its own for sidecars; its pattern is compiled when it is first used.
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
            sidecar: BTreeMap::new(),
            pattern: pattern.into(),
            compiled: OnceLock::new(),
        }
    }

    /// Reads a key that lies under the source's prefix.
    ///
    /// # Errors
    /// `no_call_facts` where the name is not the pattern, its kind is none of the source's, or a part is
    /// over 128 bytes; `impossible_date` where no calendar has its date, `zone` where its times contradict
    /// each other.
    pub fn read(&self, key: &ObjectKey, company: &TimeZone) -> Result<NameFacts, QuarantineReason> {
        let parts = self.parts(key).ok_or(QuarantineReason::NoCallFacts)?;
        let kind = self.kind(&parts).ok_or(QuarantineReason::NoCallFacts)?;
        let part = |name: &str| match part(&parts, name) {
            // Cut, or with a NUL in it, it could be taken for another's.
            Some(text) if text.len() > PART_LIMIT_BYTES || text.contains(char::is_control) => {
                Err(QuarantineReason::NoCallFacts)
            }
            text => Ok(text.map(str::to_owned)),
        };
        let named = |name: &Option<String>| name.as_deref().map_or(Ok(None), part);
        let word = part("type")?;
        let said_by_word = word.as_deref().and_then(Direction::from_word);
        Ok(NameFacts {
            call_id: part("call_id")?,
            // That it is unknown is to say nothing.
            direction: kind.direction.or(said_by_word).filter(|direction| *direction != Direction::Unknown),
            caller: named(&kind.caller)?,
            called: named(&kind.called)?,
            queue: named(&kind.queue)?,
            extension: named(&kind.extension)?,
            kind: word,
            began: self.began(&parts, company)?,
        })
    }

    /// The parts of a name that is the pattern.
    fn parts<'k>(&self, key: &'k ObjectKey) -> Option<Captures<'k>> {
        let pattern = self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()?;
        pattern.captures(key.expose().strip_prefix(&self.prefix)?)
    }

    fn kind(&self, parts: &Captures<'_>) -> Option<&Kind> {
        let word = part(parts, "type").unwrap_or_default();
        let of = |word: &str| self.kinds.iter().find(|kind| kind.name == word);
        of(word).or_else(|| of(""))
    }

    fn began(&self, parts: &Captures<'_>, company: &TimeZone) -> Result<Began, QuarantineReason> {
        let says = |name: &str| part(parts, name).is_some();
        let has_date = ["year", "month", "day"].into_iter().any(says);
        let epoch = part(parts, "epoch").map(|text| text.parse::<i64>().ok());
        let by_epoch_alone = !has_date || (self.zone == ZoneRule::Epoch && !says("minute"));
        if by_epoch_alone {
            return match epoch {
                None if has_date => Err(QuarantineReason::Zone),
                None => Ok(Began::Unsaid),
                Some(epoch) => epoch
                    .and_then(|epoch| Timestamp::from_second(epoch).ok())
                    .map(|at| Began::At { at, precision_seconds: 1 })
                    .ok_or(QuarantineReason::ImpossibleDate),
            };
        }
        // Of a time that comes twice in a zone's night of change the earlier one, of one that never
        // comes the one after the gap: the database's own "compatible" rule.
        let moment =
            |zone: &TimeZone, local: DateTime| zone.to_timestamp(local).map_err(|_| QuarantineReason::ImpossibleDate);
        let date = date(parts).ok_or(QuarantineReason::ImpossibleDate)?;
        let time = time(parts).ok_or(QuarantineReason::ImpossibleDate)?;
        let local = date.to_datetime(time);
        let proven;
        let zone = match &self.zone {
            ZoneRule::Company => company,
            ZoneRule::Fixed(zone) => zone,
            ZoneRule::Epoch => {
                let offset = epoch.flatten().and_then(|epoch| proven_offset(local, epoch));
                proven = TimeZone::fixed(offset.ok_or(QuarantineReason::Zone)?);
                &proven
            }
        };
        let start = moment(zone, local)?;
        if says("minute") {
            return Ok(Began::At { at: start, precision_seconds: if says("second") { 1 } else { 60 } });
        }
        let end = if says("hour") {
            start.checked_add(SignedDuration::from_hours(1)).map_err(|_| QuarantineReason::ImpossibleDate)?
        } else {
            let next = date.tomorrow().map_err(|_| QuarantineReason::ImpossibleDate)?;
            moment(zone, next.to_datetime(Time::midnight()))?
        };
        let earliest = start.checked_sub(BEGAN_BEFORE).unwrap_or(Timestamp::MIN);
        let latest = end.checked_add(BEGAN_AFTER).unwrap_or(Timestamp::MAX);
        Ok(Began::Within(earliest..latest))
    }
}

/// Compiles a pattern so that it must fit a whole name.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(COMPILED_LIMIT_BYTES).build()
}

/// What a part holds; one left empty says nothing.
fn part<'k>(parts: &Captures<'k>, name: &str) -> Option<&'k str> {
    parts.name(name).map(|part| part.as_str()).filter(|part| !part.is_empty())
}

fn date(parts: &Captures<'_>) -> Option<Date> {
    let year = part(parts, "year")?;
    // Of two digits this century: no recorder is older.
    let century = if year.len() == 2 { 2000 } else { 0 };
    let month = part(parts, "month").and_then(|text| month(text).or_else(|| text.parse().ok()))?;
    Date::new(century + year.parse::<i16>().ok()?, month, part(parts, "day")?.parse().ok()?).ok()
}

/// The month of an English name.
fn month(text: &str) -> Option<i8> {
    let text = text.to_ascii_lowercase();
    let position = MONTHS.iter().position(|month| *month == text || month[..3] == text)?;
    i8::try_from(position + 1).ok()
}

/// The time of the day; what the name does not say of it is 0.
fn time(parts: &Captures<'_>) -> Option<Time> {
    let number = |name: &str| part(parts, name).map_or(Some(0), |text| text.parse::<i8>().ok());
    Time::new(number("hour")?, number("minute")?, number("second")?, 0).ok()
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
pub fn find<'a>(sources: &'a [Arc<Source>], key: &ObjectKey) -> Option<&'a Source> {
    sources
        .iter()
        .map(Arc::as_ref)
        .filter(|source| key.expose().starts_with(&source.prefix))
        .max_by_key(|source| source.prefix.len())
}

/// A company's own sources and those that ship: an own one with the name or the prefix of one that ships
/// stands in its place.
pub fn with_built_in(own: Vec<Arc<Source>>) -> Vec<Arc<Source>> {
    let is_replaced = |shipped: &Source| own.iter().any(|own| own.name == shipped.name || own.prefix == shipped.prefix);
    let mut sources: Vec<_> = built_in().iter().filter(|shipped| !is_replaced(shipped)).cloned().collect();
    sources.extend(own);
    sources
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    fn read(key: &str) -> Result<NameFacts, QuarantineReason> {
        let key = ObjectKey::new(key);
        find(built_in(), &key).unwrap().read(&key, &tokyo())
    }

    fn at(text: &str) -> Began {
        Began::At { at: text.parse().unwrap(), precision_seconds: 1 }
    }

    #[allow(clippy::unnecessary_wraps)] // Every part of a name is one that may be missing.
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn every_built_in_pattern_compiles_within_its_limit() {
        for source in built_in() {
            assert!(source.pattern.chars().count() <= definition::PATTERN_LIMIT_CHARACTERS);
            compile(&source.pattern).unwrap();
        }
    }

    #[test]
    fn a_freepbx_name_gives_its_parts_and_the_zone_its_epoch_proves() {
        assert_eq!(
            read("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav"),
            Ok(NameFacts {
                began: at("2026-11-03T14:05:02+09:00"),
                call_id: Some("1793682300.101".to_owned()),
                kind: Some("external".to_owned()),
                direction: Some(Direction::Inbound),
                caller: Some("09012345678".to_owned()),
                called: Some("201".to_owned()),
                queue: None,
                extension: None,
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
            assert_eq!(facts.began, at(expected), "{time}");
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
                caller: text("number"),
                called: text("ext"),
                ..Kind::default()
            }],
        );
        let facts = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_In"), &tokyo()).unwrap();
        let noon = "2026-07-04T12:00:00-04:00".parse().unwrap();
        assert_eq!(facts.began, Began::At { at: noon, precision_seconds: 60 });
        assert_eq!(facts.caller.as_deref(), Some("0312345678"));
        assert_eq!(facts.called.as_deref(), Some("201"));
        let out = source.read(&ObjectKey::new("recorder/20260704T1200_201_0312345678_Out"), &tokyo());
        assert_eq!(out, Err(QuarantineReason::NoCallFacts));
    }

    #[test]
    fn a_pattern_that_can_not_be_compiled_reads_nothing() {
        for pattern in ["(", "(?:a{1000}){1000}"] {
            let source = Source::new("bad", "bad/", pattern, ZoneRule::Company, vec![Kind::default()]);
            assert_eq!(source.read(&ObjectKey::new("bad/a"), &tokyo()), Err(QuarantineReason::NoCallFacts));
        }
    }

    #[test]
    fn each_recorders_name_gives_what_stands_in_it() {
        let uuid = "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e";
        let nothing = NameFacts {
            began: Began::Unsaid,
            call_id: None,
            kind: None,
            direction: None,
            caller: None,
            called: None,
            queue: None,
            extension: None,
        };
        let within = |from: &str, until: &str| Began::Within(from.parse().unwrap()..until.parse().unwrap());
        let table = [
            (
                "yeastar/20261106130005-1793937604.7-1001-1003-Internal.wav".to_owned(),
                NameFacts {
                    began: at("2026-11-06T13:00:05+09:00"),
                    call_id: text("1793937604.7"),
                    kind: text("Internal"),
                    direction: Some(Direction::Internal),
                    caller: text("1001"),
                    called: text("1003"),
                    ..nothing.clone()
                },
            ),
            (
                "3cx/201/[佐藤 花子]_201-0367891234_20261106093015(380).wav".to_owned(),
                NameFacts {
                    began: at("2026-11-06T09:30:15+09:00"),
                    call_id: text("380"),
                    caller: text("201"),
                    called: text("0367891234"),
                    extension: text("201"),
                    ..nothing.clone()
                },
            ),
            (
                "3cx/202/[]_+81 90(1234)5678-202_20261106094500(381).mp3".to_owned(),
                NameFacts {
                    began: at("2026-11-06T09:45:00+09:00"),
                    call_id: text("381"),
                    caller: text("+81 90(1234)5678"),
                    called: text("202"),
                    extension: text("202"),
                    ..nothing.clone()
                },
            ),
            (
                "ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3".to_owned(),
                NameFacts {
                    began: at("2026-11-09T13:35:55+09:00"),
                    call_id: text("2243071124051"),
                    kind: text("Outgoing"),
                    direction: Some(Direction::Outbound),
                    caller: text("302"),
                    called: text("(03)5234-8686"),
                    ..nothing.clone()
                },
            ),
            (
                "ringcentral/20261109-133555_+81312345678_Incoming_OnDemand_7.mp3".to_owned(),
                NameFacts {
                    began: at("2026-11-09T13:35:55+09:00"),
                    call_id: text("7"),
                    kind: text("Incoming"),
                    direction: Some(Direction::Inbound),
                    caller: text("+81312345678"),
                    ..nothing.clone()
                },
            ),
            (
                format!("connect/yamada/CallRecordings/2026/11/09/{uuid}_20261109T01:07_UTC.wav"),
                NameFacts {
                    began: Began::At { at: "2026-11-09T01:07:00Z".parse().unwrap(), precision_seconds: 60 },
                    call_id: text(uuid),
                    ..nothing.clone()
                },
            ),
            (
                format!("genesys/yamada/year=2026/month=11/day=10/hour=09/conversation_id={uuid}/c7f2a8e1-0001"),
                NameFacts {
                    began: within("2026-11-10T05:00:00Z", "2026-11-10T22:00:00Z"),
                    call_id: text(uuid),
                    ..nothing.clone()
                },
            ),
            (
                format!("fusionpbx/yamada.example/archive/2026/Nov/10/{uuid}.wav"),
                NameFacts {
                    began: within("2026-11-09T20:00:00+09:00", "2026-11-11T12:00:00+09:00"),
                    call_id: text(uuid),
                    ..nothing.clone()
                },
            ),
        ];
        for (key, expected) in table {
            assert_eq!(read(&key), Ok(expected), "{key}");
        }
    }

    #[test]
    fn what_lies_beside_a_recorders_recordings_has_no_call_facts() {
        let uuid = "0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e";
        for key in [
            &format!("connect/yamada/ChatTranscripts/2026/11/09/{uuid}_20261109T01:07_UTC.json"),
            &format!("connect/yamada/CallRecordings/2026/11/09/{uuid}_20261109T01:07_UTC.json"),
            &format!("connect/yamada/CallRecordings/ivr/2026/11/09/{uuid}_20261109T01:07_UTC.wav"),
            &format!("connect/Analysis/Voice/2026/11/09/{uuid}_analysis_2026-11-09T01:09:00Z.json"),
            "yeastar/20261106130005-1793937604.7-1001-1003-Voicemail.wav",
            "yeastar/20261106130005-1793937604-1001-1003-Internal.wav",
            "3cx/[佐藤 花子]_201-0367891234_20261106093015(380).wav",
            "3cx/201/201-0367891234_20261106093015(380).wav",
            "3cx/201/[a]_201-0367891234_20261106093015.wav",
            "ringcentral/20261109-133555_302_0352348686_Missed_Auto_1.mp3",
            "genesys/yamada/year=2026/month=11/day=10/conversation_id=a/b",
            "fusionpbx/yamada.example/archive/2026/Nov/10/voicemail.wav",
            &format!("fusionpbx/yamada.example/2026/Nov/10/{uuid}.wav"),
        ] {
            assert_eq!(read(key), Err(QuarantineReason::NoCallFacts), "{key}");
        }
        for key in [
            &format!("fusionpbx/yamada.example/archive/2026/Nev/10/{uuid}.wav"),
            &format!("fusionpbx/yamada.example/archive/2026/Feb/30/{uuid}.wav"),
            "genesys/y/year=2026/month=11/day=10/hour=24/conversation_id=a/b",
            "3cx/201/[]_201-110_20261306093015(380).wav",
        ] {
            assert_eq!(read(key), Err(QuarantineReason::ImpossibleDate), "{key}");
        }
    }

    #[test]
    fn a_part_that_is_too_long_or_holds_a_control_character_is_not_believed() {
        let name = |from: &str| format!("freepbx/in-201-{from}-20261103-140502-1793682300.101.wav");
        assert!(read(&name(&"1".repeat(128))).is_ok());
        assert_eq!(read(&name(&"1".repeat(129))), Err(QuarantineReason::NoCallFacts));
        assert_eq!(read(&name("1\u{0}2")), Err(QuarantineReason::NoCallFacts));
    }

    #[test]
    fn an_epoch_alone_is_the_moment_and_two_digits_of_a_year_are_of_this_century() {
        let read = |pattern: &str, name: &str| {
            let source = Source::new("own", "own/", pattern, ZoneRule::Company, vec![Kind::default()]);
            source.read(&ObjectKey::new(format!("own/{name}")), &tokyo()).map(|facts| facts.began)
        };
        assert_eq!(read(r"(?P<epoch>\d+)\.wav", "1793682300.wav"), Ok(at("2026-11-03T14:05:00+09:00")));
        let impossible = Err(QuarantineReason::ImpossibleDate);
        assert_eq!(read(r"(?P<epoch>\d+)\.wav", "99999999999999999999.wav"), impossible);
        let date = r"(?P<year>\d\d)-(?P<month>\w+)-(?P<day>\d+) (?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)";
        assert_eq!(read(date, "26-NOVEMBER-3 14:05:00"), Ok(at("2026-11-03T14:05:00+09:00")));
        assert_eq!(read(date, "26-Novem-3 14:05:00"), impossible);
        assert_eq!(read("(?P<call_id>a)", "a"), Ok(Began::Unsaid));
        // The last day and hour of the calendar have no end.
        assert_eq!(read(r"(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)", "9999-12-31"), impossible);
    }

    #[test]
    fn a_direction_is_said_by_the_kind_or_by_the_recorders_own_word_and_unknown_says_nothing() {
        let direction = |of_kind: Option<Direction>, word: &str| {
            let kind = Kind { direction: of_kind, ..Kind::default() };
            let source = Source::new("own", "own/", r"(?P<type>\w+)", ZoneRule::Company, vec![kind]);
            source.read(&ObjectKey::new(format!("own/{word}")), &tokyo()).unwrap().direction
        };
        assert_eq!(direction(None, "Incoming"), Some(Direction::Inbound));
        assert_eq!(direction(None, "発信"), Some(Direction::Outbound));
        assert_eq!(direction(Some(Direction::Inbound), "out"), Some(Direction::Inbound));
        assert_eq!(direction(Some(Direction::Unknown), "out"), None);
        assert_eq!(direction(None, "unknown"), None);
        assert_eq!(direction(None, "sideways"), None);
    }

    #[test]
    fn a_companys_own_source_stands_in_the_place_of_one_that_ships_with_its_name_or_prefix() {
        let own = |name: &str, prefix: &str| {
            Arc::new(Source::new(name, prefix, "x", ZoneRule::Company, vec![Kind::default()]))
        };
        let all = with_built_in(Vec::new());
        assert_eq!(all.len(), 7);
        let merged = with_built_in(vec![own("freepbx", "pbx/"), own("tokyo", "3cx/"), own("osaka", "osaka/")]);
        let names: Vec<&str> = merged.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(
            names,
            ["yeastar", "ringcentral", "amazon-connect", "genesys", "fusionpbx", "freepbx", "tokyo", "osaka"]
        );
    }

    #[test]
    fn the_longest_prefix_finds_the_source() {
        let source = |name: &str, prefix: &str| Arc::new(Source::new(name, prefix, "", ZoneRule::Company, Vec::new()));
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
            prop_assert_eq!(facts.began, Began::At { at: shown, precision_seconds: 1 });
        }

        #[test]
        fn a_recorders_name_gives_the_moment_it_was_written_at(
            second in 1_600_000_000_i64..4_000_000_000,
            shift in -300_i64..300,
            extension in "[1-9][0-9]{1,5}",
            number in "0[1-9][0-9]{8,9}|[+]81[1-9][0-9]{8}|[(]03[)]5234_?",
            id in 1_u64..99_999_999,
        ) {
            let number = number.replace('_', "");
            let moment = Timestamp::from_second(second).unwrap();
            let local = |zone: &TimeZone, format: &str| moment.to_zoned_datetime(zone.clone()).strftime(format).to_string();
            let (tokyo, utc) = (tokyo(), TimeZone::UTC);
            let uuid = format!("0d0c7d7e-6a5f-4a1b-9c11-{id:012x}");
            let to_the_second = [
                format!("yeastar/{}-{}.{id}-{extension}-{number}-Outbound.wav", local(&tokyo, "%Y%m%d%H%M%S"), second + shift),
                format!("3cx/{extension}/[{number}]_{extension}-{number}_{}({id}).wav", local(&tokyo, "%Y%m%d%H%M%S")),
                format!("ringcentral/{}_{extension}_{number}_Outgoing_Auto_{id}.mp3", local(&tokyo, "%Y%m%d-%H%M%S")),
            ];
            for key in to_the_second {
                let facts = read(&key).unwrap();
                prop_assert_eq!(facts.began, Began::At { at: moment, precision_seconds: 1 });
                prop_assert_eq!(facts.caller.as_ref(), Some(&extension));
                prop_assert_eq!(facts.called.as_ref(), Some(&number));
                prop_assert!(facts.call_id.unwrap().ends_with(&id.to_string()));
            }
            let facts = read(&format!("connect/a/CallRecordings/{}/{uuid}_{}_UTC.wav", local(&utc, "%Y/%m/%d"), local(&utc, "%Y%m%dT%H:%M"))).unwrap();
            let minute = Timestamp::from_second(second - second % 60).unwrap();
            prop_assert_eq!(facts.began, Began::At { at: minute, precision_seconds: 60 });
            prop_assert_eq!(facts.call_id.as_ref(), Some(&uuid));
            for key in [
                format!("genesys/a/{}/conversation_id={uuid}/{id}", local(&utc, "year=%Y/month=%m/day=%d/hour=%H")),
                format!("fusionpbx/a/archive/{}/{uuid}.wav", local(&tokyo, "%Y/%b/%d")),
            ] {
                let facts = read(&key).unwrap();
                let is_within = matches!(&facts.began, Began::Within(range) if range.contains(&moment));
                prop_assert!(is_within, "{:?}", facts.began);
                prop_assert_eq!(facts.call_id.as_ref(), Some(&uuid));
            }
        }

        #[test]
        fn no_name_makes_it_panic(
            prefix in "freepbx/|yeastar/|3cx/[0-9]{1,3}/|ringcentral/|connect/|genesys/|fusionpbx/",
            name in "\\PC{0,80}|(in|out|q)-[0-9]{0,4}-[0-9]{0,12}-[0-9]{8}-[0-9]{6}-[0-9]{9,11}\\.[0-9]{1,3}\\.wav|[0-9]{14}-[0-9]{9,11}\\.1-[0-9]{3}-[0-9]{3}-Inbound\\.wav|\\[\\]_[0-9]{3}-[0-9]{3}_[0-9]{14}\\([0-9]\\)\\.wav|y/year=[0-9]{4}/month=[0-9]{2}/day=[0-9]{2}/hour=[0-9]{2}/conversation_id=a/b",
        ) {
            let _ = read(&format!("{prefix}{name}"));
        }
    }
}
