//! Exports: a list as a file that a Japanese Excel opens by a double click, RFC 4180 with a byte order mark.
//!
//! A row is an item of the JSON, after the same decision. It shows less: no ids behind a count, no id of a PBX.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use policy::audit::fact::{self, FactValue};
use policy::number::PhoneNumber;
use policy::rulebook::Rulebook;
use policy::{Label, Language};

use crate::paging::header_value;
use crate::problem::{self, Problem};

/// The media type of a file.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// Without it Excel reads the file in the machine's own code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// With one of these in front, a spreadsheet takes a cell for a formula; the full-width ones too, where it folds them.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The content of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text from outside, of a PBX or a person.
    Text(String),
    /// Text of our own: a number, a time, a word.
    Printed(String),
}

impl Cell {
    /// Text from outside; empty where there is none.
    pub fn text(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.clone()))
    }

    /// Text of our own.
    pub fn printed(value: &impl ToString) -> Self {
        Self::Printed(value.to_string())
    }

    /// Several texts in one cell; empty where there is none.
    pub fn list(texts: impl Iterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() { Self::Empty } else { Self::Text(texts.join("; ")) }
    }

    /// What it says, before it is written.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Printed(text) => text,
        }
    }

    /// The cell of a value; empty where there is none.
    pub fn or_empty<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// An extension or a queue.
    pub fn dialled(text: Option<&String>) -> Self {
        Self::text(text)
    }

    /// The text of the file. A text that a spreadsheet would take for a formula, or change as a quantity, gets an apostrophe
    /// in front.
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Text(text) if is_formula(text) || is_changed(text) => format!("'{text}").into(),
            Self::Text(text) | Self::Printed(text) => text.into(),
        }
    }
}

/// Whether a spreadsheet may take a text for a formula, with whatever it passes over in front.
fn is_formula(text: &str) -> bool {
    let is_passed_over = |one: char| one.is_whitespace() || one.is_control() || one == '\u{feff}';
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_passed_over).starts_with(SIGNS)
}

/// 12 digits: a spreadsheet shows a longer quantity as `1.23E+12`, and rounds it from 16 on.
const QUANTITY_LIMIT_DIGITS: usize = 12;

/// Whether a spreadsheet takes a text for a quantity and drops its first zeros, or digits of it.
fn is_changed(text: &str) -> bool {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (text.len() >= QUANTITY_LIMIT_DIGITS || text.len() > 1 && text.starts_with('0'))
}

/// Formats values of the API for a person: in a language, in the company's time zone.
#[derive(Debug)]
pub struct Formatter<'a> {
    /// The rulebook in force.
    pub rulebook: &'a Rulebook,
    /// The language of headings and labels.
    pub language: Language,
    /// The time of the request.
    pub now: Timestamp,
}

