//! Exports: a list as a file that a Japanese Excel opens by a double click, RFC 4180 with a byte order mark.
//!
//! A row is what the JSON has an item for, after the same decision. What is told of it is less: of a phone number the
//! last four digits, of the ids behind a count nothing, no id of a PBX (a spreadsheet rounds it).

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use policy::Label;
use policy::audit::AuditAction;
use policy::facts::{Direction, NoticeKind};
use policy::number::PhoneNumber;
use policy::permission;
use policy::recording::{Listed, State};
use policy::report::{completeness, notice};
use policy::rulebook::Rulebook;
use store::AuditEvent;

use crate::audit::{self, Asked, Facts, Outcome};
use crate::caller::MemberCaller;
use crate::limits::{self, Limited};
use crate::problem::{Language, Problem};
use crate::traces::last_digits_of;
use crate::{Context, present};

/// What the file is called on its way.
pub(crate) const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// Without it Excel reads the file in the machine's own code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// With one of these in front, a spreadsheet takes a cell for a formula; the full-width ones too, where it folds them.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// 7 digits: the shortest number of the outside world. An extension has fewer.
const NUMBER_LEAST_DIGITS: usize = 7;

/// What fills a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// Nothing.
    Empty,
    /// What somebody else wrote, a PBX or a person: a text, whatever it looks like.
    Text(String),
    /// What is printed here: a number, a time, a word of our own.
    Printed(String),
}

impl Cell {
    fn text(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.clone()))
    }

    fn printed(value: &impl ToString) -> Self {
        Self::Printed(value.to_string())
    }

    /// What there are several of; nothing where there is none.
    fn list(texts: impl Iterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() { Self::Empty } else { Self::Text(texts.join("; ")) }
    }

    fn or_empty<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// QUIET: a phone number shows its last four digits. (The asterisks before them also keep a spreadsheet from
    /// making 201 of `0201`.)
    fn number(number: Option<&PhoneNumber>) -> Self {
        Self::or_empty(number, Self::printed)
    }

    /// What was dialled within the house; but where it is as long as a number of the outside world, as a number.
    fn dialled(text: Option<&String>) -> Self {
        let digits: String =
            text.map(String::as_str).unwrap_or_default().chars().filter(|one| one.is_numeric()).collect();
        match digits.char_indices().rev().nth(3) {
            Some((start, _)) if digits.chars().count() >= NUMBER_LEAST_DIGITS => {
                Self::Printed(format!("***{}", &digits[start..]))
            }
            _ => Self::text(text),
        }
    }

    /// What is written: a text that a spreadsheet would take for a formula gets an apostrophe in front.
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Text(text) if is_formula(text) => format!("'{text}").into(),
            Self::Text(text) | Self::Printed(text) => text.into(),
        }
    }
}

/// Whether a spreadsheet may take a text for a formula, with whatever it passes over in front.
fn is_formula(text: &str) -> bool {
    let is_passed_over = |one: char| one.is_whitespace() || one.is_control() || one == '\u{feff}';
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_passed_over).starts_with(SIGNS)
}

/// How cells are told.
struct Telling<'a> {
    rulebook: &'a Rulebook,
    language: Language,
}

impl Telling<'_> {
    /// A word of the API's, and what the product shows for it in Japanese.
    fn word(&self, english: &'static str, japanese: &'static str) -> Cell {
        Cell::Printed(self.language.choose(english, japanese).to_owned())
    }

    fn flag(&self, is: bool) -> Cell {
        if is { self.word("true", "あり") } else { self.word("false", "なし") }
    }

    /// In the company's zone, as Excel reads it.
    fn time(&self, at: Timestamp) -> Cell {
        Cell::printed(&at.to_zoned_datetime(self.rulebook.zone.clone()).strftime("%Y-%m-%d %H:%M:%S"))
    }

    /// The member's name on the day of a call, where the staff list has it.
    fn name(&self, staff: Option<&String>, at: Timestamp) -> Cell {
        let post = staff.and_then(|id| self.rulebook.post_by_id(id, self.rulebook.day_of(at)));
        Cell::text(post.map(|post| &post.name))
    }

    fn labelled(&self, english: &'static str, label: impl Label) -> Cell {
        self.word(english, label.label(Language::Japanese))
    }
}

