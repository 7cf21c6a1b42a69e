//! `GET /reports/age-at-use`: how many days after the call recordings were needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use policy::audit::AuditAction;
use policy::report::age_at_use::{Ages, Line, NeedKind, Point, Suggestion, curve, suggest};
use policy::rulebook::Rulebook;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;
use rokuban_http::route::{About, Route};
use rokuban_http::time::Day;
use schemars::JsonSchema;
use serde::Serialize;
use store::ReportKind;

use super::days::{Query, YEAR, audit_read, read_year};
use crate::context::Context;
use crate::guard::require_all_reports;
use crate::problems::NO_REPORTS;
use crate::roll_ups::read_roll_ups;

/// How long is long enough 実測して決める.
#[derive(Debug, Serialize, JsonSchema)]
struct AgeAtUse {
    from: Day,
    to: Day,
    /// How many of these days are worked out.
    #[schemars(example = 365)]
    days_counted: usize,
    /// By purpose and class.
    items: Vec<AgeAtUseItem>,
    /// Always `null`: one answer holds them all.
    #[schemars(with = "()")]
    next_cursor: Option<String>,
}

/// When recordings of one purpose and class were needed.
#[derive(Debug, Serialize, JsonSchema)]
struct AgeAtUseItem {
    /// `null` of what was deleted already when it was looked for.
    #[schemars(example = &"evidence")]
    purpose: Option<String>,
    #[schemars(example = &"standard")]
    class: String,
    /// How many days calls to come are kept; `null` where the rulebook no longer names the class.
    #[schemars(example = 90)]
    keep_days: Option<u32>,
    /// How many recordings were needed; the same one once a day and way.
    #[schemars(example = 200)]
    uses: u64,
    by_kind: UsesByKind,
    /// So many days would have served so many needs; a point for each age that occurred.
    curve: Vec<Point>,
    /// What that says of the period; `null` where the class has none.
    suggestion: Option<Suggestion>,
    /// The same in the caller's language.
    #[schemars(example = &"95 % of needs came within 41 days; you keep 90; 45 would do and store 49 % less.")]
    text: Option<String>,
}

/// How recordings were needed.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct UsesByKind {
    /// Played, downloaded, or heard by whom they were shared with.
    #[schemars(example = 180)]
    played: u64,
    /// Put to a case.
    #[schemars(example = 12)]
    case: u64,
    /// Shared in part.
    #[schemars(example = 5)]
    shared: u64,
    /// Asked to be released.
    #[schemars(example = 2)]
    released: u64,
    /// Looked for after their deletion, of this class, whatever the purpose was.
    #[schemars(example = 1)]
    missed: u64,
}

/// What is added up of one purpose and class.
#[derive(Default)]
struct Group {
    ages: Ages,
    by_kind: UsesByKind,
}

impl Group {
    fn add(&mut self, line: &Line) {
        *self.ages.entry(line.age_days).or_default() += line.count;
        *match line.kind {
            NeedKind::Played => &mut self.by_kind.played,
            NeedKind::Case => &mut self.by_kind.case,
            NeedKind::Shared => &mut self.by_kind.shared,
            NeedKind::Released => &mut self.by_kind.released,
            NeedKind::Missed => &mut self.by_kind.missed,
        } += line.count;
    }
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "age_at_use",
        tag: "reports",
        summary: "How many days after the call recordings were needed 何日後に必要だったか, and what that says of the \
                  period.",
    };
    Route::get("/reports/age-at-use", age_at_use, about)
        .query(YEAR)
        .answers::<AgeAtUse>(200, "By purpose and class.")
        .problems(&[&NO_REPORTS])
}

/// `GET /reports/age-at-use`.
async fn age_at_use(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    query: Query,
) -> Result<Json<AgeAtUse>, Problem> {
    let days = read_year(&query, caller.rulebook.day_of(caller.now))?;
    require_all_reports(&context, &caller, AuditAction::ReportAgeAtUse).await?;
    let (rolled, _) = read_roll_ups::<Line>(&context, ReportKind::AgeAtUse, &days, |_| true).await?;
    audit_read(&context, &caller, AuditAction::ReportAgeAtUse, &days).await?;
    let days_counted = rolled.len();
    let groups = group(rolled.into_iter().flat_map(|(_, roll_up)| roll_up.lines));
    let items = groups.into_iter().map(|((class, purpose), group)| item(class, purpose, group, &caller)).collect();
    let (from, to) = (Day::new(days[0]), Day::new(days[days.len() - 1]));
    Ok(Json(AgeAtUse { from, to, days_counted, items, next_cursor: None }))
}

/// By class and purpose. What was missed has no purpose any more: it counts for each of its class.
fn group(lines: impl Iterator<Item = Line>) -> BTreeMap<(String, Option<String>), Group> {
    let mut groups: BTreeMap<(String, Option<String>), Group> = BTreeMap::new();
    let (missed, needed): (Vec<Line>, Vec<Line>) = lines.partition(|line| line.kind == NeedKind::Missed);
    for line in needed {
        groups.entry((line.class.clone(), Some(line.purpose.clone()))).or_default().add(&line);
    }
    for line in missed {
        let mut of_class: Vec<&mut Group> =
            groups.iter_mut().filter(|((class, _), _)| *class == line.class).map(|(_, group)| group).collect();
        if of_class.is_empty() {
            groups.entry((line.class.clone(), None)).or_default().add(&line);
            continue;
        }
        for group in &mut of_class {
            group.add(&line);
        }
    }
    groups
}

fn item(class: String, purpose: Option<String>, group: Group, caller: &MemberCaller) -> AgeAtUseItem {
    let keep_days = keep_days(&caller.rulebook, &class);
    let suggestion = keep_days.map(|keep_days| suggest(&group.ages, keep_days));
    AgeAtUseItem {
        keep_days,
        uses: group.ages.values().sum(),
        curve: curve(&group.ages),
        text: suggestion.map(|suggestion| suggestion.describe(caller.language)),
        suggestion,
        by_kind: group.by_kind,
        purpose,
        class,
    }
}

/// How long calls to come are kept in a class.
fn keep_days(rulebook: &Rulebook, class: &str) -> Option<u32> {
    rulebook.revisions.current(class).and_then(|revision| rulebook.revisions.keep_days(revision))
}