impl Formatter<'_> {
    /// A word of the API, or its Japanese label.
    pub fn word(&self, english: &'static str, japanese: &'static str) -> Cell {
        Cell::Printed(self.language.choose(english, japanese).to_owned())
    }

    /// Whether something is so.
    pub fn flag(&self, is: bool) -> Cell {
        if is { self.word("true", "あり") } else { self.word("false", "なし") }
    }

    /// A phone number as it is dialled at home.
    pub fn number(&self, number: Option<&PhoneNumber>) -> Cell {
        Cell::or_empty(number, |number| Cell::Text(number.dialled_in(&self.rulebook.country)))
    }

    /// Minutes and seconds, `m:ss`.
    pub fn length(&self, milliseconds: u64) -> Cell {
        let seconds = milliseconds / 1_000;
        Cell::printed(&format!("{}:{:02}", seconds / 60, seconds % 60))
    }

    /// The last day before a moment, in the company's zone.
    pub fn last_day(&self, ends_at: Timestamp) -> Cell {
        let last = ends_at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(ends_at);
        Cell::printed(&self.rulebook.day_of(last))
    }

    /// The name of one of the rulebook's purposes; the id itself in English, and where the company chose it.
    pub fn purpose(&self, id: &str) -> Cell {
        match self.language {
            Language::English => Cell::Text(id.to_owned()),
            Language::Japanese => Cell::Text(policy::words::purpose(id, self.language).to_owned()),
        }
    }

    /// In the company's zone, as Excel reads it.
    pub fn time(&self, at: Timestamp) -> Cell {
        Cell::printed(&at.to_zoned_datetime(self.rulebook.zone.clone()).strftime("%Y-%m-%d %H:%M:%S"))
    }

    /// The member's name on the day of a call, where the staff list has it.
    pub fn name(&self, staff: Option<&String>, at: Timestamp) -> Cell {
        let post = staff.and_then(|id| self.rulebook.post_by_id(id, self.rulebook.day_of(at)));
        Cell::text(post.map(|post| &post.name))
    }

    /// What people call a fact or a filter: its name itself in English.
    pub fn name_of_fact(&self, name: &str) -> Cell {
        Cell::Text(self.language.choose(name, fact::japanese_name(name).unwrap_or(name)).to_owned())
    }

    /// A fact, by its name: a moment in the company's zone, a word by its label.
    pub fn fact(&self, name: &str, text: &str) -> Cell {
        match FactValue::read(name, text) {
            FactValue::Moment(at) => self.time(at),
            FactValue::Count(count) => Cell::printed(&count),
            FactValue::Flag(_) | FactValue::Text(_) if self.language == Language::English => {
                Cell::Text(text.to_owned())
            }
            FactValue::Flag(_) | FactValue::Text(_) => match name {
                "use" => self.purpose(text),
                "filters" => {
                    let names = text.split(',').map(|name| fact::japanese_name(name).unwrap_or(name).to_owned());
                    Cell::Text(names.collect::<Vec<_>>().join("・"))
                }
                _ => Cell::Text(fact::japanese_word(text).unwrap_or(text).to_owned()),
            },
        }
    }

    /// The label of a word of the API: the word itself in English.
    pub fn labelled(&self, word: &'static str, label: impl Label) -> Cell {
        self.word(word, label.label(Language::Japanese))
    }
}

/// One column of a list.
#[derive(Debug)]
pub struct Column<Row> {
    /// The English heading: the JSON's name.
    pub english: &'static str,
    /// The Japanese heading.
    pub japanese: &'static str,
    /// The cell of a row.
    pub cell: fn(&Row, &Formatter<'_>) -> Cell,
}

/// A list that can be exported as a file.
#[derive(Debug)]
pub struct List<Row: 'static> {
    /// Its name in the audit and in the file's name.
    pub what: &'static str,
    /// Its columns, left to right.
    pub columns: &'static [Column<Row>],
}

/// Rows as a file, with lines before the headings. Its caller leaves the trace.
///
/// # Errors
/// [`problem::FAILED`] where it can't be written.
pub(crate) fn file<Row: 'static>(
    list: &List<Row>,
    formatter: &Formatter<'_>,
    (rows, conditions): (&[Row], Vec<[Cell; 2]>),
) -> Result<Response, Problem> {
    let file = list.file(conditions, rows, formatter)?;
    let now = formatter.now.to_zoned_datetime(formatter.rulebook.zone.clone()).strftime("%Y%m%d-%H%M%S");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(formatter.language.tag())),
        (header::CONTENT_DISPOSITION, header_value(&format!("attachment; filename=\"{}-{now}.csv\"", list.what))?),
    ];
    Ok((headers, Body::from(file)).into_response())
}

impl<Row: 'static> List<Row> {
    fn file(&self, conditions: Vec<[Cell; 2]>, rows: &[Row], formatter: &Formatter<'_>) -> Result<Vec<u8>, Problem> {
        let heading = self.columns.iter().map(|column| formatter.word(column.english, column.japanese)).collect();
        let rows = rows.iter().map(|row| self.columns.iter().map(|column| (column.cell)(row, formatter)).collect());
        let conditions = conditions.into_iter().map(|line| line.to_vec());
        write(conditions.chain(std::iter::once(heading)).chain(rows)).map_err(|error| {
            tracing::error!(%error, "an export can't be written");
            Problem::of(&problem::FAILED)
        })
    }
}

