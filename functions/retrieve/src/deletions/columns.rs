//! The columns of deletions as a file.

use policy::recording::Tombstone;
use rokuban_http::csv::{Cell, Column, List};
use store::DeletionRequest;

/// `GET /deletions?from&to`.
pub(super) const PROOFS: List<Tombstone> = List {
    what: "deletions",
    columns: &[
        Column { english: "id", japanese: "録音ID", cell: |proof, _| Cell::printed(&proof.id) },
        Column { english: "day", japanese: "通話日", cell: |proof, _| Cell::printed(&proof.day) },
        Column { english: "team", japanese: "部署", cell: |proof, _| Cell::text(proof.team.as_ref()) },
        Column {
            english: "retention_class",
            japanese: "保存区分",
            cell: |proof, _| Cell::Text(proof.class.class().to_owned()),
        },
        Column {
            english: "deleted_at",
            japanese: "削除日時",
            cell: |proof, formatter| formatter.time(proof.deleted_at),
        },
        Column {
            english: "version_id",
            japanese: "バージョンID",
            cell: |proof, _| Cell::Text(proof.version_id.clone()),
        },
        Column { english: "sha256", japanese: "SHA-256", cell: |proof, _| Cell::text(proof.sha256.as_ref()) },
        Column {
            english: "rulebook_version",
            japanese: "運用ルールの版",
            cell: |proof, _| Cell::printed(&proof.rulebook_version),
        },
        Column {
            english: "deleted_by", japanese: "削除の実行", cell: |proof, _| Cell::Text(proof.deleted_by.clone())
        },
        Column {
            english: "requested_by",
            japanese: "依頼者の役割",
            cell: |proof, formatter| {
                let role = proof.requested.map(|roles| roles.requested_by);
                Cell::or_empty(role, |role| formatter.labelled(role.as_str(), role))
            },
        },
        Column {
            english: "approved_by",
            japanese: "承認者の役割",
            cell: |proof, formatter| {
                let role = proof.requested.map(|roles| roles.approved_by);
                Cell::or_empty(role, |role| formatter.labelled(role.as_str(), role))
            },
        },
        Column {
            english: "backup",
            japanese: "写し",
            cell: |proof, formatter| formatter.labelled(proof.backup.as_str(), proof.backup),
        },
        Column {
            english: "backup_checked_at",
            japanese: "写しの確認日時",
            cell: |proof, formatter| Cell::or_empty(proof.backup_checked_at, |at| formatter.time(at)),
        },
        Column {
            english: "origin_copy",
            japanese: "録音元に残る録音",
            cell: |proof, formatter| {
                let state = proof.origin_copy.state;
                formatter.labelled(state.as_str(), state)
            },
        },
        Column {
            english: "origin_copy_until",
            japanese: "録音元に残る最後の日",
            cell: |proof, _| Cell::or_empty(proof.origin_copy.until, |day| Cell::printed(&day)),
        },
        Column {
            english: "origin_copy_checked_on",
            japanese: "録音元を確認した日",
            cell: |proof, _| Cell::or_empty(proof.origin_copy.checked_on, |day| Cell::printed(&day)),
        },
    ],
};

/// `GET /deletions?state`.
pub(super) const REQUESTS: List<DeletionRequest> = List {
    what: "deletion_requests",
    columns: &[
        Column { english: "id", japanese: "依頼ID", cell: |request, _| Cell::printed(&request.id) },
        Column {
            english: "state",
            japanese: "状態",
            cell: |request, formatter| formatter.labelled(request.state.as_str(), request.state),
        },
        Column {
            english: "recordings",
            japanese: "録音ID",
            cell: |request, _| Cell::list(request.recordings.iter().map(ToString::to_string)),
        },
        Column { english: "day", japanese: "通話日", cell: |request, _| Cell::printed(&request.day) },
        Column { english: "team", japanese: "部署", cell: |request, _| Cell::text(request.team.as_ref()) },
        Column {
            english: "quarantine_reason",
            japanese: "要確認の理由",
            cell: |request, formatter| {
                Cell::or_empty(request.quarantine_reason, |reason| formatter.labelled(reason.as_str(), reason))
            },
        },
        Column {
            english: "case_id",
            japanese: "案件ID",
            cell: |request, _| Cell::or_empty(request.case.as_ref(), Cell::printed),
        },
        Column {
            english: "requested_by",
            japanese: "依頼者ID",
            cell: |request, _| Cell::Text(request.requested_by.clone()),
        },
        Column {
            english: "requested_by_name",
            japanese: "依頼者",
            cell: |request, formatter| formatter.name(Some(&request.requested_by), request.requested_at),
        },
        Column {
            english: "requested_at",
            japanese: "依頼日時",
            cell: |request, formatter| formatter.time(request.requested_at),
        },
        Column {
            english: "reason",
            japanese: "理由",
            cell: |request, _| Cell::or_empty(request.reason.as_ref(), |reason| Cell::Text(reason.expose().to_owned())),
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&PROOFS);
        rokuban_http::csv::check_headings(&REQUESTS);
    }
}
