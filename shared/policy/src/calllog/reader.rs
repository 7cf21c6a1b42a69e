//! Reads a log's bytes as they come.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::{Format, Log, LogZone};
use super::fact::{BadRow, Fault, Reason};
use super::frame::{Documents, Framed, Lines, Objects, next_line_with_object};
use super::pack::Packing;
use super::row::Row;
use super::table::{self, Columns, CsvRules};
use super::{json, xml};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a file's bytes are letters: decided once for a file, by the first that tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// So far every row is valid UTF-8, and none has a letter that only UTF-8 would have so.
    #[default]
    Undecided,
    /// UTF-8: a byte order mark, or a letter of three bytes or more, was seen.
    Utf8,
    /// CP932, as a Japanese Windows saves text: a row was not UTF-8.
    Cp932,
}

/// A place in a file between two rows, with everything that reading on from there needs. It belongs to this version of
/// the file and this definition of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    offset_bytes: u64,
    lines: u64,
    encoding: Encoding,
    columns: Columns,
    /// Whether the file is packed: then the offset counts what it holds.
    #[serde(default)]
    is_packed: bool,
    #[serde(default)]
    rows: RowCount,
}

/// How many rows of a file lie before a place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowCount {
    /// Those that could be read.
    pub good: u64,
    /// Those that could not.
    pub bad: u64,
}

impl Position {
    /// The byte of the file to read on from. A packed file is read from its beginning each time: the reader
    /// passes over what lies behind.
    pub fn offset_bytes(&self) -> u64 {
        if self.is_packed { 0 } else { self.offset_bytes }
    }

    /// How many line ends lie before it.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// How many rows lie before it.
    pub fn rows(&self) -> RowCount {
        self.rows
    }

    /// How the file's bytes are letters, as far as is known.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }
}

/// One row of a log, and where to go on after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was read.
    pub read: Result<Row, BadRow>,
    /// The place behind it.
    pub after: Position,
}

#[derive(Clone, Debug)]
enum Framer {
    Lines(Lines),
    /// FreeSWITCH's JSON or XML: the first byte tells.
    Undecided,
    Objects(Objects),
    Documents(Documents),
}

/// Reads one file. It holds at most one row, 256 KiB, beside what it is fed with.
pub struct Reader<'l> {
    log: &'l Log,
    zone: TimeZone,
    delimiter: char,
    framer: Framer,
    position: Position,
    packing: Packing,
    buffer: Vec<u8>,
    /// Bytes and line ends of a bad row that are behind already, and not yet counted in the position.
    dropped: (u64, u64),
}

impl<'l> Reader<'l> {
    /// A reader that begins at a position: `Position::default()` is the file's beginning.
    pub fn new(log: &'l Log, company_zone: &TimeZone, position: Position) -> Self {
        let (delimiter, framer) = match &log.format {
            Format::FreeSwitch => (',', Framer::Undecided),
            Format::AmazonConnect => (',', Framer::Objects(Objects::default())),
            Format::Asterisk => (',', Framer::Lines(Lines::new(','))),
            Format::ThreeCx { delimiter, .. } | Format::Csv { delimiter, .. } => {
                (*delimiter, Framer::Lines(Lines::new(*delimiter)))
            }
        };
        let zone = match &log.zone {
            LogZone::Company => company_zone.clone(),
            LogZone::Fixed(zone) => zone.clone(),
        };
        let packing = match position {
            Position { is_packed: true, offset_bytes, .. } => Packing::gzip(offset_bytes),
            Position { offset_bytes: 0, .. } => Packing::undecided(),
            Position { .. } => Packing::Plain,
        };
        Self { log, zone, delimiter, framer, position, packing, buffer: Vec::new(), dropped: (0, 0) }
    }

    /// Takes the next bytes, those at the position first of all, and adds the rows that end in them.
    pub fn feed(&mut self, bytes: &[u8], lines: &mut Vec<Line>) {
        let mut packing = std::mem::replace(&mut self.packing, Packing::Broken);
        let fed = packing.feed(bytes, |plain, is_packed| {
            self.position.is_packed = is_packed;
            self.buffer.extend_from_slice(plain);
            self.advance(false, lines);
        });
        self.packing = packing;
        if fed.is_err() {
            self.give_up(lines);
        }
    }

    /// The file's end: the last row need not have a line end.
    pub fn finish(mut self, lines: &mut Vec<Line>) -> Position {
        let mut packing = std::mem::replace(&mut self.packing, Packing::Broken);
        let finished = packing.finish(|plain| self.buffer.extend_from_slice(plain));
        match (finished, packing) {
            (Err(_), _) => self.give_up(lines),
            (Ok(()), Packing::Broken) => {}
            (Ok(()), _) => self.advance(true, lines),
        }
        self.position
    }

    /// Says that the file is damaged. What lies before the damage is a cut-off row, and is no row.
    fn give_up(&mut self, lines: &mut Vec<Line>) {
        self.buffer.clear();
        self.row_done(&mut [].as_slice(), 0, Err(Reason::DamagedFile.into()), lines);
    }

    /// The place behind everything that is done with, rows that were passed over included.
    pub fn position(&self) -> Position {
        self.position
    }