/// The whole file.
fn write(rows: impl Iterator<Item = Vec<Cell>>) -> Result<Vec<u8>, ::csv::Error> {
    let file = BYTE_ORDER_MARK.as_bytes().to_vec();
    let mut writer = ::csv::WriterBuilder::new().flexible(true).terminator(::csv::Terminator::CRLF).from_writer(file);
    for row in rows {
        writer.write_record(row.iter().map(|cell| cell.written().into_owned()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Panics where two columns of a list have one heading; for the tests of whoever makes a list.
#[doc(hidden)]
pub fn check_headings<Row: 'static>(list: &List<Row>) {
    let headings = |of: fn(&Column<Row>) -> &'static str| -> std::collections::BTreeSet<_> {
        list.columns.iter().map(of).collect()
    };
    assert_eq!(headings(|column| column.english).len(), list.columns.len(), "{}", list.what);
    assert_eq!(headings(|column| column.japanese).len(), list.columns.len(), "{}", list.what);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8]) -> Vec<Vec<String>> {
        let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(file);
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// Cells as hostile as they come.
    fn text() -> impl Strategy<Value = String> {
        let hostile = "[=+@\\-＝＋－＠\t\r\n '\",;|\u{3000}\u{feff}]{0,3}([=+@\\-＝＋－＠]|[^\u{feff}]){0,12}";
        prop_oneof![hostile, "[0-9.,\"\r\n]{0,8}"]
    }

    proptest! {
        #[test]
        fn a_reader_gets_every_cell_and_none_that_is_a_formula(
            rows in (1_usize..6).prop_flat_map(|width| {
                proptest::collection::vec(proptest::collection::vec(text(), width), 1..8)
            }),
        ) {
            let heading = vec![Cell::printed(&"heading"); rows[0].len()];
            let cells = rows.iter().map(|row| row.iter().cloned().map(Cell::Text).collect());
            let file = write(std::iter::once(heading).chain(cells)).unwrap();
            prop_assert!(std::str::from_utf8(&file).unwrap().ends_with("\r\n"));
            let back = read(&file).split_off(1);
            prop_assert_eq!(back.len(), rows.len());
            for (back, row) in back.iter().flatten().zip(rows.iter().flatten()) {
                prop_assert!(!back.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']), "{back:?}");
                prop_assert!(back == row || *back == format!("'{row}"), "{back:?} of {row:?}");
            }
        }
    }

    #[test]
    fn what_others_wrote_is_no_formula_and_what_is_printed_here_stays_a_number() {
        for (text, written) in [
            ("=HYPERLINK(\"http://x\",\"y\")", "'=HYPERLINK(\"http://x\",\"y\")"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "'\t=1"),
            ("\u{3000}=1", "'\u{3000}=1"),
            (" -1", "' -1"),
            ("\r", "'\r"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("00123", "'00123"),
            ("0", "0"),
            ("201", "201"),
            ("179386739810", "'179386739810"),
            ("2026-11-03", "2026-11-03"),
            ("", ""),
        ] {
            assert_eq!(Cell::Text(text.to_owned()).written(), written, "{text:?}");
        }
        assert_eq!(Cell::printed(&-1.5).written(), "-1.5");
        assert_eq!(Cell::Empty.written(), "");
    }

    #[test]
    fn lines_end_with_both_characters_and_cells_are_quoted_where_they_must_be() {
        let row = ["a", "b,c", "d\"e", "f\ng", ""].map(|text| Cell::Text(text.to_owned()));
        let file = write([row.to_vec(), row.to_vec()].into_iter()).unwrap();
        let line = "a,\"b,c\",\"d\"\"e\",\"f\ng\",\r\n";
        assert_eq!(String::from_utf8(file).unwrap(), format!("\u{feff}{line}{line}"));
    }
}
