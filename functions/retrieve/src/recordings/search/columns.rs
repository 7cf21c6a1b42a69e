//! The columns of a search as a file.

use policy::permission;
use policy::recording::{Listed, State};
use rokuban_http::csv::{Cell, Column, List};

use crate::recordings::view::duration_seconds;

/// `GET /recordings`.
pub(super) const RECORDINGS: List<Listed> = List {
    what: "recordings",
    columns: &[
        Column { english: "id", japanese: "録音ID", cell: |view, _| Cell::Printed(view.id.as_str().to_owned()) },
        Column {
            english: "started_at", japanese: "開始日時", cell: |view, formatter| formatter.time(view.started_at)
        },
        Column {
            english: "duration_seconds",
            japanese: "録音時間(秒)",
            cell: |view, _| {
                Cell::or_empty(duration_seconds(view.state, view.duration_milliseconds), |seconds| {
                    Cell::printed(&seconds)
                })
            },
        },
        Column {
            english: "duration",
            japanese: "録音時間",
            cell: |view, formatter| {
                let is_known = duration_seconds(view.state, view.duration_milliseconds).is_some();
                Cell::or_empty(is_known.then_some(view.duration_milliseconds), |length| formatter.length(length))
            },
        },
        Column {
            english: "direction",
            japanese: "発着信",
            cell: |view, formatter| formatter.labelled(view.direction.as_str(), view.direction),
        },
        Column {
            english: "counterpart",
            japanese: "相手番号",
            cell: |view, formatter| formatter.number(view.counterpart.number()),
        },
        Column {
            english: "counterpart_absent",
            japanese: "相手番号がない理由",
            cell: |view, formatter| {
                Cell::or_empty(view.counterpart.absent(), |absent| formatter.labelled(absent.as_str(), absent))
            },
        },
        Column {
            english: "our_number",
            japanese: "自社番号",
            cell: |view, formatter| formatter.number(view.our_number.as_ref()),
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
            cell: |view, formatter| formatter.name(view.staff.as_ref(), view.started_at),
        },
        Column { english: "team", japanese: "部署", cell: |view, _| Cell::text(view.team.as_ref()) },
        Column {
            english: "notice",
            japanese: "案内",
            cell: |view, formatter| formatter.labelled(view.notice.as_str(), view.notice),
        },
        Column {
            english: "purpose", japanese: "利用目的", cell: |view, formatter| formatter.purpose(&view.purpose)
        },
        Column {
            english: "retention_class",
            japanese: "保存区分",
            cell: |view, _| Cell::Text(view.class.class().to_owned()),
        },
        Column {
            english: "last_day",
            japanese: "再生できる最後の日",
            cell: |view, formatter| {
                Cell::or_empty(permission::expires_at(view, formatter.rulebook), |at| formatter.last_day(at))
            },
        },
        Column {
            english: "state",
            japanese: "状態",
            cell: |view, formatter| match view.state {
                State::Quarantined => formatter.word("quarantined", "要確認"),
                State::Active | State::Fragment | State::Deleted => formatter.word("active", "保存中"),
            },
        },
        Column {
            english: "quarantine_reason",
            japanese: "要確認の理由",
            cell: |view, formatter| {
                Cell::or_empty(view.quarantine_reason, |reason| formatter.labelled(reason.as_str(), reason))
            },
        },
        Column {
            english: "holds",
            japanese: "削除停止(件)",
            cell: |view, formatter| Cell::printed(&view.holds.count_at(formatter.now)),
        },
        Column { english: "notes", japanese: "通話メモ(件)", cell: |view, _| Cell::printed(&view.notes) },
        Column {
            english: "objection",
            japanese: "録音拒否",
            cell: |view, formatter| formatter.flag(view.has_objection),
        },
        Column {
            english: "object_gone_at",
            japanese: "録音ファイルがないと分かった日時",
            cell: |view, formatter| Cell::or_empty(view.object_gone_at, |at| formatter.time(at)),
        },
        Column { english: "source", japanese: "録音元", cell: |view, _| Cell::text(Some(&view.source)) },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&RECORDINGS);
    }
}