/// One column: its heading, in English the JSON's word, and what it has of a row.
struct Column<Row> {
    english: &'static str,
    japanese: &'static str,
    cell: fn(&Row, &Telling<'_>) -> Cell,
}

/// A list that can be taken away as a file.
pub(crate) struct List<Row: 'static> {
    /// In the audit and in the file's name.
    pub(crate) what: &'static str,
    columns: &'static [Column<Row>],
}

/// `GET /recordings`.
pub(crate) const RECORDINGS: List<Listed> = List {
    what: "recordings",
    columns: &[
        Column { english: "id", japanese: "録音ID", cell: |view, _| Cell::Printed(view.id.as_str().to_owned()) },
        Column { english: "started_at", japanese: "開始日時", cell: |view, telling| telling.time(view.started_at) },
        Column {
            english: "duration_seconds",
            japanese: "長さ(秒)",
            cell: |view, _| {
                Cell::or_empty(present::duration_seconds(view.state, view.duration_milliseconds), |seconds| {
                    Cell::printed(&seconds)
                })
            },
        },
        Column {
            english: "direction",
            japanese: "方向",
            cell: |view, telling| telling.labelled(view.direction.as_str(), view.direction),
        },
        Column {
            english: "counterpart_last4",
            japanese: "相手番号(下4桁)",
            cell: |view, _| Cell::number(view.counterpart.number()),
        },
        Column {
            english: "counterpart_absent",
            japanese: "相手番号がない理由",
            cell: |view, telling| {
                Cell::or_empty(view.counterpart.absent(), |absent| telling.labelled(absent.as_str(), absent))
            },
        },
        Column {
            english: "our_number_last4",
            japanese: "自社番号(下4桁)",
            cell: |view, _| Cell::number(view.our_number.as_ref()),
        },
        Column { english: "line", japanese: "回線・窓口", cell: |view, _| Cell::text(view.line.as_ref()) },
        Column {
            english: "extension", japanese: "内線番号", cell: |view, _| Cell::dialled(view.extension.as_ref())
        },
        Column { english: "queue", japanese: "キュー", cell: |view, _| Cell::dialled(view.queue.as_ref()) },
        Column { english: "staff", japanese: "担当者ID", cell: |view, _| Cell::text(view.staff.as_ref()) },
        Column {
            english: "staff_name",
            japanese: "担当者名",
            cell: |view, telling| telling.name(view.staff.as_ref(), view.started_at),
        },
        Column { english: "team", japanese: "チーム", cell: |view, _| Cell::text(view.team.as_ref()) },
        Column {
            english: "notice",
            japanese: "案内",
            cell: |view, telling| telling.labelled(view.notice.as_str(), view.notice),
        },
        Column { english: "purpose", japanese: "利用目的", cell: |view, _| Cell::text(Some(&view.purpose)) },
        Column {
            english: "retention_class",
            japanese: "保存区分",
            cell: |view, _| Cell::Text(view.class.class().to_owned()),
        },
        Column {
            english: "expires_at",
            japanese: "保存期限",
            cell: |view, telling| Cell::or_empty(permission::expires_at(view, telling.rulebook), |at| telling.time(at)),
        },
        Column {
            english: "state",
            japanese: "状態",
            cell: |view, telling| match view.state {
                State::Quarantined => telling.word("quarantined", "要確認"),
                State::Active | State::Fragment | State::Deleted => telling.word("active", "通常"),
            },
        },
        Column {
            english: "quarantine_reason",
            japanese: "要確認の理由",
            cell: |view, telling| {
                Cell::or_empty(view.quarantine_reason, |reason| telling.labelled(reason.as_str(), reason))
            },
        },
        Column { english: "holds", japanese: "削除停止(件)", cell: |view, _| Cell::printed(&view.holds) },
        Column {
            english: "objection", japanese: "録音拒否", cell: |view, telling| telling.flag(view.has_objection)
        },
        Column {
            english: "object_gone_at",
            japanese: "音声の消失を確認した日時",
            cell: |view, telling| Cell::or_empty(view.object_gone_at, |at| telling.time(at)),
        },
        Column { english: "source", japanese: "録音元", cell: |view, _| Cell::text(Some(&view.source)) },
    ],
};

