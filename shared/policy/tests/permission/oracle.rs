//! The second decider, written from the design's tables alone: who hears what is looked up in a table of
//! roles, and everything else is a line that says no.

use std::sync::LazyLock;

use policy::permission::Action;

use crate::world::{Case, Keep, Purpose, State};

/// What each title lets one do. `x` always, `-` never; `download` and `own_calls` where the rulebook has
/// switched it on; `proof` only once the recording is deleted.
const TABLE: &str = "
    action      admin  manager   staff      successor  sharee  auditor  deputy
    view        x      x         x          x          x       proof    -
    play        x      x         own_calls  x          x       -        -
    download    x      download  -          -          -       -        -
    custody     x      x         -          -          -       x        -
    read_notes  x      x         x          x          -       -        -
    note        x      x         x          -          -       -        -
    delete      x      x         -          -          -       -        -
    approve     x      -         -          -          -       x        -
    read_holds  x      x         -          -          -       -        -
    hold        x      x         -          -          -       -        -
    lift_hold   x      -         -          -          -       -        -
    share       x      x         -          -          -       -        -
    release     x      x         -          -          -       -        x
    correct     x      -         -          -          -       -        -
";

static CELLS: LazyLock<Vec<Vec<&str>>> =
    LazyLock::new(|| TABLE.trim().lines().map(|line| line.split_whitespace().collect()).collect());

/// What the API makes of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Permitted,
    /// As if there were none.
    Hidden,
    /// It is deleted, and one may know.
    Gone,
    /// One may know of it, and not do this.
    Refused,
}

/// What a case should come to.
pub(crate) fn outcome(case: &Case) -> Outcome {
    let titles = titles(case);
    let table_lets = |action: Action| titles.iter().any(|title| cell_lets(case, action, title));
    // Who may not view it, and may not do the thing at its age, is told nothing either.
    let lets_now = table_lets(case.action) && !(lets_hear(case.action) && is_past_age_limit(case));
    if !table_lets(Action::View) && !lets_now {
        return Outcome::Hidden;
    }
    if case.state == State::Deleted {
        return match case.action {
            Action::View | Action::Custody if table_lets(case.action) => Outcome::Permitted,
            Action::View | Action::Custody => Outcome::Refused,
            _ => Outcome::Gone,
        };
    }
    // NEVER LATE, but a hold suspends it.
    if !case.held && case.keep == Keep::Days30 && case.days_ago > 30 {
        return Outcome::Hidden;
    }
    let objections =
        [!table_lets(case.action), objects_to_deleting(case), objects_to_hearing(case), objects_to_the_use(case)];
    if objections.contains(&true) { Outcome::Refused } else { Outcome::Permitted }
}

/// As what a person comes to a recording: each is a column of the table.
fn titles(case: &Case) -> Vec<&'static str> {
    let who = &case.who;
    let is_understood = matches!(case.state, State::Active | State::Deleted);
    let mut titles = Vec::new();
    match who.role {
        "admin" => titles.push("admin"),
        "auditor" => titles.push("auditor"),
        "manager" if is_understood && case.team.is_some_and(|team| who.stands_in_for.contains(&team)) => {
            titles.push("manager");
        }
        "staff" if is_own_and_young(case) => titles.push("staff"),
        _ => {}
    }
    if who.role != "auditor" && is_understood {
        // A tombstone does not know who was on the call.
        let owner = case.owner.filter(|_| case.state == State::Active);
        if owner.is_some_and(|owner| who.follows.contains(&owner)) {
            titles.push("successor");
        }
        if case.shared_with.contains(&who.id) {
            titles.push("sharee");
        }
        if case.state == State::Active && case.team.is_some_and(|team| who.deputy_for.contains(&team)) {
            titles.push("deputy");
        }
    }
    titles
}

/// Of their own calls; 0 days switch it off, today's calls too.
fn is_own_and_young(case: &Case) -> bool {
    let is_young = case.rules.staff_days > 0 && case.days_ago <= case.rules.staff_days;
    case.state == State::Active && case.owner == Some(case.who.id) && is_young
}

fn cell_lets(case: &Case, action: Action, title: &str) -> bool {
    let column = CELLS[0].iter().position(|name| *name == title).unwrap();
    let line = CELLS.iter().find(|line| line[0] == action.as_str()).unwrap();
    match line[column] {
        "x" => true,
        "-" => false,
        "download" => case.rules.manager_download,
        "own_calls" => case.rules.own_calls,
        "proof" => case.state == State::Deleted,
        other => panic!("{other} means nothing"),
    }
}

/// Nothing is deleted while a hold stands; two people delete, neither of whom was on the call as far as the
/// second goes.
fn objects_to_deleting(case: &Case) -> bool {
    match case.action {
        Action::Delete => case.held,
        Action::Approve => {
            let by_another = case.asked_by.is_some_and(|by| by != case.who.id);
            case.held || !by_another || case.owner == Some(case.who.id)
        }
        _ => false,
    }
}

/// What must be so for anybody to hear it, now or by what comes of it.
fn objects_to_hearing(case: &Case) -> bool {
    if !lets_hear(case.action) {
        return false;
    }
    let leaves = case.action != Action::Play;
    let has_sound = matches!(case.state, State::Active | State::QuarantinedSound);
    let has_end = case.held || case.keep == Keep::Days30;
    let is_understood = case.state == State::Active;
    !has_sound || !has_end || (leaves && !is_understood) || is_past_age_limit(case)
}

fn lets_hear(action: Action) -> bool {
    matches!(action, Action::Play | Action::Download | Action::Share | Action::Release)
}

fn is_past_age_limit(case: &Case) -> bool {
    case.who.role != "admin" && case.rules.age_limit.is_some_and(|days| case.days_ago > days)
}

/// A use must be a purpose; quality, one that the caller was told of, for those it is meant for, in its days.
fn objects_to_the_use(case: &Case) -> bool {
    if !matches!(case.action, Action::Play | Action::Download) {
        return false;
    }
    match (case.use_, &case.rules.quality) {
        (Purpose::Evidence, _) => false,
        (Purpose::None | Purpose::Nonsense, _) | (Purpose::Quality, None) => true,
        (Purpose::Quality, Some(quality)) => {
            let who = &case.who;
            let in_team = |team: &&str| who.team == *team || who.stands_in_for.contains(team);
            let is_meant = quality.roles.contains(&who.role) || quality.teams.iter().any(in_team);
            !is_meant || !case.told_of_quality || case.days_ago > quality.days
        }
    }
}
