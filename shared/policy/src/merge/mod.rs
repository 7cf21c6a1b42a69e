//! The merge: a recording's facts as a pure function of its fragments and a rulebook.
//!
//! Each fragment is understood by itself, against the rulebook of the day of the call, into what it says.
//! Then they are folded in the order of their rank: an admin's correction, name, metadata, sidecars by S3's
//! sequencer, rows of a call log. One rule
//! holds for every fact: what a better fragment said stands, a lesser one fills what is missing, and where
//! it says otherwise that is a [`Conflict`]. What the rulebook makes of the facts so far (member, line,
//! team, class) stands in the same way: so no lesser fragment changes the team, and none brings an expiry
//! nearer. The start alone may be refined: said more exactly within the precision of what stands. A name that
//! gives only a day or an hour gives no start: it bounds what lesser fragments may say of it.
//!
//! What is given and can't be understood (an unknown name, a wrong type, a date without an offset, a staff
//! id nobody has) goes aside under its own name, to be shown; the rest of the fragment counts.
//!
//! A fragment stores nothing that a rulebook or a source's pattern knows: to read what is in quarantine by
//! a new source or rulebook is to merge again.

mod given;
mod on_day;
mod said;

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::given::{Aside, Given};
use self::on_day::OnDay;
pub use self::on_day::OurSide;
use self::said::{Said, Start, Witness};
use crate::audio::Probe;
use crate::calllog::Row;
use crate::facts::{Conflict, Direction, NoticeKind, QuarantineReason};
use crate::fragment::{Fragments, ObjectKind, TextFragment};
use crate::id::{CallId, RowId};
use crate::number::{Absent, Counterpart, PhoneNumber};
use crate::retention::ClassRevision;
use crate::rulebook::{Line, Post, Rulebook};
use crate::source::{self, Began, NameFacts};

/// 5 minutes: how far a PBX's clock may run before S3's.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The conflict of a log whose times are a zone's distance off its recordings: its `[[call_log]]` needs
/// `zone = "UTC"`, or the company's.
pub const LOG_ZONE: &str = "log_zone";

/// What the fragments of one recording come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The configured source's name, where the key lies under one's prefix; whatever the outcome.
    pub source: Option<String>,
    /// The PBX's id of the call, as far as it is known; whatever the outcome. What arrives later, as a call
    /// log does, is joined by source and call id.
    pub call_id: Option<String>,
    /// The facts, or why it is in quarantine.
    pub outcome: Result<CallFacts, QuarantineReason>,
    /// What fragments said against what stands.
    pub conflicts: Vec<Conflict>,
    /// What was given and means nothing here, by name, cut to a length.
    pub aside: Vec<(String, String)>,
}

/// The facts of one recording's call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFacts {
    /// The configured source's name; else `sidecar` or `object-metadata`, by which of them gave the start.
    pub source: String,
    /// The object's folder, where no source is configured: call ids are unique only within it.
    pub folder: Option<String>,
    /// The PBX's id of the call.
    pub call_id: Option<String>,
    /// The PBX's id of what the call belongs to.
    pub linked_id: Option<String>,
    /// The kind of call, in the recorder's word.
    pub kind: Option<String>,
    /// When the call began.
    pub started_at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// The other party.
    pub counterpart: Counterpart,
    /// Our number.
    pub our_number: Option<PhoneNumber>,
    /// Our line's name.
    pub line: Option<String>,
    /// The answering or dialling extension.
    pub extension: Option<String>,
    /// The queue or ring group.
    pub queue: Option<String>,
    /// The member of staff, by id.
    pub staff: Option<String>,
    /// The team at the time of the call.
    pub team: Option<String>,
    /// How the caller was told that the call is recorded.
    pub notice: NoticeKind,
    /// What it is kept for.
    pub purpose: String,
    /// Its class, in the newest revision.
    pub class: ClassRevision,
    /// The day of the call in the company's zone.
    pub day: Date,
    /// Whether the caller objected to being recorded.
    pub has_objection: bool,
}