/// One line of a report's day; a day that has not been worked out yet has a row without one, so that nobody takes
/// it for a day on which nothing happened.
pub(crate) struct OfDay<Line> {
    pub(crate) day: Date,
    /// When it was worked out, and what it says.
    pub(crate) line: Option<(Timestamp, Line)>,
}

impl<Line> OfDay<Line> {
    fn day(&self) -> Cell {
        Cell::printed(&self.day)
    }

    fn cell(&self, cell: impl FnOnce(&Line) -> Cell) -> Cell {
        Cell::or_empty(self.line.as_ref(), |(_, line)| cell(line))
    }

    fn count(&self, count: impl FnOnce(&Line) -> u64) -> Cell {
        self.cell(|line| Cell::printed(&count(line)))
    }

    fn rolled_at(&self, telling: &Telling<'_>) -> Cell {
        Cell::or_empty(self.line.as_ref(), |(rolled_at, _)| telling.time(*rolled_at))
    }
}

/// A line of completeness: source, team, and what they come to.
pub(crate) type CompletenessLine = (String, Option<String>, completeness::Tally);

/// `GET /reports/completeness`.
pub(crate) const COMPLETENESS: List<OfDay<CompletenessLine>> = List {
    what: "completeness",
    columns: &[
        Column { english: "day", japanese: "日", cell: |row, _| row.day() },
        Column { english: "source", japanese: "録音元", cell: |row, _| row.cell(|line| Cell::text(Some(&line.0))) },
        Column { english: "team", japanese: "チーム", cell: |row, _| row.cell(|line| Cell::text(line.1.as_ref())) },
        Column {
            english: "answered", japanese: "応答した通話", cell: |row, _| row.count(|line| line.2.answered)
        },
        Column { english: "recorded", japanese: "録音あり", cell: |row, _| row.count(|line| line.2.recorded) },
        Column { english: "awaited", japanese: "待ち", cell: |row, _| row.count(|line| line.2.awaited) },
        Column { english: "lost", japanese: "欠落", cell: |row, _| row.count(|line| line.2.lost.count) },
        Column { english: "recordings", japanese: "録音", cell: |row, _| row.count(|line| line.2.recordings) },
        Column {
            english: "orphan", japanese: "通話のない録音", cell: |row, _| row.count(|line| line.2.orphan.count)
        },
        Column { english: "doubled", japanese: "重複", cell: |row, _| row.count(|line| line.2.doubled.count) },
        Column { english: "silent", japanese: "無音", cell: |row, _| row.count(|line| line.2.silent.count) },
        Column {
            english: "off_length",
            japanese: "長さが合わない",
            cell: |row, _| row.count(|line| line.2.off_length.count),
        },
        Column { english: "rolled_at", japanese: "集計日時", cell: OfDay::rolled_at },
    ],
};

/// A line of notice: our line, the direction, and what they come to.
pub(crate) type NoticeLine = (Option<String>, Direction, notice::Tally);

fn told(row: &OfDay<NoticeLine>, notice: NoticeKind) -> Cell {
    row.count(|line| line.2.by_notice.get(&notice).copied().unwrap_or_default())
}

