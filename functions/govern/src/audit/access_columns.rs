//! The columns of what one member reached, and of what the admins did, as files.

use jiff::Timestamp;
use policy::audit::AuditAction;
use policy::audit::admin_activity::AdminMonth;
use policy::{Label, Language};
use rokuban_http::csv::{Cell, Column, List};

/// What is counted of a recording.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) views: u64,
    pub(super) plays: u64,
    pub(super) renewals: u64,
    pub(super) downloads: u64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
}

/// A recording that a member reached.
pub(super) struct ReachedRow {
    pub(super) staff: String,
    pub(super) of_staff: Option<String>,
    pub(super) of_team: Option<String>,
    pub(super) recording: String,
    pub(super) times: Times,
}

/// `GET /audit/access`.
pub(super) const ACCESS: List<ReachedRow> = List {
    what: "audit-access",
    columns: &[
        Column { english: "staff", japanese: "社員ID", cell: |row, _| Cell::Text(row.staff.clone()) },
        Column {
            english: "staff_name",
            japanese: "氏名",
            cell: |row, formatter| formatter.name(Some(&row.staff), row.times.last_at),
        },
        Column { english: "recording", japanese: "録音ID", cell: |row, _| Cell::Text(row.recording.clone()) },
        Column {
            english: "of_staff", japanese: "録音の担当者ID", cell: |row, _| Cell::text(row.of_staff.as_ref())
        },
        Column {
            english: "of_staff_name",
            japanese: "録音の担当者名",
            cell: |row, formatter| formatter.name(row.of_staff.as_ref(), row.times.last_at),
        },
        Column { english: "of_team", japanese: "録音の部署", cell: |row, _| Cell::text(row.of_team.as_ref()) },
        Column { english: "views", japanese: "表示(回)", cell: |row, _| Cell::printed(&row.times.views) },
        Column { english: "plays", japanese: "再生(回)", cell: |row, _| Cell::printed(&row.times.plays) },
        Column {
            english: "renewals", japanese: "再生の継続(回)", cell: |row, _| Cell::printed(&row.times.renewals)
        },
        Column {
            english: "downloads",
            japanese: "ダウンロード(回)",
            cell: |row, _| Cell::printed(&row.times.downloads),
        },
        Column {
            english: "first_at",
            japanese: "最初の日時",
            cell: |row, formatter| formatter.time(row.times.first_at),
        },
        Column {
            english: "last_at", japanese: "最後の日時", cell: |row, formatter| formatter.time(row.times.last_at)
        },
    ],
};

/// `GET /audit/admin-activity`.
pub(super) const ADMIN_ACTIVITY: List<AdminMonth> = List {
    what: "admin-activity",
    columns: &[
        Column { english: "staff", japanese: "社員ID", cell: |row, _| Cell::Text(row.staff.clone()) },
        Column { english: "name", japanese: "氏名", cell: |row, _| Cell::text(row.name.as_ref()) },
        Column { english: "plays", japanese: "再生(回)", cell: |row, _| Cell::printed(&row.plays) },
        Column { english: "renewals", japanese: "再生の継続(回)", cell: |row, _| Cell::printed(&row.renewals) },
        Column {
            english: "downloads", japanese: "ダウンロード(回)", cell: |row, _| Cell::printed(&row.downloads)
        },
        Column { english: "deletions", japanese: "削除依頼(件)", cell: |row, _| Cell::printed(&row.deletions) },
        Column { english: "approvals", japanese: "削除の承認(件)", cell: |row, _| Cell::printed(&row.approvals) },
        Column { english: "corrections", japanese: "訂正(件)", cell: |row, _| Cell::printed(&row.corrections) },
        Column { english: "searches", japanese: "検索(回)", cell: |row, _| Cell::printed(&row.searches) },
        Column {
            english: "publications",
            japanese: "運用ルールの公開(回)",
            cell: |row, _| Cell::printed(&row.publications),
        },
        Column {
            english: "withdrawals",
            japanese: "運用ルールの取り下げ(回)",
            cell: |row, _| Cell::printed(&row.withdrawals),
        },
        Column {
            english: "refusals", japanese: "拒否された操作(回)", cell: |row, _| Cell::printed(&row.refusals)
        },
        Column {
            english: "others",
            japanese: "その他(回)",
            cell: |row, formatter| {
                let action = |word: &String| AuditAction::ALL.into_iter().find(|action| action.as_str() == word);
                Cell::list(row.others.iter().map(|(word, count)| {
                    let label = action(word).map_or(word.as_str(), |action| {
                        formatter.language.choose(action.as_str(), action.label(Language::Japanese))
                    });
                    format!("{label} {count}")
                }))
            },
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&ACCESS);
        rokuban_http::csv::check_headings(&ADMIN_ACTIVITY);
    }
}