impl Merged {
    /// The call as its source's log knows it: by the PBX's own id.
    pub fn group(&self) -> Option<CallId> {
        Some(CallId::of(self.source.as_deref()?, None, self.call_id.as_deref()?))
    }
}

/// Merges what is known of one recording under a rulebook. The order of the sidecars and of the rows does not
/// matter.
pub fn merge(fragments: &Fragments, rulebook: &Rulebook) -> Merged {
    let object = &fragments.audio.object;
    let source = source::find(&rulebook.sources, &object.key);
    let name = source.map_or(Err(QuarantineReason::NoSourceMatches), |source| source.read(&object.key, &rulebook.zone));
    let mut aside = Aside::default();
    let mut conflicts = Conflicts::default();
    // A name that can't be read is missing, it does not stand: what gives the start releases the recording.
    let plain = BTreeMap::new();
    let fields = source.map_or(&plain, |source| &source.sidecar);
    let readings = readings(fragments, name.clone().ok(), fields, &mut aside);
    let call_id = readings.iter().find_map(|(_, reading)| reading.call_id());

    let (mut start, bounds) = start(&readings, &mut conflicts);
    let mut rows = rows(fragments, source.map(|source| source.name.as_str()), call_id, start.as_ref());
    rows.retain(|row| is_of_the_recording(row, &mut start, bounds.as_ref(), &rulebook.zone, &mut conflicts));
    let facts = start.map(|start| {
        let on_day = OnDay { rulebook, day: rulebook.day_of(start.value.at) };
        let mut standing = Standing::default();
        for (witness, reading) in &readings {
            let said = match reading {
                Reading::Name(name) => Said::by_name(name, on_day),
                Reading::Given(given) => Said::by_given(given, on_day, &mut aside),
            };
            standing.fold(said, *witness, on_day, &mut conflicts);
        }
        let somebody_answered = rows.iter().any(|row| row.is_answered);
        for row in rows {
            let mut given = Given::of_row(row);
            if somebody_answered && !row.is_answered {
                // Whom it rang is not who spoke.
                (given.staff, given.extension, given.called) = (None, None, None);
            }
            let said = Said::by_given(&given, on_day, &mut aside);
            standing.fold(said, Witness::Log, on_day, &mut conflicts);
        }
        let (named, folder) = match (source, start.by) {
            (Some(source), _) => (source.name.as_str(), None),
            (None, Witness::Correction) => ("correction", Some(object.key.folder())),
            (None, Witness::Sidecar) => ("sidecar", Some(object.key.folder())),
            (None, Witness::Name | Witness::Metadata | Witness::Log) => ("object-metadata", Some(object.key.folder())),
        };
        standing.into_facts(named, folder, start.value.at, on_day)
    });

    let outcome = heard(&fragments.audio.probe).and_then(|()| match (facts, name) {
        (Some(facts), _) => believable(&facts, object.stored_at, rulebook).map(|()| facts),
        (None, Err(reason)) => Err(reason),
        (None, Ok(_)) => Err(QuarantineReason::NoCallFacts),
    });
    Merged {
        source: source.map(|source| source.name.clone()),
        call_id: call_id.map(str::to_owned),
        outcome,
        conflicts: conflicts.0,
        aside: aside.finish(),
    }
}

/// The facts that a name gives by itself, for a call that began then.
pub(crate) fn understand_name(source: &str, name: &NameFacts, started_at: Timestamp, rulebook: &Rulebook) -> CallFacts {
    let on_day = OnDay { rulebook, day: rulebook.day_of(started_at) };
    let mut standing = Standing::default();
    standing.fold(Said::by_name(name, on_day), Witness::Name, on_day, &mut Conflicts::default());
    standing.into_facts(source, None, started_at, on_day)
}

/// Who took part in a call on our side, by one row of a log alone.
pub fn our_side(row: &Row, rulebook: &Rulebook) -> OurSide {
    let on_day = OnDay { rulebook, day: rulebook.day_of(row.started_at) };
    let said = Said::by_given(&Given::of_row(row), on_day, &mut Aside::default());
    let mut standing = Standing::default();
    standing.fold(said, Witness::Log, on_day, &mut Conflicts::default());
    OurSide::new(value(standing.member.as_ref()).copied(), value(standing.team.as_ref()).copied())
}