/// `GET /reports/notice`.
pub(crate) const NOTICE: List<OfDay<NoticeLine>> = List {
    what: "notice",
    columns: &[
        Column { english: "day", japanese: "日", cell: |row, _| row.day() },
        Column {
            english: "line", japanese: "回線・窓口", cell: |row, _| row.cell(|line| Cell::text(line.0.as_ref()))
        },
        Column {
            english: "direction",
            japanese: "方向",
            cell: |row, telling| row.cell(|line| telling.labelled(line.1.as_str(), line.1)),
        },
        Column { english: "recordings", japanese: "録音", cell: |row, _| row.count(|line| line.2.recordings) },
        Column { english: "ivr", japanese: "自動音声", cell: |row, _| told(row, NoticeKind::Ivr) },
        Column { english: "operator", japanese: "オペレーター", cell: |row, _| told(row, NoticeKind::Operator) },
        Column { english: "form", japanese: "フォーム", cell: |row, _| told(row, NoticeKind::Form) },
        Column { english: "signature", japanese: "署名", cell: |row, _| told(row, NoticeKind::Signature) },
        Column { english: "web", japanese: "ウェブ", cell: |row, _| told(row, NoticeKind::Web) },
        Column { english: "none", japanese: "なし", cell: |row, _| told(row, NoticeKind::None) },
        Column { english: "unknown", japanese: "不明", cell: |row, _| told(row, NoticeKind::Unknown) },
        Column { english: "gap", japanese: "案内不足", cell: |row, _| row.count(|line| line.2.gap.count) },
        Column {
            english: "objected", japanese: "録音拒否", cell: |row, _| row.count(|line| line.2.objected.count)
        },
        Column { english: "rolled_at", japanese: "集計日時", cell: OfDay::rolled_at },
    ],
};

/// `GET /audit`.
pub(crate) const AUDIT: List<AuditEvent> = List {
    what: "audit",
    columns: &[
        Column { english: "at", japanese: "日時", cell: |event, telling| telling.time(event.at) },
        Column { english: "staff", japanese: "担当者ID", cell: |event, _| Cell::Text(event.staff.clone()) },
        Column {
            english: "staff_name",
            japanese: "氏名",
            cell: |event, telling| telling.name(Some(&event.staff), event.at),
        },
        Column {
            english: "role",
            japanese: "役割",
            cell: |event, telling| Cell::or_empty(event.role, |role| telling.labelled(role.as_str(), role)),
        },
        Column {
            english: "action",
            japanese: "操作",
            cell: |event, telling| telling.labelled(event.action.as_str(), event.action),
        },
        Column {
            english: "outcome",
            japanese: "結果",
            cell: |event, telling| telling.labelled(event.outcome.as_str(), event.outcome),
        },
        Column { english: "reason", japanese: "理由", cell: |event, _| Cell::text(event.facts.get("reason")) },
        Column {
            english: "recording", japanese: "録音ID", cell: |event, _| Cell::text(event.facts.get("recording"))
        },
        Column {
            english: "facts",
            japanese: "内容",
            cell: |event, _| {
                let others = event.facts.iter().filter(|(name, _)| !["reason", "recording"].contains(&name.as_str()));
                Cell::list(others.map(|(name, value)| format!("{name}={value}")))
            },
        },
        Column {
            english: "asked",
            japanese: "検索条件",
            cell: |event, _| {
                Cell::list(event.asked.iter().map(|(name, text)| format!("{name}={}", last_digits_of(text.expose()))))
            },
        },
    ],
};

/// Hands out rows as a file. TRACE FIRST: the event, `export` with `facts`, stands and is counted before it leaves.
///
/// # Errors
/// [`Problem::TooMany`] past the limit of the hour, or AWS failed.
pub(crate) async fn export<Row: 'static>(
    context: &Context,
    caller: &MemberCaller,
    language: Language,
    list: &List<Row>,
    rows: &[Row],
    mut facts: Facts,
    asked: Asked,
) -> Result<Response, Problem> {
    let telling = Telling { rulebook: &caller.rulebook, language };
    let file = list.file(rows, &telling)?;
    facts.insert("what".to_owned(), list.what.to_owned());
    facts.insert("rows".to_owned(), rows.len().to_string());
    let mut event = audit::of_member(caller, AuditAction::Export, Outcome::Permitted, facts);
    event.asked = asked;
    limits::audit_counted(context, caller, &event, Limited::Export).await?;
    let now = caller.now.to_zoned_datetime(caller.rulebook.zone.clone()).strftime("%Y%m%d-%H%M%S");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_DISPOSITION, value(&format!("attachment; filename=\"{}-{now}.csv\"", list.what))?),
    ];
    Ok((headers, Body::from(file)).into_response())
}

