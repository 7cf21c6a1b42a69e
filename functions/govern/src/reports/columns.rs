//! The columns of the reports as files.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::facts::{Direction, NoticeKind};
use policy::report::{completeness, notice};
use rokuban_http::csv::{Cell, Column, Formatter, List};
use store::RollUp;

/// One line of a report's day.
pub(super) struct OfDay<Line> {
    pub(super) day: Date,
    pub(super) computed_at: Timestamp,
    pub(super) line: Line,
}

impl<Line> OfDay<Line> {
    fn day(&self) -> Cell {
        Cell::printed(&self.day)
    }

    fn cell(&self, cell: impl FnOnce(&Line) -> Cell) -> Cell {
        cell(&self.line)
    }

    fn count(&self, count: impl FnOnce(&Line) -> u64) -> Cell {
        Cell::printed(&count(&self.line))
    }

    fn computed_at(&self, formatter: &Formatter<'_>) -> Cell {
        formatter.time(self.computed_at)
    }
}

/// A line of completeness: source, team, and what they come to.
pub(super) type CompletenessLine = (String, Option<String>, completeness::Tally);

/// `GET /reports/completeness`.
pub(super) const COMPLETENESS: List<OfDay<CompletenessLine>> = List {
    what: "completeness",
    columns: &[
        Column { english: "day", japanese: "日", cell: |row, _| row.day() },
        Column { english: "source", japanese: "録音元", cell: |row, _| row.cell(|line| Cell::text(Some(&line.0))) },
        Column { english: "team", japanese: "部署", cell: |row, _| row.cell(|line| Cell::text(line.1.as_ref())) },
        Column {
            english: "answered", japanese: "応答した通話", cell: |row, _| row.count(|line| line.2.answered)
        },
        Column { english: "recorded", japanese: "録音あり", cell: |row, _| row.count(|line| line.2.recorded) },
        Column { english: "awaited", japanese: "到着待ち", cell: |row, _| row.count(|line| line.2.awaited) },
        Column { english: "lost", japanese: "録音なし", cell: |row, _| row.count(|line| line.2.lost.count) },
        Column { english: "recordings", japanese: "録音", cell: |row, _| row.count(|line| line.2.recordings) },
        Column {
            english: "orphan",
            japanese: "通話ログにない録音",
            cell: |row, _| row.count(|line| line.2.orphan.count),
        },
        Column { english: "duplicate", japanese: "重複", cell: |row, _| row.count(|line| line.2.duplicate.count) },
        Column { english: "silent", japanese: "無音", cell: |row, _| row.count(|line| line.2.silent.count) },
        Column {
            english: "length_mismatch",
            japanese: "録音時間の相違",
            cell: |row, _| row.count(|line| line.2.length_mismatch.count),
        },
        Column { english: "computed_at", japanese: "集計日時", cell: OfDay::computed_at },
    ],
};

/// A line of notice: our line, the direction, and what they come to.
pub(super) type NoticeLine = (Option<String>, Direction, notice::Tally);

fn told(row: &OfDay<NoticeLine>, notice: NoticeKind) -> Cell {
    row.count(|line| line.2.by_notice.get(&notice).copied().unwrap_or_default())
}

/// `GET /reports/notice`.
pub(super) const NOTICE: List<OfDay<NoticeLine>> = List {
    what: "notice",
    columns: &[
        Column { english: "day", japanese: "日", cell: |row, _| row.day() },
        Column {
            english: "line", japanese: "回線・窓口", cell: |row, _| row.cell(|line| Cell::text(line.0.as_ref()))
        },
        Column {
            english: "direction",
            japanese: "発着信",
            cell: |row, formatter| row.cell(|line| formatter.labelled(line.1.as_str(), line.1)),
        },
        Column { english: "recordings", japanese: "録音", cell: |row, _| row.count(|line| line.2.recordings) },
        Column { english: "ivr", japanese: "自動音声", cell: |row, _| told(row, NoticeKind::Ivr) },
        Column { english: "operator", japanese: "担当者の口頭", cell: |row, _| told(row, NoticeKind::Operator) },
        Column { english: "form", japanese: "申込書", cell: |row, _| told(row, NoticeKind::Form) },
        Column { english: "signature", japanese: "署名", cell: |row, _| told(row, NoticeKind::Signature) },
        Column { english: "web", japanese: "ウェブページ", cell: |row, _| told(row, NoticeKind::Web) },
        Column { english: "none", japanese: "案内なし", cell: |row, _| told(row, NoticeKind::None) },
        Column { english: "unknown", japanese: "不明", cell: |row, _| told(row, NoticeKind::Unknown) },
        Column { english: "gap", japanese: "案内のない録音", cell: |row, _| row.count(|line| line.2.gap.count) },
        Column {
            english: "objected", japanese: "録音拒否", cell: |row, _| row.count(|line| line.2.objected.count)
        },
        Column { english: "computed_at", japanese: "集計日時", cell: OfDay::computed_at },
    ],
};

/// The rows of a file. A day that is not computed yet has none: a row of zeros would say that nothing happened.
pub(super) fn rows<Line>(rolled: Vec<(Date, RollUp<Line>)>) -> Vec<OfDay<Line>> {
    let of_day = |(day, RollUp { computed_at, lines }): (Date, RollUp<Line>)| {
        lines.into_iter().map(move |line| OfDay { day, computed_at, line })
    };
    rolled.into_iter().flat_map(of_day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&COMPLETENESS);
        rokuban_http::csv::check_headings(&NOTICE);
    }
}
