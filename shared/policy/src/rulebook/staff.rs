//! The staff list: CSV as a Japanese spreadsheet writes it, read to the end so that every fault is told at once.

mod columns;

use std::borrow::Cow;

use jiff::Span;
use jiff::civil::Date;

use self::columns::{COLUMN_COUNT, COLUMNS, LIKELY, column, known};
use super::model::Located;
use super::model::{Post, Role};
use super::policy::reader::NAME_LIMIT_CHARACTERS;
use super::text::{NotOurNumber, day, fold, our_number};
use crate::address::is_address;
use crate::fault::{Fault, FaultIn, Wrong};
use crate::number::PhoneNumber;

/// 4 MiB: what one request can carry, and 20,000 rows of 200 bytes.
pub(super) const STAFF_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// 20,000 rows: 10,000 members, each of whom changed post once.
const ROWS_LIMIT: usize = 20_000;

/// Ids, logins and extensions, in characters.
const ID_LIMIT_CHARACTERS: usize = 64;

/// Numbers and managed teams in one cell.
const PARTS_LIMIT: usize = 50;

/// What was written is repeated up to 40 characters.
const SHOWN_CHARACTERS: usize = 40;

/// What begins the first cell of a row that explains and is passed over, as in the list that ships.
const COMMENT: char = '#';

const ROLES: [(&str, Role); 8] = [
    ("admin", Role::Admin),
    ("管理者", Role::Admin),
    ("manager", Role::Manager),
    ("責任者", Role::Manager),
    ("staff", Role::Staff),
    ("一般", Role::Staff),
    ("auditor", Role::Auditor),
    ("監査", Role::Auditor),
];

/// What an affiliation says of one who is dispatched by, or works for, another company: that ends.
const TEMPORARY: [&str; 4] = ["派遣", "委託", "dispatch", "outsourc"];

/// Neither UTF-8 nor CP932.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the staff list is neither UTF-8 nor CP932: save it again as CSV")]
pub struct NotText;

/// A ZIP archive (.xlsx) or a compound file (.xls).
fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0")
}

/// What to say of bytes that are no text: people hand in the workbook itself, or what a spreadsheet calls Unicode text.
pub fn not_text(bytes: &[u8]) -> Fault {
    let wrong = match bytes {
        workbook if is_workbook(workbook) => Wrong::Workbook,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Wrong::WideText,
        _ => Wrong::NeitherEncoding,
    };
    Fault { file: FaultIn::Staff, line: 1, wrong }
}

/// Reads the bytes of a rulebook's file: UTF-8 with or without a byte order mark, or CP932, as a Japanese
/// spreadsheet saves CSV, and an editor a text.
///
/// # Errors
/// They are neither.
pub fn decode(bytes: &[u8]) -> Result<String, NotText> {
    if is_workbook(bytes) {
        return Err(NotText);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    // The encoding's label stands for CP932 (windows-31j), with the vendors' extensions.
    encoding_rs::SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(Cow::into_owned)
        .ok_or(NotText)
}

/// The posts that could be read, in the order of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct StaffList {
    pub(super) posts: Vec<Located<Post>>,
}

/// Reads a staff list; the country is that of the company's numbers.
pub(super) fn read(text: &str, country: &str) -> (StaffList, Vec<Fault>) {
    let mut reader = Reader { country, faults: Vec::new() };
    let list = reader.list(text.strip_prefix('\u{feff}').unwrap_or(text));
    (list, reader.faults)
}

/// A cell that could not be read; its fault is in the list already.
struct Reported;

struct Reader<'c> {
    country: &'c str,
    faults: Vec<Fault>,
}

/// Counts lines as an editor does: the CSV reader's own count comes late where lines end with CRLF or are blank.
struct Lines<'t> {
    text: &'t str,
    counted_bytes: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line a record begins on; records must come in the order of the file.
    fn line_of(&mut self, record: &csv::StringRecord) -> u32 {
        let reached = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let mut start = reached.unwrap_or(self.counted_bytes).clamp(self.counted_bytes, self.text.len());
        // What ended the record before, and blank lines, are counted to this one.
        while self.text.as_bytes().get(start).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            start += 1;
        }
        let passed = self.text.get(self.counted_bytes..start).map_or(0, |passed| passed.matches('\n').count());
        self.line = self.line.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.counted_bytes = start;
        self.line
    }
}