/// One fragment, read but not yet understood.
enum Reading {
    Name(NameFacts),
    Given(Given),
}

impl Reading {
    fn call_id(&self) -> Option<&str> {
        match self {
            Self::Name(name) => name.call_id.as_deref(),
            Self::Given(given) => given.call_id.as_deref(),
        }
    }
}

/// The readings in the order of their rank.
fn readings(
    fragments: &Fragments,
    name: Option<NameFacts>,
    fields: &BTreeMap<String, String>,
    aside: &mut Aside,
) -> Vec<(Witness, Reading)> {
    let mut readings = Vec::new();
    if let Some(correction) = &fragments.correction {
        readings.push((Witness::Correction, Reading::Given(Given::of_metadata(&correction.facts, aside))));
    }
    readings.extend(name.map(|name| (Witness::Name, Reading::Name(name))));
    let metadata = &fragments.audio.metadata;
    if !metadata.is_empty() {
        readings.push((Witness::Metadata, Reading::Given(Given::of_metadata(metadata, aside))));
    }
    let audio = &fragments.audio.object.key;
    let is_of_the_audio =
        |fragment: &&TextFragment| fragment.kind == ObjectKind::Sidecar && fragment.object.key.is_sidecar_of(audio);
    let mut sidecars: Vec<_> = fragments.sidecars.iter().filter(is_of_the_audio).collect();
    // S3's order, not that of arrival: the first version stands.
    sidecars.sort_by_key(|fragment| (&fragment.object.sequencer, &fragment.object.version_id));
    for sidecar in sidecars {
        readings.push((Witness::Sidecar, Reading::Given(Given::of_sidecar(sidecar.text.as_deref(), fields, aside))));
    }
    for (_, reading) in &mut readings {
        if let Reading::Given(given) = reading
            && let Some(text) = given.started_at.take_if(|text| Start::parse(text).is_none())
        {
            aside.keep("started_at", &text);
        }
    }
    readings
}

