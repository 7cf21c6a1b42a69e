//! The formats of cells: Asterisk's `Master.csv`, 3CX's CDR, any other CSV.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::definition::{COLUMN_LIMIT, Column, ThreeCxField};
use super::fact::{Fact, Fault, Reason};
use super::frame::Cell;
use super::row::Row;
use super::row::{Draft, optional_length, optional_moment, optional_seconds};
use super::text::{self, LengthUnit, Moment};
use crate::facts::Direction;
use crate::id::RowId;

/// 32: 3CX has 27 fields, CSV 20 facts; as many as an array can be stored with.
const SLOTS: usize = 32;

/// 67 minutes: the hour by which a time that comes twice can be taken for the earlier, and 7 minutes in which
/// Asterisk has begun its record.
const BEFORE_ID_LIMIT: SignedDuration = SignedDuration::from_mins(60 + 7);

/// The extensions Asterisk's recorders give a file.
const AUDIO_ENDINGS: [&str; 12] =
    ["wav", "WAV", "wav49", "mp3", "gsm", "ogg", "ulaw", "alaw", "sln", "sln16", "g722", "g729"];

/// What Asterisk calls the end of a call that nobody answered.
const UNANSWERED: [&str; 6] = ["NO ANSWER", "NO ANSWER (NULL record)", "BUSY", "FAILED", "CONGESTION", "UNKNOWN"];

/// Contexts whose destination is a queue or ring group, in FreePBX's words and in the plain one.
const QUEUE_CONTEXTS: [&str; 3] = ["ext-queues", "ext-group", "queue"];

/// Where the columns of a file are: known once its first row, or its heading, was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Columns {
    /// Nothing was read yet.
    #[default]
    Unread,
    /// By field: the column, from 0.
    At([Option<u16>; SLOTS]),
    /// The heading lacks what is needed: nothing of the file can be read.
    Unusable,
}

/// Takes a row of text apart; none where it has over 1,024 cells.
pub(super) fn cells(text: &str, delimiter: char) -> Option<Vec<String>> {
    let mut cells = vec![String::new()];
    let mut state = Cell::Start;
    for character in text.chars() {
        // The row was found by these very steps, so each has a next one.
        let next = state.step(character, delimiter).unwrap_or(Cell::Plain);
        match (state, next) {
            (Cell::Start | Cell::Plain | Cell::Closed, Cell::Start) => {
                if cells.len() == usize::from(COLUMN_LIMIT) {
                    return None;
                }
                cells.push(String::new());
            }
            (Cell::Start, Cell::Quoted) | (_, Cell::Closed) => {}
            _ => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(character);
                }
            }
        }
        state = next;
    }
    Some(cells)
}

/// Whether cells hold nothing at all, as a spreadsheet ends a file with.
pub(super) fn are_blank(cells: &[String]) -> bool {
    cells.iter().all(|cell| text::trim(cell).is_empty())
}