/// One row's cells, by column.
struct Row<'t> {
    line: u32,
    cells: [&'t str; COLUMN_COUNT],
}

impl<'t> Row<'t> {
    fn cell(&self, column: &'static str) -> &'t str {
        COLUMNS.iter().position(|(name, ..)| *name == column).map_or("", |position| self.cells[position])
    }
}

impl Reader<'_> {
    fn fault(&mut self, line: u32, wrong: Wrong) {
        self.faults.push(Fault { file: FaultIn::Staff, line, wrong });
    }

    fn list(&mut self, text: &str) -> StaffList {
        let mut list = StaffList::default();
        if text.len() > STAFF_LIMIT_BYTES {
            self.fault(1, Wrong::StaffTooLong { limit_bytes: STAFF_LIMIT_BYTES });
            return list;
        }
        let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut places: Option<Vec<Option<usize>>> = None;
        let mut rows = 0;
        let mut lines = Lines { text, counted_bytes: 0, line: 1 };
        for record in csv.records() {
            let Ok(record) = record else {
                self.fault(1, Wrong::NeitherEncoding);
                return list;
            };
            let line = lines.line_of(&record);
            let is_comment = record.get(0).is_some_and(|cell| fold(cell).starts_with(COMMENT));
            if is_comment || record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let Some(places) = &places else {
                let faults_before = self.faults.len();
                places = Some(self.header(line, &record));
                // Without its columns every row would be a fault of its own.
                if self.faults[faults_before..].iter().any(|fault| hides_rows(&fault.wrong)) {
                    return list;
                }
                continue;
            };
            rows += 1;
            if rows > ROWS_LIMIT {
                self.fault(line, Wrong::TooManyRows { limit: ROWS_LIMIT });
                break;
            }
            let row = self.row(line, &record, places);
            if let Ok(value) = self.post(&row) {
                list.posts.push(Located { line, value });
            }
        }
        if places.is_none() {
            self.fault(1, Wrong::HeadingMissing { known: known() });
        }
        list
    }

    /// For each column of the file, which of [`COLUMNS`] it is.
    fn header(&mut self, line: u32, record: &csv::StringRecord) -> Vec<Option<usize>> {
        let mut places = Vec::new();
        if record.iter().all(|cell| column(cell).is_none()) {
            // Of a file with another separator the first row is one cell.
            let separator = [';', '\t', '|'].into_iter().find(|separator| {
                record
                    .get(0)
                    .is_some_and(|cell| cell.split(*separator).filter(|cell| column(cell).is_some()).count() > 1)
            });
            let wrong = match separator {
                Some(';') => Wrong::Separator { separator: ";" },
                Some('|') => Wrong::Separator { separator: "|" },
                Some(_) => Wrong::Separator { separator: "TAB" },
                None => Wrong::HeadingMissing { known: known() },
            };
            self.fault(line, wrong);
            return places;
        }
        let mut meant = Vec::new();
        for cell in record {
            let name = fold(cell).to_lowercase();
            let place = column(cell);
            if let Some(place) = place {
                if places.contains(&Some(place)) {
                    self.fault(line, Wrong::ColumnTwice { column: COLUMNS[place].0 });
                }
            } else if !name.is_empty() {
                let shown: String = name.chars().take(NAME_LIMIT_CHARACTERS).collect();
                let place = LIKELY.iter().find(|(likely, _)| *likely == name).and_then(|(_, meant)| column(meant));
                match place {
                    Some(place) => {
                        let (english, japanese, _) = COLUMNS[place];
                        self.fault(line, Wrong::ColumnMisnamed { column: shown, english, japanese });
                        meant.push(Some(place));
                    }
                    None => self.fault(line, Wrong::UnknownColumn { column: shown, known: known() }),
                }
            }
            places.push(place);
        }
        self.missing_columns(line, &[places.as_slice(), &meant].concat());
        places
    }