/// The rows of the recording's call, of each the newest reading, in the order in which they are believed: one
/// that names the recording's own file; then those that somebody answered; of a transfer's the one that was
/// answered nearest to when the recording began; else in the order of the call.
fn rows<'f>(
    fragments: &'f Fragments,
    source: Option<&str>,
    call_id: Option<&str>,
    start: Option<&Stood<Start>>,
) -> Vec<&'f Row> {
    // A log speaks only for its own source, and only for the call that a better fragment says this is.
    let is_of_the_call = |row: &&Row| Some(row.source.as_str()) == source && Some(row.call_id.as_str()) == call_id;
    let mut newest: BTreeMap<RowId, &Row> = BTreeMap::new();
    for row in fragments.rows.iter().filter(is_of_the_call) {
        let stands = newest.entry(row.row_key()).or_insert(row);
        if row.supersedes(stands) {
            *stands = row;
        }
    }
    let file = fragments.audio.object.key.file_name();
    let mut rows: Vec<_> = newest.into_iter().collect();
    rows.sort_by_key(|(key, row)| {
        let apart = start.map(|start| row.answered_at.unwrap_or(row.started_at).duration_since(start.value.at).abs());
        (!row.recordings.iter().any(|name| name == file), !row.is_answered, apart, row.started_at, key.clone())
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Whether a row can be of this recording: a recording begins somewhere in its call. Of a recording that says
/// nothing of when it began the first such row says it; a start that stands is neither moved nor refined.
///
/// A row that covers the start only where its local times are UTC, or the company's own, is of the call: that its
/// log's zone is another than the rulebook says is a conflict of its own.
fn is_of_the_recording(
    row: &Row,
    start: &mut Option<Stood<Start>>,
    bounds: Option<&Stood<Range<Timestamp>>>,
    company: &TimeZone,
    conflicts: &mut Conflicts,
) -> bool {
    let refused_by = match (&start, bounds) {
        (Some(stands), _) => (!row.covers(stands.value.at)).then_some(stands.by),
        (None, Some(bounds)) => (!bounds.value.contains(&row.started_at)).then_some(bounds.by),
        (None, None) => None,
    };
    if let Some(stands) = refused_by {
        let is_zone_off = start.as_ref().is_some_and(|start| covers_in_another_zone(row, start.value.at, company));
        conflicts.add(if is_zone_off { LOG_ZONE } else { "started_at" }, stands, Witness::Log);
        return is_zone_off;
    }
    start.get_or_insert(Stood {
        value: Start { at: row.started_at, precision_seconds: row.precision_seconds },
        by: Witness::Log,
    });
    true
}

/// Whether a row's local times, read as UTC or as the company's, are those of a call that covers a moment.
fn covers_in_another_zone(row: &Row, at: Timestamp, company: &TimeZone) -> bool {
    [0, company.to_offset(at).seconds()]
        .into_iter()
        .filter_map(|offset_seconds| row.under_offset(offset_seconds))
        .any(|row| row.covers(at))
}

/// When the call began, by the best fragment that says it; refined by lesser ones, never moved, and never
/// outside what a better one bounds it to; and these bounds.
fn start(
    readings: &[(Witness, Reading)],
    conflicts: &mut Conflicts,
) -> (Option<Stood<Start>>, Option<Stood<Range<Timestamp>>>) {
    let mut stands: Option<Stood<Start>> = None;
    let mut bounds: Option<Stood<Range<Timestamp>>> = None;
    for (witness, reading) in readings {
        let said = match reading {
            Reading::Name(NameFacts { began: Began::At { at, precision_seconds }, .. }) => {
                Some(Start { at: *at, precision_seconds: *precision_seconds })
            }
            Reading::Name(NameFacts { began: Began::Within(range), .. }) => {
                match &stands {
                    Some(stands) if !range.contains(&stands.value.at) => {
                        conflicts.add("started_at", stands.by, *witness);
                    }
                    _ => bounds = Some(Stood { value: range.clone(), by: *witness }),
                }
                None
            }
            Reading::Name(NameFacts { began: Began::Unsaid, .. }) => None,
            Reading::Given(given) => given.started_at.as_deref().and_then(Start::parse),
        };
        if let (Some(bounds), Some(said)) = (&bounds, said)
            && !bounds.value.contains(&said.at)
        {
            conflicts.add("started_at", bounds.by, *witness);
            continue;
        }
        match (&mut stands, said) {
            (_, None) => {}
            (None, Some(value)) => stands = Some(Stood { value, by: *witness }),
            (Some(stands), Some(said)) if stands.value.is_refined_by(said) => stands.value = said,
            (Some(stands), Some(said)) if said.is_refined_by(stands.value) || said.at == stands.value.at => {}
            (Some(stands), Some(_)) => conflicts.add("started_at", stands.by, *witness),
        }
    }
    (stands, bounds)
}

/// What a probe's finding says against a recording, before anything else does.
fn heard(probe: &Probe) -> Result<(), QuarantineReason> {
    match probe {
        Probe::Audio(_) => Ok(()),
        Probe::TooLarge => Err(QuarantineReason::TooLarge),
        Probe::Unreadable => Err(QuarantineReason::Unreadable),
        Probe::Empty => Err(QuarantineReason::Empty),
        Probe::NoAudio => Err(QuarantineReason::NoAudio),
        Probe::NotAudio => Err(QuarantineReason::NotAudio),
    }
}

/// Whether the start can be true of something stored then.
fn believable(facts: &CallFacts, stored_at: Timestamp, rulebook: &Rulebook) -> Result<(), QuarantineReason> {
    let before_upload = stored_at.duration_since(facts.started_at);
    if before_upload > SignedDuration::from_hours(24 * i64::from(rulebook.late_arrival_days)) {
        Err(QuarantineReason::TooEarly)
    } else if before_upload < -CLOCK_TOLERANCE {
        Err(QuarantineReason::TooLate)
    } else {
        Ok(())
    }
}

/// What fragments said against each other, each once.
#[derive(Default)]
struct Conflicts(Vec<Conflict>);

impl Conflicts {
    fn add(&mut self, fact: &str, stands: Witness, refused: Witness) {
        let conflict = Conflict {
            fact: fact.to_owned(),
            stands: stands.as_str().to_owned(),
            refused: refused.as_str().to_owned(),
        };
        if !self.0.contains(&conflict) {
            self.0.push(conflict);
        }
    }
}

/// A fact that stands, and who said it first.
#[derive(Clone, Debug)]
struct Stood<T> {
    value: T,
    by: Witness,
}

/// The one rule of every fact: what stands stays, what is missing is filled, anything else is a conflict.
fn stand<T: PartialEq>(
    stands: &mut Option<Stood<T>>,
    said: Option<T>,
    by: Witness,
    fact: &str,
    conflicts: &mut Conflicts,
) {
    match (stands, said) {
        (_, None) => {}
        (stands @ None, Some(value)) => *stands = Some(Stood { value, by }),
        (Some(stands), Some(value)) if stands.value == value => {}
        (Some(stands), Some(_)) => conflicts.add(fact, stands.by, by),
    }
}

/// What the rulebook makes of facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Made<'a> {
    staff: Option<&'a str>,
    line: Option<&'a Line>,
    team: Option<&'a str>,
    class: Option<ClassRevision>,
}

/// The facts so far.
#[derive(Default)]
struct Standing<'a> {
    call_id: Option<Stood<String>>,
    linked_id: Option<Stood<String>>,
    kind: Option<Stood<String>>,
    direction: Option<Stood<Direction>>,
    counterpart: Option<Stood<Counterpart>>,
    our_number: Option<Stood<PhoneNumber>>,
    extension: Option<Stood<String>>,
    queue: Option<Stood<String>>,
    staff: Option<Stood<String>>,
    notice: Option<Stood<NoticeKind>>,
    objection: Option<Stood<bool>>,
    /// What the rulebook made of them that stands.
    member: Option<Stood<&'a str>>,
    line: Option<Stood<&'a Line>>,
    team: Option<Stood<&'a str>>,
    class: Option<Stood<ClassRevision>>,
    /// What the rulebook makes of them by themselves: a fragment that changes none of it contradicts nothing.
    made: Made<'a>,
}

