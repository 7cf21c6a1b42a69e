//! Where a row ends: bytes into lines of cells, or into JSON objects.
//!
//! Each decision depends on the bytes from the row's beginning alone, never on how they were cut on the way:
//! that is what lets a reader resume. No byte is looked at more than a fixed number of times: a row that went
//! wrong gives up its first line and no more, and a quote or a brace that stands open is found out at once or
//! at the limit.

use super::fact::Reason;

/// 256 KiB: a CDR has 1 to 20 KB, a FreeSWITCH call with every variable and its SDP under 100.
pub(super) const ROW_LIMIT_BYTES: usize = 256 * 1024;

/// 64 levels: contact records and `json_cdr` nest under ten.
const DEPTH_LIMIT: u32 = 64;

/// What was found at the beginning of the bytes given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Framed {
    /// Too few bytes to tell.
    More,
    /// So many bytes with nothing in them.
    Blank { bytes: usize },
    /// A row: its content, and with its ending so many bytes.
    Row { bytes: usize, content: usize },
    /// So many bytes, with those dropped before, are one bad row.
    Bad { bytes: usize, reason: Reason },
    /// So many bytes need not be kept: they are of a bad row that goes on.
    Dropped { bytes: usize },
}

/// Where within cells a byte or character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Start,
    Plain,
    Quoted,
    /// Behind a quote that ends the cell, or is the first of two.
    Closed,
}

impl Cell {
    /// What follows; none where a cell goes on behind its quote.
    pub(super) fn step(self, character: char, delimiter: char) -> Option<Self> {
        Some(match self {
            Self::Start | Self::Plain if character == delimiter => Self::Start,
            // The first quote of a cell, or the second of two within one.
            Self::Start | Self::Closed if character == '"' => Self::Quoted,
            Self::Start | Self::Plain => Self::Plain,
            Self::Quoted if character == '"' => Self::Closed,
            Self::Quoted => Self::Quoted,
            Self::Closed if character == delimiter => Self::Start,
            Self::Closed if matches!(character, '\r' | '\0') => Self::Closed,
            Self::Closed => return None,
        })
    }
}

/// Finds the rows of a table of cells.
///
/// It works on bytes whatever the encoding: quote, line end and the delimiters allowed are second bytes of
/// no character of CP932 or UTF-8.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    delimiter: char,
    scanned: usize,
    cell: Cell,
    is_broken: bool,
    first_line_end: Option<usize>,
    is_dropping: bool,
}

impl Lines {
    pub(super) fn new(delimiter: char) -> Self {
        Self { delimiter, scanned: 0, cell: Cell::Start, is_broken: false, first_line_end: None, is_dropping: false }
    }

    pub(super) fn scan(&mut self, bytes: &[u8], at_end: bool) -> Framed {
        if self.is_dropping {
            return self.drop_line(bytes, at_end);
        }
        if self.scanned == 0 {
            let blank = leading(bytes, |byte| matches!(byte, b'\r' | b'\n' | 0 | 0x1A));
            if blank > 0 {
                return Framed::Blank { bytes: blank };
            }
        }
        for (index, &byte) in bytes.iter().enumerate().skip(self.scanned) {
            if byte == b'\n' && self.cell != Cell::Quoted {
                let row = if self.is_broken {
                    Framed::Bad { bytes: index + 1, reason: Reason::Quote }
                } else {
                    Framed::Row { bytes: index + 1, content: index }
                };
                return self.begin_anew(row);
            }
            if index >= ROW_LIMIT_BYTES {
                let Some(line_end) = self.first_line_end else {
                    self.is_dropping = true;
                    return Framed::Dropped { bytes: index };
                };
                return self.begin_anew(Framed::Bad { bytes: line_end + 1, reason: Reason::Quote });
            }
            if byte == b'\n' {
                self.first_line_end.get_or_insert(index);
            }
            let cell = self.cell.step(char::from(byte), self.delimiter);
            if let (None, Some(line_end)) = (cell, self.first_line_end) {
                return self.begin_anew(Framed::Bad { bytes: line_end + 1, reason: Reason::Quote });
            }
            self.is_broken |= cell.is_none();
            // Within a broken row only the end of the line counts.
            self.cell = cell.filter(|_| !self.is_broken).unwrap_or(Cell::Plain);
        }
        self.scanned = bytes.len();
        if !at_end || bytes.is_empty() {
            return Framed::More;
        }
        let all = bytes.len();
        let last = match (self.cell, self.is_broken) {
            (Cell::Quoted, _) => {
                Framed::Bad { bytes: self.first_line_end.map_or(all, |line_end| line_end + 1), reason: Reason::Quote }
            }
            (_, true) => Framed::Bad { bytes: all, reason: Reason::Quote },
            (_, false) => Framed::Row { bytes: all, content: all },
        };
        self.begin_anew(last)
    }