    fn missing_columns(&mut self, line: u32, places: &[Option<usize>]) {
        for (position, (column, _, needed)) in COLUMNS.into_iter().enumerate() {
            if needed && !places.contains(&Some(position)) {
                self.fault(line, Wrong::ColumnMissing { column, known: known() });
            }
        }
    }

    fn row<'t>(&mut self, line: u32, record: &'t csv::StringRecord, places: &[Option<usize>]) -> Row<'t> {
        let mut cells = [""; COLUMN_COUNT];
        for (position, cell) in record.iter().enumerate() {
            // A spreadsheet leaves out the last cells of a row where they are empty, so that rows may be shorter.
            match places.get(position) {
                Some(Some(place)) => cells[*place] = cell.trim(),
                Some(None) => {}
                None if cell.trim().is_empty() => {}
                None => {
                    self.fault(line, Wrong::RowTooLong { columns: places.len() });
                    break;
                }
            }
        }
        Row { line, cells }
    }

    /// The post of a row, where every cell of it can be read; each that can't is a fault.
    fn post(&mut self, row: &Row<'_>) -> Result<Post, Reported> {
        if row.cells.iter().any(|cell| cell.contains(char::REPLACEMENT_CHARACTER)) {
            self.fault(row.line, Wrong::RowNotText);
            return Err(Reported);
        }
        let id = self.needed(row, "id", ID_LIMIT_CHARACTERS);
        let name = self.needed(row, "name", NAME_LIMIT_CHARACTERS);
        let login = self.text(row, "login", NAME_LIMIT_CHARACTERS);
        let mail = self.mail(row);
        let extension = self.text(row, "extension", ID_LIMIT_CHARACTERS);
        let numbers = self.numbers(row);
        let team = self.needed(row, "team", NAME_LIMIT_CHARACTERS);
        let role = self.role(row);
        let manages = self.manages(row, role.as_ref().ok().copied());
        let affiliation = self.text(row, "affiliation", NAME_LIMIT_CHARACTERS);
        let (from, until) = self.days(row);
        let affiliation = affiliation?;
        if matches!(until, Ok(None)) && affiliation.as_deref().is_some_and(is_temporary) {
            self.fault(row.line, Wrong::EndMissing { id: row.cell("id").to_owned() });
        }
        let id = id?;
        Ok(Post {
            // What is compared is folded: letters that a keyboard left in full width are the same letters.
            login: fold(&login?.unwrap_or_else(|| id.clone())),
            id: fold(&id),
            name: name?,
            mail: mail?,
            extension: extension?.map(|extension| fold(&extension)),
            numbers: numbers?,
            team: fold(&team?),
            role: role?,
            manages: manages?,
            affiliation,
            from: from?,
            until: until?,
        })
    }

    fn mail(&mut self, row: &Row<'_>) -> Result<Option<String>, Reported> {
        let mail = self.text(row, "mail", NAME_LIMIT_CHARACTERS)?.map(|mail| fold(&mail));
        if mail.as_deref().is_some_and(|mail| !is_address(mail)) {
            self.fault(row.line, Wrong::NotAnAddress);
            return Err(Reported);
        }
        Ok(mail)
    }

    fn days(&mut self, row: &Row<'_>) -> (Result<Date, Reported>, Result<Option<Date>, Reported>) {
        let from = if row.cell("from").is_empty() { Err(self.empty(row, "from")) } else { self.day(row, "from") };
        let until = if row.cell("until").is_empty() { Ok(None) } else { self.day(row, "until").map(Some) };
        if let (Ok(from), Ok(Some(until))) = (&from, &until)
            && until < from
        {
            self.fault(row.line, Wrong::UntilBeforeFrom { from: *from, until: *until });
        }
        (from, until)
    }

    fn day(&mut self, row: &Row<'_>, column: &'static str) -> Result<Date, Reported> {
        let text = row.cell(column);
        let found = day(text);
        if found.is_none() {
            let written: String =
                text.chars().filter(|character| !character.is_control()).take(SHOWN_CHARACTERS).collect();
            let wrong = match serial_day(text) {
                Some(day) => Wrong::SerialDay { key: column, written, day },
                None => Wrong::NotThisDay { key: column, written },
            };
            self.fault(row.line, wrong);
        }
        found.ok_or(Reported)
    }

    fn role(&mut self, row: &Row<'_>) -> Result<Role, Reported> {
        let written = fold(row.cell("role")).to_lowercase();
        let role = ROLES.iter().find(|(word, _)| *word == written).map(|(_, role)| *role);
        if role.is_none() {
            self.fault(row.line, Wrong::UnknownRole);
        }
        role.ok_or(Reported)
    }

    fn manages(&mut self, row: &Row<'_>, role: Option<Role>) -> Result<Vec<String>, Reported> {
        let teams = self.parts(row, "manages")?;
        if !teams.is_empty() && matches!(role, Some(Role::Staff | Role::Auditor)) {
            self.fault(row.line, Wrong::ManagesWithoutRole);
        }
        Ok(teams)
    }

    fn numbers(&mut self, row: &Row<'_>) -> Result<Vec<PhoneNumber>, Reported> {
        let mut numbers = Vec::new();
        let mut all_read = true;
        for text in self.parts(row, "numbers")? {
            match our_number(&text, self.country) {
                Ok(number) => numbers.push(number),
                Err(fault) => {
                    all_read = false;
                    let key = "numbers";
                    self.fault(
                        row.line,
                        match fault {
                            NotOurNumber::LostZero => Wrong::LostZero { key },
                            NotOurNumber::Unreadable => Wrong::NotANumber { key },
                        },
                    );
                }
            }
        }
        all_read.then_some(numbers).ok_or(Reported)
    }

    /// The parts of a cell between `;`.
    fn parts(&mut self, row: &Row<'_>, column: &'static str) -> Result<Vec<String>, Reported> {
        let text = fold(row.cell(column));
        let parts: Vec<String> =
            text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if parts.len() > PARTS_LIMIT {
            self.fault(row.line, Wrong::TooManyParts { column, limit: PARTS_LIMIT });
            return Err(Reported);
        }
        let mut all_read = true;
        for part in &parts {
            all_read &= self.is_short_line(row.line, column, part, NAME_LIMIT_CHARACTERS);
        }
        all_read.then_some(parts).ok_or(Reported)
    }

    fn empty(&mut self, row: &Row<'_>, column: &'static str) -> Reported {
        self.fault(row.line, Wrong::EmptyCell { column });
        Reported
    }

    fn needed(&mut self, row: &Row<'_>, column: &'static str, limit_characters: usize) -> Result<String, Reported> {
        self.text(row, column, limit_characters)?.ok_or_else(|| self.empty(row, column))
    }

    /// The text of a cell; `None` where it is empty.
    fn text(
        &mut self,
        row: &Row<'_>,
        column: &'static str,
        limit_characters: usize,
    ) -> Result<Option<String>, Reported> {
        let text = row.cell(column);
        if text.is_empty() {
            return Ok(None);
        }
        self.is_short_line(row.line, column, text, limit_characters).then(|| Some(text.to_owned())).ok_or(Reported)
    }

    fn is_short_line(&mut self, line: u32, column: &'static str, text: &str, limit_characters: usize) -> bool {
        if text.chars().any(char::is_control) {
            self.fault(line, Wrong::CellNotALine { column });
            return false;
        }
        if text.chars().count() > limit_characters {
            self.fault(line, Wrong::TextTooLong { key: column, limit_characters });
            return false;
        }
        true
    }
}

/// Whether a fault of the heading makes nonsense of every row.
fn hides_rows(wrong: &Wrong) -> bool {
    matches!(
        wrong,
        Wrong::ColumnMissing { .. }
            | Wrong::ColumnMisnamed { .. }
            | Wrong::HeadingMissing { .. }
            | Wrong::Separator { .. }
    )
}

/// The day of a spreadsheet's number: days since 30 December 1899, from 1982 to 2064.
fn serial_day(text: &str) -> Option<Date> {
    let serial: i64 = fold(text).parse().ok().filter(|serial| (30_000..60_000).contains(serial))?;
    jiff::civil::date(1899, 12, 30).checked_add(Span::new().days(serial)).ok()
}

fn is_temporary(affiliation: &str) -> bool {
    let folded = fold(affiliation).to_lowercase();
    TEMPORARY.iter().any(|word| folded.contains(word))
}

#[cfg(test)]
mod tests;
