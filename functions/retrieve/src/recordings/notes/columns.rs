//! The columns of a search of notes as a file: a row is a note.

use policy::recording::RecordingSummary;
use rokuban_http::csv::{Cell, Column, List};

use super::view::Note;

/// A note with the recording that it stands on.
#[derive(Debug)]
pub(super) struct NoteRow {
    pub(super) recording: RecordingSummary,
    pub(super) note: Note,
}

/// `GET /notes`.
pub(super) const NOTES: List<NoteRow> = List {
    what: "notes",
    columns: &[
        Column {
            english: "recording_id",
            japanese: "録音ID",
            cell: |row, _| Cell::Printed(row.recording.id.as_str().to_owned()),
        },
        Column {
            english: "started_at",
            japanese: "開始日時",
            cell: |row, formatter| formatter.time(row.recording.started_at),
        },
        Column {
            english: "counterpart",
            japanese: "相手番号",
            cell: |row, formatter| formatter.number(row.recording.counterpart.number()),
        },
        Column { english: "staff", japanese: "担当者ID", cell: |row, _| Cell::text(row.recording.staff.as_ref()) },
        Column { english: "team", japanese: "部署", cell: |row, _| Cell::text(row.recording.team.as_ref()) },
        Column {
            english: "written_at",
            japanese: "記入日時",
            cell: |row, formatter| formatter.time(row.note.written_at()),
        },
        Column { english: "writer", japanese: "記入者ID", cell: |row, _| Cell::Text(row.note.writer().to_owned()) },
        Column { english: "writer_name", japanese: "記入者名", cell: |row, _| Cell::text(row.note.writer_name()) },
        Column { english: "text", japanese: "通話メモ", cell: |row, _| Cell::Text(row.note.text().to_owned()) },
    ],
};

#[cfg(test)]
mod tests {
    #[test]
    fn each_column_has_a_heading_of_its_own() {
        rokuban_http::csv::check_headings(&super::NOTES);
    }
}
