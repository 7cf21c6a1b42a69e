//! `GET /directory`: the names behind ids, as far as the caller may know them.

use std::collections::BTreeMap;

use axum::Json;
use jiff::civil::Date;
use policy::report;
use policy::rulebook::{Post, Role};
use policy::words;
use rokuban_http::caller::MemberCaller;
use rokuban_http::parameters::{Given, Parameter, Parameters};
use rokuban_http::problem::{Constraint, Problem};
use rokuban_http::route::{About, Route};
use rokuban_http::time::Day;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;

const PARAMETERS: &[Parameter] = &[Parameter::new(
    "day",
    Constraint::Day,
    "The members, teams and lines of that day; today unless given.",
    "2026-11-03",
)];

/// Members, teams, lines, classes and purposes with their names.
#[derive(Debug, Serialize, JsonSchema)]
struct Directory {
    /// The day that the members and teams are of.
    day: Day,
    /// Sorted by id. Admins and auditors see all, managers those of their teams, and everyone themselves.
    members: Vec<DirectoryMember>,
    /// Sorted by name; with the same limits.
    teams: Vec<DirectoryTeam>,
    /// Our lines 回線・窓口; those of other teams are left out.
    lines: Vec<DirectoryLine>,
    classes: Vec<DirectoryClass>,
    purposes: Vec<DirectoryPurpose>,
}

/// A member of staff.
#[derive(Debug, Serialize, JsonSchema)]
struct DirectoryMember {
    #[schemars(example = &"sato")]
    id: String,
    #[schemars(example = &"佐藤 花子")]
    name: String,
    role: Role,
    /// The teams of that day.
    #[schemars(example = ["sales"])]
    teams: Vec<String>,
    #[schemars(example = ["201"])]
    extensions: Vec<String>,
}

/// A team 部署.
#[derive(Debug, Serialize, JsonSchema)]
struct DirectoryTeam {
    #[schemars(example = &"sales")]
    id: String,
    /// The rulebook knows a team by its name, which is its id.
    #[schemars(example = &"sales")]
    name: String,
    /// Its members, by id.
    #[schemars(example = ["sato"])]
    members: Vec<String>,
}

/// One of our lines.
#[derive(Debug, Serialize, JsonSchema)]
struct DirectoryLine {
    #[schemars(example = &"代表")]
    id: String,
    /// The rulebook knows a line by its name, which is its id.
    #[schemars(example = &"代表")]
    name: String,
    #[schemars(example = &"sales")]
    team: Option<String>,
}

/// A retention class 保存区分.
#[derive(Debug, Serialize, JsonSchema)]
struct DirectoryClass {
    #[schemars(example = &"standard")]
    id: String,
    /// The rulebook knows a class by its name, which is its id.
    #[schemars(example = &"standard")]
    name: String,
    /// How many days after the day of the call it is kept, for calls of today.
    #[schemars(example = 30)]
    keep_days: u32,
}

/// A purpose 利用目的: what `use` may be.
#[derive(Debug, Serialize, JsonSchema)]
struct DirectoryPurpose {
    #[schemars(example = &"evidence")]
    id: String,
    /// In the caller's language; the id itself where the company chose it.
    #[schemars(example = &"合意内容の確認")]
    name: String,
}

pub(crate) fn route() -> Route<Context> {
    let about = About {
        id: "directory",
        tag: "me",
        summary: "Members, teams, lines, classes and purposes with their names, as far as one may know them.",
    };
    Route::get("/directory", directory, about).query(PARAMETERS).answers::<Directory>(200, "The names.")
}

/// STRICT: a member, a team or a line that the caller may not know is left out.
async fn directory(caller: MemberCaller, given: Given) -> Result<Json<Directory>, Problem> {
    let day = Parameters::new(&given, PARAMETERS)?.day("day")?;
    let day = day.unwrap_or_else(|| caller.rulebook.day_of(caller.now));
    let (members, teams) = staff(&caller, day);
    let rulebook = &caller.rulebook;
    let lines = rulebook.lines.iter().filter(|line| line.team.as_deref().is_none_or(|team| knows_team(&caller, team)));
    let lines = lines
        .map(|line| DirectoryLine { id: line.name.clone(), name: line.name.clone(), team: line.team.clone() })
        .collect();
    let mut classes = BTreeMap::new();
    for rule in &rulebook.retention {
        let current = rulebook.revisions.current(&rule.class).and_then(|class| rulebook.revisions.keep_days(class));
        classes.insert(rule.class.clone(), current.unwrap_or(rule.keep_days));
    }
    let classes =
        classes.into_iter().map(|(id, keep_days)| DirectoryClass { name: id.clone(), id, keep_days }).collect();
    let purposes = rulebook.purposes.iter();
    let purposes = purposes
        .map(|id| DirectoryPurpose { id: id.clone(), name: words::purpose(id, caller.language).to_owned() })
        .collect();
    Ok(Json(Directory { day: Day::new(day), members, teams, lines, classes, purposes }))
}

/// Whether a team's name is the caller's to know: an own one, a managed one, or any for those who see all.
fn knows_team(caller: &MemberCaller, team: &str) -> bool {
    report::may_see(&caller.member, Some(team)) || caller.member.teams.iter().any(|own| own == team)
}

/// The members of a day whom the caller may know, and their teams.
fn staff(caller: &MemberCaller, day: Date) -> (Vec<DirectoryMember>, Vec<DirectoryTeam>) {
    let is_known = |post: &&Post| {
        post.is_held_on(day) && (post.id == caller.member.id || report::may_see(&caller.member, Some(&post.team)))
    };
    let mut members: BTreeMap<&str, DirectoryMember> = BTreeMap::new();
    let mut teams: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for post in caller.rulebook.staff.iter().filter(is_known) {
        let member = members.entry(&post.id).or_insert_with(|| DirectoryMember {
            id: post.id.clone(),
            name: post.name.clone(),
            role: post.role,
            teams: Vec::new(),
            extensions: Vec::new(),
        });
        member.extensions.extend(post.extension.clone());
        if !member.teams.contains(&post.team) {
            member.teams.push(post.team.clone());
            teams.entry(&post.team).or_default().push(post.id.clone());
        }
    }
    let teams = teams
        .into_iter()
        .map(|(name, members)| DirectoryTeam { id: name.to_owned(), name: name.to_owned(), members })
        .collect();
    (members.into_values().collect(), teams)
}