fn value<T>(stands: Option<&Stood<T>>) -> Option<&T> {
    stands.map(|stands| &stands.value)
}

impl<'a> Standing<'a> {
    fn fold(&mut self, mut said: Said, by: Witness, on_day: OnDay<'a>, conflicts: &mut Conflicts) {
        self.refuse_internal(&mut said, by, conflicts);
        // A queue's id and its name are one queue.
        if let (Some(stands), Some(other)) = (value(self.queue.as_ref()), &said.queue)
            && let (Some(line), Some(same)) = (on_day.line_of_queue(stands), on_day.line_of_queue(other))
            && line == same
        {
            said.queue = None;
        }
        stand(&mut self.call_id, said.call_id, by, "call_id", conflicts);
        stand(&mut self.linked_id, said.linked_id, by, "linked_id", conflicts);
        stand(&mut self.kind, said.kind, by, "kind", conflicts);
        stand(&mut self.direction, said.direction, by, "direction", conflicts);
        stand(&mut self.counterpart, said.counterpart, by, "counterpart", conflicts);
        stand(&mut self.our_number, said.our_number, by, "our_number", conflicts);
        stand(&mut self.extension, said.extension, by, "extension", conflicts);
        stand(&mut self.queue, said.queue, by, "queue", conflicts);
        stand(&mut self.staff, said.staff, by, "staff", conflicts);
        stand(&mut self.notice, said.notice, by, "notice", conflicts);
        stand(&mut self.objection, said.objection, by, "objection", conflicts);
        self.conclude(by, on_day, conflicts);
    }

    /// That a call is internal says that it has no outside party: a lesser fragment can't take away one
    /// that stands.
    fn refuse_internal(&self, said: &mut Said, by: Witness, conflicts: &mut Conflicts) {
        let otherwise = self
            .direction
            .as_ref()
            .filter(|stands| stands.value != Direction::Internal)
            .map(|stands| stands.by)
            .or_else(|| {
                let stands = self.counterpart.as_ref()?;
                (stands.value != Counterpart::Absent(Absent::Internal)).then_some(stands.by)
            });
        if let Some(stands) = otherwise.filter(|_| said.direction == Some(Direction::Internal)) {
            conflicts.add("direction", stands, by);
            said.direction = None;
            said.counterpart = None;
        }
    }

