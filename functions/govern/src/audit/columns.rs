//! The columns of the audit as a file.

use policy::audit::fact;
use policy::report::age_at_use::NEED;
use rokuban_http::csv::{Cell, Column, List};
use rokuban_http::redact;

use super::event::Explained;

/// `GET /audit`.
pub(super) const AUDIT: List<Explained> = List {
    what: "audit",
    columns: &[
        Column { english: "at", japanese: "日時", cell: |row, formatter| formatter.time(row.event.at) },
        Column { english: "staff", japanese: "社員ID", cell: |row, _| Cell::Text(row.event.staff.clone()) },
        Column {
            english: "staff_name",
            japanese: "氏名",
            cell: |row, formatter| formatter.name(Some(&row.event.staff), row.event.at),
        },
        Column {
            english: "role",
            japanese: "役割",
            cell: |row, formatter| Cell::or_empty(row.event.role, |role| formatter.labelled(role.as_str(), role)),
        },
        Column {
            english: "action",
            japanese: "操作",
            cell: |row, formatter| formatter.labelled(row.event.action.as_str(), row.event.action),
        },
        Column {
            english: "outcome",
            japanese: "結果",
            cell: |row, formatter| formatter.labelled(row.event.outcome.as_str(), row.event.outcome),
        },
        Column {
            english: "reason",
            japanese: "理由",
            cell: |row, formatter| {
                Cell::or_empty(row.event.facts.get("reason"), |reason| {
                    let label = fact::japanese_reason(reason).unwrap_or(reason);
                    Cell::Text(formatter.language.choose(reason, label).to_owned())
                })
            },
        },
        Column {
            english: "stated_reason",
            japanese: "利用の理由",
            cell: |row, _| Cell::text(row.stated_reason.as_ref()),
        },
        Column {
            english: "recording",
            japanese: "録音ID",
            cell: |row, _| Cell::text(row.event.facts.get("recording")),
        },
        Column {
            english: "facts",
            japanese: "内容",
            cell: |row, formatter| {
                // What roll-ups read, and no person.
                let is_shown = |name: &String| !["reason", "recording", NEED].contains(&name.as_str());
                let others = row.event.facts.iter().filter(|(name, text)| is_shown(name) && !text.is_empty());
                Cell::list(others.map(|(name, text)| {
                    format!("{}={}", formatter.name_of_fact(name).as_text(), formatter.fact(name, text).as_text())
                }))
            },
        },
        Column {
            english: "asked",
            japanese: "検索条件",
            cell: |row, formatter| {
                Cell::list(row.event.asked.iter().map(|(name, text)| {
                    format!("{}={}", formatter.name_of_fact(name).as_text(), redact::number(text.expose()))
                }))
            },
        },
        Column {
            english: "address",
            japanese: "接続元",
            cell: |row, _| Cell::text(row.event.origin.as_ref().map(|origin| &origin.address)),
        },
        Column {
            english: "session",
            japanese: "セッション",
            cell: |row, _| Cell::text(row.event.origin.as_ref().and_then(|origin| origin.session.as_ref())),
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
