//! `GET /reports/permissions`: who may hear what today 権限一覧.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use policy::audit::AuditAction;
use policy::report::permissions::{MemberRights, Right, WhoseKind, rights};
use policy::rulebook::{Member, Role};
use rokuban_http::audit::{self, AuditTexts, Facts, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::csv::{self, Cell, Column, List};
use rokuban_http::export::{CONDITIONS, Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::parameters::{Parameter, Parameters, QueryParameters};
use rokuban_http::problem::Problem;
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::Day;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::guard::require_auditor;
use crate::problems::NO_AUDIT;

/// Who may hear what today.
#[derive(Debug, Serialize, JsonSchema)]
struct Permissions {
    /// Every member of today's staff list, by id.
    items: Vec<MemberItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
    /// Today, in the company's zone.
    day: Day,
    /// The rulebook that says so.
    #[schemars(example = 3)]
    rulebook_version: u64,
    /// For how many days after the call staff see their own; 0 is never.
    #[schemars(example = 7)]
    staff_view_days: u32,
    /// After how many days admins alone hear; `null` is as long as it is kept.
    #[schemars(example = 60)]
    age_limit_days: Option<u32>,
}

/// What a member may do.
#[derive(Debug, Serialize, JsonSchema)]
struct MemberItem {
    /// The member's id.
    #[schemars(example = &"kato")]
    staff: String,
    #[schemars(example = &"加藤 恵")]
    staff_name: String,
    role: Role,
    /// The teams belonged to.
    #[schemars(example = ["sales"])]
    teams: Vec<String>,
    /// The teams managed.
    #[schemars(example = ["sales"])]
    manages: Vec<String>,
    /// By whose recordings; empty where none may be seen.
    rights: Vec<RightItem>,
}

/// What may be done with some recordings: ordinary ones, of which no hold, case or share says otherwise.
#[derive(Debug, Serialize, JsonSchema)]
struct RightItem {
    whose: WhoseKind,
    /// The team; `null` unless they are a team's.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// The member whose work was handed over; `null` unless it was.
    #[schemars(example = &"sato")]
    of_staff: Option<String>,
    /// `view`, `play`, `download`, `share`, `release`, `read_notes`, `custody`, `hold`, `delete`.
    #[schemars(example = ["view", "play"])]
    can: Vec<String>,
}

impl RightItem {
    fn new(right: Right) -> Self {
        let can = right.can.iter().map(|action| action.as_str().to_owned()).collect();
        let (team, of_staff) = match right.whose {
            WhoseKind::HandedOver => (None, right.name),
            WhoseKind::Team | WhoseKind::NoTeam | WhoseKind::OwnCalls => (right.name, None),
        };
        Self { whose: right.whose, team, of_staff, can }
    }
}

/// One row of the file: a member and one of the rights; `None` where there is none.
struct Row {
    member: Member,
    right: Option<Right>,
}

fn whose(right: &Right, formatter: &csv::Formatter<'_>) -> Cell {
    match right.whose {
        WhoseKind::Team => formatter.word("team", "部署の通話"),
        WhoseKind::NoTeam => formatter.word("no_team", "部署のない通話"),
        WhoseKind::OwnCalls => formatter.word("own_calls", "自分の通話"),
        WhoseKind::HandedOver => formatter.word("handed_over", "引き継いだ通話"),
    }
}

/// `GET /reports/permissions`.
const PERMISSIONS: List<Row> = List {
    what: "permissions",
    columns: &[
        Column { english: "staff", japanese: "社員ID", cell: |row, _| Cell::Text(row.member.id.clone()) },
        Column { english: "staff_name", japanese: "氏名", cell: |row, _| Cell::Text(row.member.name.clone()) },
        Column {
            english: "role",
            japanese: "役割",
            cell: |row, formatter| formatter.labelled(row.member.role.as_str(), row.member.role),
        },
        Column {
            english: "whose",
            japanese: "だれの録音",
            cell: |row, formatter| Cell::or_empty(row.right.as_ref(), |right| whose(right, formatter)),
        },
        Column {
            english: "name",
            japanese: "部署・前任者",
            cell: |row, _| Cell::text(row.right.as_ref().and_then(|right| right.name.as_ref())),
        },
        Column {
            english: "can",
            japanese: "できること",
            cell: |row, formatter| {
                let can = row.right.iter().flat_map(|right| &right.can);
                Cell::list(can.map(|action| match formatter.labelled(action.as_str(), AuditAction::from(*action)) {
                    Cell::Printed(label) | Cell::Text(label) => label,
                    Cell::Empty => String::new(),
                }))
            },
        },
    ],
};

const PARAMETERS: &[Parameter] = &[CONDITIONS];

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "permissions",
        tag: "reports",
        summary: "Who may hear what today 権限一覧, as the rulebook in force decides, for admins and auditors.",
    };
    Route::get("/reports/permissions", permissions, about)
        .query(PARAMETERS)
        .answers::<Permissions>(200, "By member.")
        .or_file(LinkRoute { path: "/reports/permissions/export-link", id: "permissions_export_link" })
        .problems(&[&NO_AUDIT])
}

/// `GET /reports/permissions`.
async fn permissions(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: QueryParameters,
) -> Result<Response, Problem> {
    Parameters::new(&given, PARAMETERS)?.yes_or_no(CONDITIONS.name)?;
    require_auditor(&context, &caller, AuditAction::ReportPermissions).await?;
    let rulebook = &caller.rulebook;
    let members = rights(rulebook, caller.now);
    if let Format::Csv(file) = format {
        let rows: Vec<Row> = members.into_iter().flat_map(rows).collect();
        let facts = Facts::from([("version".to_owned(), rulebook.version.to_string())]);
        let (rows, asked, given) = (&rows, AuditTexts::new(), &given);
        let more = vec![("day", rulebook.day_of(caller.now).to_string())];
        let rights = Export { list: &PERMISSIONS, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, rights).await;
    }
    let facts = Facts::from([("version".to_owned(), rulebook.version.to_string())]);
    let event = audit::of_member(&caller, AuditAction::ReportPermissions, Outcome::Permitted, facts);
    context.shared.table.audit(&event).await?;
    let answer = Permissions {
        items: members.into_iter().map(item).collect(),
        next_cursor: None,
        day: Day::new(rulebook.day_of(caller.now)),
        rulebook_version: rulebook.version,
        staff_view_days: rulebook.staff_view_days,
        age_limit_days: rulebook.age_limit_days,
    };
    Ok(Json(answer).into_response())
}

fn item(MemberRights { member, rights }: MemberRights) -> MemberItem {
    MemberItem {
        staff: member.id,
        staff_name: member.name,
        role: member.role,
        teams: member.teams,
        manages: member.manages,
        rights: rights.into_iter().map(RightItem::new).collect(),
    }
}

fn rows(MemberRights { member, rights }: MemberRights) -> Vec<Row> {
    if rights.is_empty() {
        return vec![Row { member, right: None }];
    }
    rights.into_iter().map(|right| Row { member: member.clone(), right: Some(right) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_differs() {
        rokuban_http::csv::check_headings(&PERMISSIONS);
    }
}