/// Reads a row of `Master.csv`.
///
/// After the 16 columns come, as `cdr.conf` says, `uniqueid` (`loguniqueid`), `userfield` (`loguserfield`), and
/// `peeraccount`, `linkedid`, `sequence` (`newcdrcolumns`). Of one column alone its shape tells whether it is the id.
/// Without `uniqueid` a `userfield` that names the recording, as older FreePBX writes it, still gives the id; else
/// nothing in the row is the call's, for channel names come again after a restart.
///
/// `cdr_custom` writes a file of the same name in another order (`cdr_custom.conf.sample`): `clid` first, then from
/// `src` to `dcontext` as here, everything else one column earlier, and `accountcode, uniqueid, userfield, sequence`
/// last.
pub(super) fn asterisk(source: &str, zone: &TimeZone, cells: &[String]) -> Result<Option<Row>, Fault> {
    let written = |index: usize| text::trim(cells.get(index).map_or("", String::as_str));
    let is_custom = (17..=19).contains(&cells.len())
        && (written(13) == "ANSWERED" || UNANSWERED.contains(&written(13)))
        && text::moment(written(8), zone).is_some();
    let cell = |index: usize| written(if is_custom && index > 3 { index - 1 } else { index });
    let (id, user_field, linked_id) = match cells.len() {
        _ if is_custom => (written(16), written(17), ""),
        16 => ("", "", ""),
        17 | 20 if looks_like_an_id(cell(16)) => (cell(16), "", cell(18)),
        17 | 20 => ("", cell(16), cell(18)),
        18 => (cell(16), cell(17), ""),
        19 => ("", "", cell(17)),
        21 => (cell(16), cell(17), cell(19)),
        _ => return Err(Reason::ColumnCount.into()),
    };
    let recording = recording_in(user_field);
    let id = if id.is_empty() { recording.and_then(id_in_recording).unwrap_or_default() } else { id };
    let start = text::moment(cell(9), zone).ok_or(Fault::of(Reason::Time, Fact::StartedAt))?;
    let mut draft = Draft::new(source, id, start)?;
    if epoch_of(id).is_some_and(|epoch| is_long_before(start, epoch)) {
        return Err(Fault::of(Reason::Zone, Fact::StartedAt));
    }
    let row = draft.row();
    row.is_answered = match cell(14) {
        "ANSWERED" => true,
        disposition if UNANSWERED.contains(&disposition) => false,
        _ => return Err(Fault::of(Reason::UnknownWord, Fact::Answered)),
    };
    row.answered_at = optional_moment(cell(10), zone, Fact::AnsweredAt)?;
    row.ended_at = optional_moment(cell(11), zone, Fact::EndedAt)?;
    row.duration_seconds = optional_seconds(cell(12), Fact::DurationSeconds)?;
    row.talk_seconds = optional_seconds(cell(13), Fact::TalkSeconds)?;
    // Asterisk writes a row once and never again; a queue writes one for each member it rang.
    row.leg = RowId::of_cells(cells).into();
    draft.take(Fact::LinkedId, linked_id);
    draft.take(Fact::Caller, cell(1));
    let queue = if cell(7) == "Queue" {
        cell(8).split(',').next().unwrap_or_default()
    } else if QUEUE_CONTEXTS.contains(&cell(3)) {
        cell(2)
    } else {
        ""
    };
    draft.take(Fact::Queue, queue);
    if cell(2) != queue {
        draft.take(Fact::Called, cell(2));
    }
    // Behind a queue stands a member; behind any other call it can be a trunk.
    let member = endpoint(cell(6)).filter(|member| !queue.is_empty() && *member != queue);
    if let (true, Some(member)) = (cell(14) == "ANSWERED", member) {
        draft.take(Fact::Extension, member);
    }
    if let Some(recording) = recording {
        draft.take_recording(recording);
    }
    Ok(Some(draft.finish()))
}

/// `epoch.n`, with `systemname-` before it where that is set.
fn looks_like_an_id(text: &str) -> bool {
    let system = text.rsplit_once('-').map_or("", |(system, _)| system);
    let is_system = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
    epoch_of(text).is_some() && system.chars().all(is_system)
}

/// The epoch in a `uniqueid`: when its channel was made.
fn epoch_of(id: &str) -> Option<i64> {
    let (_, unique) = id.rsplit_once('-').unwrap_or(("", id));
    let (epoch, count) = unique.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if (9..=11).contains(&epoch.len()) && digits(epoch) && digits(count) { epoch.parse().ok() } else { None }
}

/// A call may go on for hours under one id, but it can't have begun before its channel.
fn is_long_before(start: Moment, epoch_seconds: i64) -> bool {
    start.at.as_second() < epoch_seconds.saturating_sub(BEFORE_ID_LIMIT.as_secs())
}

/// The file name in a `userfield` that names a recording: `audio:NAME`, a path, or a name.
fn recording_in(user_field: &str) -> Option<&str> {
    let path = user_field.strip_prefix("audio:").unwrap_or(user_field);
    let name = path.rsplit('/').next()?;
    let (_, ending) = name.rsplit_once('.')?;
    AUDIO_ENDINGS.contains(&ending).then_some(name)
}

/// The id a recording's name ends with.
fn id_in_recording(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.')?;
    let (_, id) = stem.rsplit_once('-').unwrap_or(("", stem));
    epoch_of(id).map(|_| id)
}

/// The endpoint of a channel's name: `201` of `PJSIP/201-00000101` and of `Local/201@from-queue-0001;1`.
fn endpoint(channel: &str) -> Option<&str> {
    let (_, name) = channel.split_once('/')?;
    let name =
        name.split_once('@').map_or_else(|| name.rsplit_once('-').map_or(name, |(name, _)| name), |(name, _)| name);
    (!name.is_empty()).then_some(name)
}