    /// Asks the rulebook what it makes of the facts, and lets stand what stood.
    fn conclude(&mut self, by: Witness, on_day: OnDay<'a>, conflicts: &mut Conflicts) {
        let post = self.post(on_day);
        // A queue beats a number where both name a line.
        let line = value(self.queue.as_ref())
            .and_then(|queue| on_day.line_of_queue(queue))
            .or_else(|| on_day.line_of_number(value(self.our_number.as_ref())?));
        let of_the_line = line.and_then(|line| line.team.as_deref());
        let is_the_lines = line.is_some_and(|line| line.owned_by_line);
        let of_the_member = post.map(|post| post.team.as_str()).filter(|team| !team.is_empty());
        let team = if is_the_lines { of_the_line.or(of_the_member) } else { of_the_member.or(of_the_line) };

        let staff = post.map(|post| post.id.as_str());
        if staff != self.made.staff {
            stand(&mut self.member, staff, by, "staff", conflicts);
        }
        if line != self.made.line {
            stand(&mut self.line, line, by, "line", conflicts);
        }
        if team != self.made.team {
            stand(&mut self.team, team, by, "team", conflicts);
        }
        let class = on_day.class(
            value(self.team.as_ref()).copied(),
            value(self.direction.as_ref()).copied().unwrap_or(Direction::Unknown),
            value(self.line.as_ref()).map(|line| line.name.as_str()),
        );
        if self.made.class.as_ref() != Some(&class) {
            match &self.class {
                // NEVER EARLY: no lesser fragment brings an expiry nearer.
                Some(stands) if on_day.keep_days(&class) < on_day.keep_days(&stands.value) => {
                    conflicts.add("retention_class", stands.by, by);
                }
                _ => self.class = Some(Stood { value: class.clone(), by }),
            }
        }
        self.made = Made { staff, line, team, class: Some(class) };
    }

    /// The post of the member: by id where one is said, else by the extension or the company mobile.
    fn post(&self, on_day: OnDay<'a>) -> Option<&'a Post> {
        let extension = value(self.extension.as_ref()).map(String::as_str);
        match value(self.staff.as_ref()) {
            Some(id) => on_day.member(id, extension),
            None => extension
                .and_then(|extension| on_day.holder_of_extension(extension))
                .or_else(|| on_day.holder_of_mobile(value(self.our_number.as_ref())?)),
        }
    }

    fn into_facts(self, source: &str, folder: Option<&str>, started_at: Timestamp, on_day: OnDay<'a>) -> CallFacts {
        fn text<T: ToString>(stands: Option<Stood<T>>) -> Option<String> {
            stands.map(|stands| stands.value.to_string())
        }
        let direction = self.direction.map_or(Direction::Unknown, |stands| stands.value);
        let line = self.line.map(|stands| stands.value);
        let our_number = self.our_number.map(|stands| stands.value);
        let notice =
            value(self.notice.as_ref()).copied().unwrap_or_else(|| on_day.notice(line, our_number.as_ref(), direction));
        CallFacts {
            source: source.to_owned(),
            folder: folder.map(str::to_owned),
            call_id: text(self.call_id),
            linked_id: text(self.linked_id),
            kind: text(self.kind),
            started_at,
            direction,
            counterpart: self.counterpart.map_or(Counterpart::Absent(Absent::Unknown), |stands| stands.value),
            our_number,
            line: line.map(|line| line.name.clone()),
            extension: text(self.extension),
            queue: text(self.queue),
            staff: text(self.member),
            team: text(self.team),
            notice,
            purpose: on_day.rulebook.purposes.first().cloned().unwrap_or_default(),
            class: self.class.map_or_else(|| on_day.class(None, direction, None), |stands| stands.value),
            day: on_day.day,
            has_objection: self.objection.is_some_and(|stands| stands.value),
        }
    }
}