/// Where the next page of a list is: relative, and with everything that was asked for but the place.
pub(crate) fn next_page(asked: &[(String, String)], cursor: &str) -> Result<HeaderValue, Problem> {
    let mut query = String::new();
    for (name, value) in asked.iter().filter(|(name, _)| name != "cursor") {
        query.push_str(&format!("{}={}&", escaped(name), escaped(value)));
    }
    value(&format!("<?{query}cursor={}>; rel=\"next\"", escaped(cursor)))
}

/// A text as a query may hold it (RFC 3986, 2.1 and 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(|error| {
        tracing::error!(%error, "a header of an export can't be written");
        Problem::Failed
    })
}

impl<Row: 'static> List<Row> {
    fn file(&self, rows: &[Row], telling: &Telling<'_>) -> Result<Vec<u8>, Problem> {
        let heading = self.columns.iter().map(|column| telling.word(column.english, column.japanese)).collect();
        let rows = rows.iter().map(|row| self.columns.iter().map(|column| (column.cell)(row, telling)).collect());
        write(std::iter::once(heading).chain(rows)).map_err(|error| {
            tracing::error!(%error, "an export can't be written");
            Problem::Failed
        })
    }
}

/// The whole file.
fn write(rows: impl Iterator<Item = Vec<Cell>>) -> Result<Vec<u8>, ::csv::Error> {
    let file = BYTE_ORDER_MARK.as_bytes().to_vec();
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(file);
    for row in rows {
        writer.write_record(row.iter().map(|cell| cell.written().into_owned()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
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

    #[test]
    fn of_what_is_as_long_as_a_number_the_last_four_digits_are_shown() {
        let dialled = |text: &str| Cell::dialled(Some(&text.to_owned())).written().into_owned();
        for (text, shown) in [
            ("201", "201"),
            ("100201", "100201"),
            ("0901234", "***1234"),
            ("+81-90-1234-5678", "***5678"),
            ("０９０１２３４５６７８", "***５６７８"),
            ("queue-support", "queue-support"),
            ("", ""),
        ] {
            assert_eq!(dialled(text), shown, "{text}");
        }
    }

    #[test]
    fn the_next_page_is_asked_for_with_all_but_the_place() {
        let asked = [("line", "代表 & co"), ("cursor", "before"), ("from", "2026-11-03T00:00:00+09:00")];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let link = next_page(&asked, "a-b_c").unwrap();
        assert_eq!(
            link,
            "<?line=%E4%BB%A3%E8%A1%A8%20%26%20co&from=2026-11-03T00%3A00%3A00%2B09%3A00&cursor=a-b_c>; rel=\"next\""
        );
        assert_eq!(next_page(&[], "x").unwrap(), "<?cursor=x>; rel=\"next\"");
    }

    #[test]
    fn every_heading_of_a_list_is_another() {
        fn check<Row: 'static>(list: &List<Row>) {
            let headings = |of: fn(&Column<Row>) -> &'static str| -> std::collections::BTreeSet<_> {
                list.columns.iter().map(of).collect()
            };
            assert_eq!(headings(|column| column.english).len(), list.columns.len(), "{}", list.what);
            assert_eq!(headings(|column| column.japanese).len(), list.columns.len(), "{}", list.what);
        }
        check(&RECORDINGS);
        check(&COMPLETENESS);
        check(&NOTICE);
    }
}