/// Reads a row of 3CX's CDR. The first line can be a heading of 3CX's names: then it is the order.
pub(super) fn three_cx(
    source: &str,
    zone: &TimeZone,
    order: &[Option<ThreeCxField>],
    columns: &mut Columns,
    cells: &[String],
) -> Result<Option<Row>, Fault> {
    if *columns == Columns::Unread {
        let heading: Vec<Option<ThreeCxField>> =
            cells.iter().map(|cell| ThreeCxField::from_word(&text::fold(cell).to_lowercase())).collect();
        let is_heading = heading.contains(&Some(ThreeCxField::TimeStart));
        let order = if is_heading { &heading } else { order };
        let mut slots = [None; SLOTS];
        for (index, field) in order.iter().enumerate() {
            if let Some(field) = field {
                slots[*field as usize] = u16::try_from(index).ok();
            }
        }
        *columns = Columns::At(slots);
        if is_heading {
            return Ok(None);
        }
    }
    let Columns::At(slots) = *columns else { return Ok(None) };
    let cell = |field: ThreeCxField| {
        let column = slots.get(field as usize).copied().flatten();
        text::trim(column.and_then(|column| cells.get(usize::from(column))).map_or("", String::as_str))
    };
    if slots[ThreeCxField::TimeStart as usize].is_none_or(|column| usize::from(column) >= cells.len()) {
        return Err(Reason::ColumnCount.into());
    }
    // `Call 380`: the number the recordings carry, in whichever of the two fields comes first.
    let (history_id, call_id) = (cell(ThreeCxField::HistoryId), cell(ThreeCxField::CallId));
    let id = [history_id, call_id].into_iter().find_map(|id| id.strip_prefix("Call ")).map(str::trim);
    let id = id.unwrap_or(if history_id.is_empty() { call_id } else { history_id });
    let start = text::moment(cell(ThreeCxField::TimeStart), zone).ok_or(Fault::of(Reason::Time, Fact::StartedAt))?;
    let mut draft = Draft::new(source, id, start)?;
    let row = draft.row();
    row.answered_at = optional_moment(cell(ThreeCxField::TimeAnswered), zone, Fact::AnsweredAt)?;
    row.ended_at = optional_moment(cell(ThreeCxField::TimeEnd), zone, Fact::EndedAt)?;
    row.is_answered = row.answered_at.is_some();
    // What 3CX's own duration counts from is not written down: the lengths follow from the times.
    row.duration_seconds =
        row.ended_at.and_then(|end| u32::try_from(end.duration_since(row.started_at).as_secs()).ok());
    row.leg = RowId::of_cells(cells).into();
    // 3CX marks what is an extension of its own.
    let (from, to) = (cell(ThreeCxField::FromNo), cell(ThreeCxField::ToNo));
    let (own_from, own_to) = (from.strip_prefix("Ext."), to.strip_prefix("Ext."));
    row.direction = match (own_from, own_to) {
        (Some(_), Some(_)) => Some(Direction::Internal),
        (Some(_), None) => Some(Direction::Outbound),
        (None, Some(_)) => Some(Direction::Inbound),
        (None, None) => None,
    };
    draft.take(Fact::Caller, own_from.unwrap_or(from));
    if cell(ThreeCxField::ToType) == "Queue" {
        draft.take(Fact::Queue, cell(ThreeCxField::ToDn));
        if cell(ThreeCxField::FinalType) == "Extension" {
            draft.take(Fact::Extension, cell(ThreeCxField::FinalDn));
        }
    } else {
        draft.take(Fact::Called, own_to.unwrap_or(to));
    }
    Ok(Some(draft.finish()))
}

/// What a CSV log's definition says, handed on.
#[derive(Clone, Copy)]
pub(super) struct CsvRules<'l> {
    pub(super) columns: &'l BTreeMap<Fact, Column>,
    pub(super) answered_words: &'l [String],
    pub(super) length_unit: Option<LengthUnit>,
}

impl CsvRules<'_> {
    fn resolve(&self, cells: &[String]) -> Result<[Option<u16>; SLOTS], Fault> {
        let mut slots = [None; SLOTS];
        for (fact, column) in self.columns {
            let index = match column {
                Column::Number(number) => Some(number.saturating_sub(1)),
                Column::Name(name) => cells
                    .iter()
                    .position(|cell| text::fold(cell) == text::fold(name))
                    .and_then(|index| u16::try_from(index).ok()),
            };
            slots[*fact as usize] = Some(index.ok_or(Fault::of(Reason::MissingColumn, *fact))?);
        }
        Ok(slots)
    }

    /// What a plain number counts in a column: as the definition says, else as its heading does.
    fn unit(&self, fact: Fact) -> LengthUnit {
        let heading = match self.columns.get(&fact) {
            Some(Column::Name(name)) => text::unit_in_heading(name),
            Some(Column::Number(_)) | None => None,
        };
        self.length_unit.or(heading).unwrap_or(LengthUnit::Seconds)
    }

    fn has_heading(&self, cells: &[String], slots: &[Option<u16>; SLOTS]) -> bool {
        let is_by_name = self.columns.values().any(|column| matches!(column, Column::Name(_)));
        // A start without a digit is the name of a column.
        let start = slots[Fact::StartedAt as usize].and_then(|column| cells.get(usize::from(column)));
        is_by_name || start.is_some_and(|start| !text::fold(start).bytes().any(|byte| byte.is_ascii_digit()))
    }
}

