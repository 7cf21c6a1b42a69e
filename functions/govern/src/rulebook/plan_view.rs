//! A plan as it is shown.

use policy::id::{CallId, PlanId};
use policy::plan::{Changes, Tally};
use policy::rulebook::Rulebook;
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Plan, PlanPart};

/// Where a plan is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PlanState {
    /// Calls are being counted.
    Counting,
    /// It can be published by.
    Ready,
    /// Another rulebook is in force than the one it was made from, or it is older than 24 hours.
    Stale,
}

/// What another rulebook 運用ルール would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanItem {
    #[schemars(with = "String", example = &"ceqnfhzdk4pxr2mvm5mqxzcv7u")]
    id: PlanId,
    state: PlanState,
    /// The version in force that it compares with; 0 is the compiled-in default.
    #[schemars(example = 3)]
    base_version: u64,
    created_at: Time,
    /// Who made it, by login.
    #[schemars(example = &"yamada")]
    created_by: String,
    /// When the rulebook would have come into force, published when the plan was made.
    effective_at: Time,
    /// Whether something may be deleted sooner: then publishing waits a day, and names this plan.
    deletes_sooner: bool,
    /// Whether uploads are read in another way: then what is in quarantine may be understood, and its period over. How
    /// many calls that is nobody can say before.
    reads_differently: bool,
    /// Whether anything was in quarantine.
    in_quarantine: bool,
    /// How far it is counted.
    #[schemars(range(min = 0, max = 100), example = 100)]
    progress_percent: u64,
    /// What was counted; `null` until all is.
    counts: Option<PlanCounts>,
}

/// What a plan counted, of calls without a hold: those under one stay.
#[derive(Debug, Serialize, JsonSchema)]
struct PlanCounts {
    /// Every call.
    #[schemars(example = 12_400)]
    calls: u64,
    /// Those that are deleted sooner.
    #[schemars(example = 8_200)]
    sooner: u64,
    /// Those that are deleted later.
    #[schemars(example = 0)]
    later: u64,
    /// Those whose end stays.
    #[schemars(example = 4_200)]
    unchanged: u64,
    /// Of those that are deleted sooner, how many as soon as the rulebook is in force. The sweep's limit of a day may
    /// spread them.
    #[schemars(example = 6_100)]
    at_once: u64,
    /// By the day on which a period ends, of the calls whose end changes.
    by_day: Vec<PlanDay>,
    /// By class 保存区分.
    by_class: Vec<PlanClass>,
    /// By team 部署.
    by_team: Vec<PlanTeam>,
}

/// How many of the calls whose end changes end on a day.
#[derive(Debug, Serialize, JsonSchema)]
struct PlanDay {
    day: Day,
    /// Under the rulebook in force.
    #[schemars(example = 210)]
    before: u64,
    /// Under the other one.
    #[schemars(example = 6_100)]
    after: u64,
}

/// The calls of a class.
#[derive(Debug, Serialize, JsonSchema)]
struct PlanClass {
    #[schemars(example = &"standard")]
    class: String,
    #[serde(flatten)]
    changes: PlanChanges,
}

/// The calls of a team.
#[derive(Debug, Serialize, JsonSchema)]
struct PlanTeam {
    /// `null` where none is known.
    #[schemars(example = &"sales")]
    team: Option<String>,
    #[serde(flatten)]
    changes: PlanChanges,
}

/// How many are deleted sooner, later, or when they would be anyway.
#[derive(Debug, Serialize, JsonSchema)]
struct PlanChanges {
    #[schemars(example = 8_200)]
    sooner: u64,
    #[schemars(example = 0)]
    later: u64,
    #[schemars(example = 4_200)]
    unchanged: u64,
}

impl From<Changes> for PlanChanges {
    fn from(Changes { sooner, later, unchanged }: Changes) -> Self {
        Self { sooner, later, unchanged }
    }
}

impl PlanCounts {
    fn new(tally: Tally) -> Self {
        let Changes { sooner, later, unchanged } = tally.total;
        let by_day = tally.by_day.into_iter();
        let by_class = tally.by_class.into_iter();
        let by_team = tally.by_team.into_iter();
        Self {
            calls: tally.total.calls(),
            sooner,
            later,
            unchanged,
            at_once: tally.at_once,
            by_day: by_day
                .map(|(day, ends)| PlanDay { day: Day::new(day), before: ends.before, after: ends.after })
                .collect(),
            by_class: by_class.map(|(class, changes)| PlanClass { class, changes: changes.into() }).collect(),
            by_team: by_team.map(|(team, changes)| PlanTeam { team, changes: changes.into() }).collect(),
        }
    }
}

impl PlanItem {
    /// A plan and what is counted of it.
    pub(super) fn new(plan: &Plan, parts: &[PlanPart], state: PlanState, rulebook: &Rulebook) -> Self {
        let done = parts.iter().filter(|part| part.is_done).count() as u64;
        let shards = u64::from(CallId::SHARDS);
        let mut tally = Tally::default();
        for part in parts {
            tally.merge(part.tally.clone());
        }
        let time = |at| Time::new(at, rulebook);
        Self {
            id: plan.id.clone(),
            state,
            base_version: plan.base_version,
            created_at: time(plan.created_at),
            created_by: plan.created_by.clone(),
            effective_at: time(plan.effective_at),
            deletes_sooner: plan.deletes_sooner,
            reads_differently: plan.reads_differently,
            in_quarantine: plan.in_quarantine,
            progress_percent: done * 100 / shards,
            counts: (done >= shards).then(|| PlanCounts::new(tally)),
        }
    }
}