    fn advance(&mut self, at_end: bool, lines: &mut Vec<Line>) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut rest = buffer.as_slice();
        if self.position.offset_bytes == 0 && self.dropped.0 == 0 {
            if rest.starts_with(BYTE_ORDER_MARK) {
                self.position.encoding = Encoding::Utf8;
                self.pass(&mut rest, BYTE_ORDER_MARK.len());
            } else if !at_end && BYTE_ORDER_MARK.starts_with(rest) {
                self.buffer = buffer;
                return;
            }
        }
        if matches!(self.framer, Framer::Undecided) {
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A)).count();
            self.pass(&mut rest, blank);
            match rest.first() {
                None => {}
                Some(b'<') => self.framer = Framer::Documents(Documents::default()),
                Some(_) => self.framer = Framer::Objects(Objects::default()),
            }
        }
        loop {
            if self.position.columns == Columns::Unusable {
                let all = rest.len();
                self.pass(&mut rest, all);
                break;
            }
            let framed = match &mut self.framer {
                Framer::Undecided => break,
                Framer::Lines(framer) => framer.scan(rest, at_end),
                Framer::Documents(framer) => framer.scan(rest, at_end),
                Framer::Objects(framer) if rest.is_empty() && at_end && self.dropped.0 == 0 => {
                    *framer = Objects::default();
                    break;
                }
                Framer::Objects(framer) => framer.scan(rest, at_end),
            };
            match framed {
                Framed::More => break,
                Framed::Blank { bytes } => self.pass(&mut rest, bytes),
                Framed::Dropped { bytes } => {
                    self.dropped.0 += count(bytes);
                    self.dropped.1 += line_ends(&rest[..bytes]);
                    rest = &rest[bytes..];
                }
                Framed::Bad { bytes, reason } => {
                    self.row_done(&mut rest, bytes, Err(reason.into()), lines);
                }
                Framed::Row { bytes, content } => {
                    let (read, bytes) = self.read(&rest[..content], bytes);
                    self.row_done(&mut rest, bytes, read, lines);
                }
            }
        }
        let done = buffer.len() - rest.len();
        self.buffer = buffer;
        self.buffer.drain(..done);
    }

    fn pass(&mut self, rest: &mut &[u8], bytes: usize) {
        self.position.offset_bytes += count(bytes);
        self.position.lines += line_ends(&rest[..bytes]);
        *rest = &rest[bytes..];
    }

    fn row_done(&mut self, rest: &mut &[u8], bytes: usize, read: Result<Option<Row>, Fault>, lines: &mut Vec<Line>) {
        let line = self.position.lines + 1;
        let (dropped_bytes, dropped_lines) = std::mem::take(&mut self.dropped);
        self.position.offset_bytes += dropped_bytes;
        self.position.lines += dropped_lines;
        self.pass(rest, bytes);
        let read = match read {
            Ok(None) => return,
            Ok(Some(row)) => Ok(row),
            Err(Fault { reason, column }) => Err(BadRow { line, reason, column }),
        };
        match &read {
            Ok(_) => self.position.rows.good += 1,
            Err(_) => self.position.rows.bad += 1,
        }
        lines.push(Line { read, after: self.position });
    }

    /// Reads a row; a JSON object that is none gives up no more than the bytes up to the next one.
    fn read(&mut self, content: &[u8], bytes: usize) -> (Result<Option<Row>, Fault>, usize) {
        let source = &self.log.source;
        match &self.log.format {
            Format::FreeSwitch if matches!(self.framer, Framer::Documents(_)) => {
                let record = xml::to_json(content).ok_or(Fault::from(Reason::NotXml));
                (record.and_then(|record| json::freeswitch(source, &self.zone, &record)), bytes)
            }
            Format::FreeSwitch | Format::AmazonConnect => {
                let Ok(record) = serde_json::from_slice::<Value>(content) else {
                    return (Err(Reason::NotJson.into()), next_line_with_object(content).unwrap_or(bytes));
                };
                let read = match self.log.format {
                    Format::FreeSwitch => json::freeswitch(source, &self.zone, &record),
                    _ => json::amazon_connect(source, &record),
                };
                (read, bytes)
            }
            Format::Asterisk | Format::ThreeCx { .. } | Format::Csv { .. } => (self.read_cells(content), bytes),
        }
    }

    fn read_cells(&mut self, content: &[u8]) -> Result<Option<Row>, Fault> {
        let text = decode(content, &mut self.position.encoding).ok_or(Reason::NotText)?;
        let cells = table::cells(&text, self.delimiter).ok_or(Reason::ColumnCount)?;
        if table::are_blank(&cells) {
            return Ok(None);
        }
        let (source, zone, columns) = (&self.log.source, &self.zone, &mut self.position.columns);
        match &self.log.format {
            Format::ThreeCx { fields, .. } => table::three_cx(source, zone, fields, columns, &cells),
            Format::Csv { columns: named, answered_words, length_unit, .. } => {
                let rules = CsvRules { columns: named, answered_words, length_unit: *length_unit };
                table::csv(source, zone, rules, columns, &cells)
            }
            _ => table::asterisk(source, zone, &cells),
        }
    }
}

/// Reads bytes as text, and decides how where that is still open: by a row that is no UTF-8 but is CP932, or by a
/// letter of three bytes, which CP932 would hardly have made by chance.
fn decode<'b>(bytes: &'b [u8], encoding: &mut Encoding) -> Option<Cow<'b, str>> {
    let utf8 = || std::str::from_utf8(bytes).ok();
    // The encoding's label stands for CP932 (windows-31j), with the vendors' extensions.
    let cp932 = || encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    match *encoding {
        Encoding::Utf8 => utf8().map(Cow::Borrowed),
        Encoding::Cp932 => cp932(),
        Encoding::Undecided => {
            if let Some(text) = utf8() {
                if text.chars().any(|character| character.len_utf8() >= 3) {
                    *encoding = Encoding::Utf8;
                }
                return Some(Cow::Borrowed(text));
            }
            let text = cp932()?;
            *encoding = Encoding::Cp932;
            Some(text)
        }
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}