/// Reads a row of a CSV whose columns the rulebook names.
pub(super) fn csv(
    source: &str,
    zone: &TimeZone,
    rules: CsvRules<'_>,
    columns: &mut Columns,
    cells: &[String],
) -> Result<Option<Row>, Fault> {
    if *columns == Columns::Unread {
        *columns = Columns::Unusable;
        let slots = rules.resolve(cells)?;
        *columns = Columns::At(slots);
        if rules.has_heading(cells, &slots) {
            return Ok(None);
        }
    }
    let Columns::At(slots) = *columns else { return Ok(None) };
    // Cisco's CUCM writes the columns' types below their names.
    if cells.iter().all(|cell| text::is_column_type(cell)) {
        return Ok(None);
    }
    let cell = |fact: Fact| {
        let column = slots.get(fact as usize).copied().flatten();
        text::trim(column.and_then(|column| cells.get(usize::from(column))).map_or("", String::as_str))
    };
    if [Fact::CallId, Fact::StartedAt]
        .into_iter()
        .any(|fact| slots[fact as usize].is_none_or(|column| usize::from(column) >= cells.len()))
    {
        return Err(Reason::ColumnCount.into());
    }
    let time = |fact: Fact| match cell(Fact::StartedOn) {
        // Where the day stands apart, a time of the day alone is of that day.
        day if !day.is_empty() && !cell(fact).is_empty() && is_time_of_day(cell(fact)) => {
            format!("{day} {}", cell(fact))
        }
        _ => cell(fact).to_owned(),
    };
    let start = text::moment(&time(Fact::StartedAt), zone).ok_or(Fault::of(Reason::Time, Fact::StartedAt))?;
    let mut draft = Draft::new(source, cell(Fact::CallId), start)?;
    let row = draft.row();
    row.answered_at =
        after(start, optional_moment(&time(Fact::AnsweredAt), zone, Fact::AnsweredAt)?, cell(Fact::AnsweredAt));
    row.ended_at = after(start, optional_moment(&time(Fact::EndedAt), zone, Fact::EndedAt)?, cell(Fact::EndedAt));
    row.updated_at = optional_moment(cell(Fact::UpdatedAt), zone, Fact::UpdatedAt)?;
    let length = |fact: Fact| optional_length(cell(fact), rules.unit(fact), fact);
    row.talk_seconds = length(Fact::TalkSeconds)?;
    row.duration_seconds = length(Fact::DurationSeconds)?;
    row.is_answered = if rules.columns.contains_key(&Fact::Answered) {
        text::is_answered(cell(Fact::Answered), rules.answered_words)
            .ok_or(Fault::of(Reason::UnknownWord, Fact::Answered))?
    } else if rules.columns.contains_key(&Fact::TalkSeconds) {
        row.talk_seconds.is_some_and(|seconds| seconds > 0)
    } else {
        row.answered_at.is_some()
    };
    // An export made again may know more of a row, so only what can't change tells it from others.
    let apart = match cell(Fact::Leg) {
        "" => [Fact::StartedAt, Fact::Caller, Fact::Called, Fact::Counterpart, Fact::Extension, Fact::Agent].map(cell),
        leg => [leg, "", "", "", "", ""],
    };
    row.leg = RowId::of_cells(&apart).into();
    for fact in [
        Fact::LinkedId,
        Fact::Direction,
        Fact::Caller,
        Fact::Called,
        Fact::Counterpart,
        Fact::OurNumber,
        Fact::Queue,
        Fact::Extension,
        Fact::Agent,
    ] {
        draft.take(fact, cell(fact));
    }
    draft.take_recording(cell(Fact::Recording));
    Ok(Some(draft.finish()))
}

fn is_time_of_day(written: &str) -> bool {
    let folded = text::fold(written);
    folded.split([':', '時']).next().is_some_and(|hour| hour.len() <= 2)
}

/// A time of the day that lies before the start is of the next day: the call went over midnight.
fn after(start: Moment, moment: Option<Timestamp>, written: &str) -> Option<Timestamp> {
    let moment = moment?;
    let is_next_day = moment < start.at && is_time_of_day(written);
    let day = SignedDuration::from_hours(24);
    if is_next_day { moment.checked_add(day).ok() } else { Some(moment) }
}
