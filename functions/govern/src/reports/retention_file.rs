//! `GET /reports/retention` as a file: a row is what some calls are kept by, or what a pending rulebook does to them.

use jiff::civil::Date;
use policy::hold::HoldKind;
use policy::report::retention::Estimate;
use policy::{Label, Language};
use rokuban_http::csv::{Cell, Column, Formatter, List};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhyKind {
    /// Their period keeps them.
    Period,
    /// A hold of this kind keeps them. A call under holds of several kinds is in a row of each.
    Held(HoldKind),
    /// They end sooner under the pending rulebook.
    PendingSooner,
    /// They end later under it.
    PendingLater,
}

/// Some calls.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) why: WhyKind,
    /// The first day on which they are gone, and their class; `None` except of those that their period keeps.
    pub(super) ending: Option<(Date, String)>,
    pub(super) calls: u64,
    /// What they take up, about; `None`: not yet measured.
    pub(super) storage: Option<Estimate>,
}

fn why(row: &Row, formatter: &Formatter<'_>) -> Cell {
    match row.why {
        WhyKind::Period => formatter.word("period", "保存期間"),
        WhyKind::Held(kind) => match formatter.language {
            Language::English => Cell::Printed(format!("held_{}", kind.as_str())),
            Language::Japanese => Cell::Printed(format!("削除停止（{}）", kind.label(Language::Japanese))),
        },
        WhyKind::PendingSooner => formatter.word("pending_sooner", "公開待ちの運用ルールで早く削除"),
        WhyKind::PendingLater => formatter.word("pending_later", "公開待ちの運用ルールで遅く削除"),
    }
}

/// What is kept.
pub(super) const RETENTION: List<Row> = List {
    what: "retention",
    columns: &[
        Column { english: "why", japanese: "区分", cell: why },
        Column {
            english: "day",
            japanese: "削除される日",
            cell: |row, _| Cell::or_empty(row.ending.as_ref(), |(day, _)| Cell::printed(day)),
        },
        Column {
            english: "class",
            japanese: "保存区分",
            cell: |row, _| Cell::text(row.ending.as_ref().map(|(_, class)| class)),
        },
        Column { english: "calls", japanese: "通話", cell: |row, _| Cell::printed(&row.calls) },
        Column {
            english: "bytes",
            japanese: "容量の目安（バイト）",
            cell: |row, _| Cell::or_empty(row.storage, |storage| Cell::printed(&storage.bytes)),
        },
        Column {
            english: "cents_a_month",
            japanese: "月の保存料金の目安（米セント）",
            cell: |row, _| Cell::or_empty(row.storage, |storage| Cell::printed(&storage.cents_a_month)),
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&RETENTION);
    }
}