    fn begin_anew(&mut self, found: Framed) -> Framed {
        *self = Self::new(self.delimiter);
        found
    }

    fn drop_line(&mut self, bytes: &[u8], at_end: bool) -> Framed {
        let line_end = bytes.iter().position(|&byte| byte == b'\n');
        match line_end {
            Some(index) => self.begin_anew(Framed::Bad { bytes: index + 1, reason: Reason::TooLong }),
            None if at_end => self.begin_anew(Framed::Bad { bytes: bytes.len(), reason: Reason::TooLong }),
            None if bytes.is_empty() => Framed::More,
            None => Framed::Dropped { bytes: bytes.len() },
        }
    }
}

/// Finds JSON objects: one, one a line, run together, or in an array; what stands between them is passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    scanned: usize,
    object: Object,
    dropping: Option<Dropping>,
}

/// What ends a bad row whose bytes are no longer kept.
#[derive(Clone, Debug)]
enum Dropping {
    /// No object at all: the end of the line, or an object.
    Between,
    /// An object over the limit: its own end, or an object that begins a line.
    Object { object: Object, previous: u8 },
    /// An object gone wrong: an object that begins a line.
    Rest { previous: u8 },
}

impl Objects {
    pub(super) fn scan(&mut self, bytes: &[u8], at_end: bool) -> Framed {
        if let Some(dropping) = self.dropping.take() {
            return self.drop_on(dropping, bytes, at_end);
        }
        if self.scanned == 0 {
            let blank = leading(bytes, |byte| byte.is_ascii_whitespace() || b"[],\0\x1A\x1E".contains(&byte));
            if blank > 0 {
                return Framed::Blank { bytes: blank };
            }
            match bytes.first() {
                None => return Framed::More,
                Some(b'{') => {}
                Some(_) => {
                    self.dropping = Some(Dropping::Between);
                    return Framed::Dropped { bytes: 1 };
                }
            }
        }
        for (index, &byte) in bytes.iter().enumerate().skip(self.scanned) {
            if index >= ROW_LIMIT_BYTES {
                if let Some(next) = next_line_with_object(&bytes[..index]) {
                    return self.begin_anew(Framed::Bad { bytes: next, reason: Reason::TooLong });
                }
                let object = self.object.clone();
                *self = Self::default();
                self.dropping = Some(Dropping::Object { object, previous: bytes[index - 1] });
                return Framed::Dropped { bytes: index };
            }
            match self.object.step(byte) {
                Step::More => {}
                Step::Done => return self.begin_anew(Framed::Row { bytes: index + 1, content: index + 1 }),
                Step::Wrong => {
                    // A brace where none may stand is the next object, behind one that was cut off.
                    let next = next_line_with_object(&bytes[..=index]).or((byte == b'{').then_some(index));
                    if let Some(next) = next {
                        return self.begin_anew(Framed::Bad { bytes: next, reason: Reason::NotJson });
                    }
                    *self = Self::default();
                    self.dropping = Some(Dropping::Rest { previous: byte });
                    return Framed::Dropped { bytes: index + 1 };
                }
            }
        }
        self.scanned = bytes.len();
        if !at_end {
            return Framed::More;
        }
        let next = next_line_with_object(bytes).unwrap_or(bytes.len());
        self.begin_anew(Framed::Bad { bytes: next, reason: Reason::NotJson })
    }

    fn begin_anew(&mut self, found: Framed) -> Framed {
        *self = Self::default();
        found
    }

