//! The columns of the audit as a file.

use rokuban_http::csv::{Cell, Column, List};
use rokuban_http::redact;
use store::AuditEvent;

/// `GET /audit`.
pub(super) const AUDIT: List<AuditEvent> = List {
    what: "audit",
    columns: &[
        Column { english: "at", japanese: "日時", cell: |event, formatter| formatter.time(event.at) },
        Column { english: "staff", japanese: "担当者ID", cell: |event, _| Cell::Text(event.staff.clone()) },
        Column {
            english: "staff_name",
            japanese: "氏名",
            cell: |event, formatter| formatter.name(Some(&event.staff), event.at),
        },
        Column {
            english: "role",
            japanese: "役割",
            cell: |event, formatter| Cell::or_empty(event.role, |role| formatter.labelled(role.as_str(), role)),
        },
        Column {
            english: "action",
            japanese: "操作",
            cell: |event, formatter| formatter.labelled(event.action.as_str(), event.action),
        },
        Column {
            english: "outcome",
            japanese: "結果",
            cell: |event, formatter| formatter.labelled(event.outcome.as_str(), event.outcome),
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
                Cell::list(event.asked.iter().map(|(name, text)| format!("{name}={}", redact::number(text.expose()))))
            },
        },
        Column {
            english: "address",
            japanese: "接続元",
            cell: |event, _| Cell::text(event.origin.as_ref().map(|origin| &origin.address)),
        },
        Column {
            english: "session",
            japanese: "セッション",
            cell: |event, _| Cell::text(event.origin.as_ref().and_then(|origin| origin.session.as_ref())),
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&AUDIT);
    }
}