    fn drop_on(&mut self, mut dropping: Dropping, bytes: &[u8], at_end: bool) -> Framed {
        let reason = if matches!(dropping, Dropping::Object { .. }) { Reason::TooLong } else { Reason::NotJson };
        for (index, &byte) in bytes.iter().enumerate() {
            match &mut dropping {
                Dropping::Between if matches!(byte, b'\n' | b'{') => return Framed::Bad { bytes: index, reason },
                Dropping::Between => {}
                Dropping::Object { previous: b'\n', .. } | Dropping::Rest { previous: b'\n' } if byte == b'{' => {
                    return Framed::Bad { bytes: index, reason };
                }
                Dropping::Rest { previous } => *previous = byte,
                Dropping::Object { object, previous } => match object.step(byte) {
                    Step::More => *previous = byte,
                    Step::Done => return Framed::Bad { bytes: index + 1, reason },
                    Step::Wrong if byte == b'{' => return Framed::Bad { bytes: index, reason },
                    Step::Wrong => {
                        self.dropping = Some(Dropping::Rest { previous: byte });
                        return Framed::Dropped { bytes: index + 1 };
                    }
                },
            }
        }
        if at_end {
            return Framed::Bad { bytes: bytes.len(), reason };
        }
        self.dropping = Some(dropping);
        if bytes.is_empty() { Framed::More } else { Framed::Dropped { bytes: bytes.len() } }
    }
}

/// Finds XML documents whose root is `cdr`: one, or several one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    scanned: usize,
    is_dropping: bool,
}

/// What ends a document.
const DOCUMENT_END: &[u8] = b"</cdr>";

impl Documents {
    pub(super) fn scan(&mut self, bytes: &[u8], at_end: bool) -> Framed {
        if self.scanned == 0 && !self.is_dropping {
            let blank = leading(bytes, |byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A));
            if blank > 0 {
                return Framed::Blank { bytes: blank };
            }
        }
        // The end may have been cut in two on the way.
        let from = self.scanned.saturating_sub(DOCUMENT_END.len());
        let end = bytes[from..].windows(DOCUMENT_END.len()).position(|window| window == DOCUMENT_END);
        if let Some(end) = end.map(|end| from + end + DOCUMENT_END.len()) {
            return self.begin_anew(if self.is_dropping || end > ROW_LIMIT_BYTES {
                Framed::Bad { bytes: end, reason: Reason::TooLong }
            } else {
                Framed::Row { bytes: end, content: end }
            });
        }
        if at_end && (self.is_dropping || !bytes.is_empty()) {
            let reason = if self.is_dropping { Reason::TooLong } else { Reason::NotXml };
            return self.begin_anew(Framed::Bad { bytes: bytes.len(), reason });
        }
        if bytes.len() > ROW_LIMIT_BYTES {
            // The last bytes stay: they may begin the end.
            self.is_dropping = true;
            self.scanned = 0;
            return Framed::Dropped { bytes: bytes.len() - DOCUMENT_END.len() };
        }
        self.scanned = bytes.len();
        Framed::More
    }

    fn begin_anew(&mut self, found: Framed) -> Framed {
        *self = Self::default();
        found
    }
}

/// Where, behind the first byte, an object begins a line: a cut-off record ends there at the latest.
pub(super) fn next_line_with_object(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\n{").map(|index| index + 1)
}

fn leading(bytes: &[u8], is_blank: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| is_blank(byte)).count()
}

/// Follows one JSON object to its closing brace: strings, nesting, and that no object or array begins where none
/// may; the rest is for the parser.
#[derive(Clone, Debug, Default)]
struct Object {
    depth: u32,
    /// One bit a level, the innermost lowest: set for an array.
    arrays: u64,
    is_in_string: bool,
    is_escaped: bool,
    last: u8,
}

enum Step {
    More,
    Done,
    Wrong,
}

impl Object {
    fn step(&mut self, byte: u8) -> Step {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = false,
                0..0x20 => return Step::Wrong,
                _ => {}
            }
            return Step::More;
        }
        let is_in_array = self.arrays & 1 == 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return Step::More,
            b'"' => self.is_in_string = true,
            b'{' | b'[' => {
                let may_begin = if is_in_array { matches!(self.last, b'[' | b',') } else { self.last == b':' };
                if self.depth > 0 && !may_begin || self.depth == DEPTH_LIMIT {
                    return Step::Wrong;
                }
                self.depth += 1;
                self.arrays = self.arrays << 1 | u64::from(byte == b'[');
            }
            b'}' | b']' => {
                if is_in_array != (byte == b']') {
                    return Step::Wrong;
                }
                self.depth -= 1;
                self.arrays >>= 1;
                if self.depth == 0 {
                    return Step::Done;
                }
            }
            _ => {}
        }
        self.last = byte;
        Step::More
    }
}
