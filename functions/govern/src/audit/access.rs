//! `GET /audit/access`: whose recordings one member reached, in one answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use policy::audit::AuditAction;
use policy::rulebook::Rulebook;
use rokuban_http::audit::{OF_STAFF, OF_TEAM, Outcome};
use rokuban_http::caller::MemberCaller;
use rokuban_http::export::{Export, export};
use rokuban_http::negotiate::Format;
use rokuban_http::parameters::Given;
use rokuban_http::problem::{Problem, UNKNOWN_NAME};
use rokuban_http::route::{About, LinkRoute, Route};
use rokuban_http::time::{Day, Time};
use schemars::JsonSchema;
use serde::Serialize;
use store::{AuditEvent, SortKey};

use super::access_columns::{ACCESS, ReachedRow, Times};
use super::event::{audit_read, audit_refused, between, is_kept};
use super::filters::{AuditFilters, Group, PARAMETERS_OF_A_MEMBER};
use crate::context::Context;
use crate::guard::require_auditor;
use crate::problems::NO_AUDIT;

/// 50,000 events: over 500 a day for a quarter; 30 MB read, and an answer of at most as many recordings.
const EVENTS_LIMIT: usize = 50_000;

/// 10,000 recordings: 3 MB of an answer that may have 6.
const RECORDINGS_LIMIT: usize = 10_000;

/// What the event of an export of a search says it is of.
const EXPORTED_RECORDINGS: &str = "recordings";

/// 1,000 events a read: below the megabyte that one brings.
const READ_LIMIT: u16 = 1_000;

/// Whose recordings a member reached.
#[derive(Debug, Serialize, JsonSchema)]
struct AccessReport {
    /// The member, by id.
    #[schemars(example = &"kato")]
    staff: String,
    /// The member's name on the last day; `null` where the staff list has none.
    #[schemars(example = &"加藤 恵")]
    staff_name: Option<String>,
    /// The first day, in the company's zone.
    from: Day,
    /// The last day, inclusive.
    to: Day,
    /// By whose they were when they were reached.
    items: Vec<ReachedOwner>,
    /// How often the member searched. What a search listed is not recorded by recording.
    searches: u64,
    /// Whether that is all: where it is not, ask for fewer days.
    is_complete: bool,
}

/// The recordings of one member and team.
#[derive(Debug, Serialize, JsonSchema)]
struct ReachedOwner {
    /// Whose they were, by id; `None` where nobody was known.
    #[schemars(example = &"sato")]
    staff: Option<String>,
    /// The name when it was last reached; `null` where nobody was known.
    #[schemars(example = &"佐藤 花子")]
    staff_name: Option<String>,
    /// Of which team; `None` where none was known.
    #[schemars(example = &"sales")]
    team: Option<String>,
    /// Newest reached first.
    recordings: Vec<ReachedRecording>,
}

/// How a recording was reached.
#[derive(Debug, Serialize, JsonSchema)]
struct ReachedRecording {
    /// The recording's id.
    #[schemars(example = &"3tqk5nwo2xvq7yhl4zgm6cbeda")]
    recording: String,
    /// How often its facts were viewed.
    views: u64,
    /// How often it was heard.
    plays: u64,
    /// How often a listening was renewed.
    renewals: u64,
    /// How often it was downloaded.
    downloads: u64,
    /// When first.
    first_at: Time,
    /// When last.
    last_at: Time,
}

/// By staff and team.
type Owner = (Option<String>, Option<String>);

/// What a member's events come to.
#[derive(Debug, Default)]
struct Tally {
    by_owner: BTreeMap<Owner, BTreeMap<String, Times>>,
    recordings: usize,
    searches: u64,
    is_cut: bool,
}

impl Tally {
    /// Whether nothing was searched or reached.
    fn is_empty(&self) -> bool {
        self.searches == 0 && self.by_owner.is_empty()
    }

    /// Adds one event.
    fn add(&mut self, event: &AuditEvent) {
        if event.outcome != Outcome::Permitted {
            return;
        }
        let fact = |name| event.facts.get(name).map(String::as_str);
        // A link that is made shows nothing: what is seen is counted where it is opened.
        let is_file = || fact("what") == Some(EXPORTED_RECORDINGS) && fact("link") != Some("made");
        if event.action == AuditAction::Search || event.action == AuditAction::Export && is_file() {
            self.searches += 1;
        }
        let Some(recording) = event.facts.get("recording") else {
            return;
        };
        let (mut views, mut plays, mut renewals, mut downloads) = (0, 0, 0, 0);
        match (event.action, event.facts.contains_key("continues")) {
            (AuditAction::View, _) => views = 1,
            (AuditAction::Play | AuditAction::Download, true) => renewals = 1,
            (AuditAction::Play, false) => plays = 1,
            (AuditAction::Download, false) => downloads = 1,
            _ => return,
        }
        let owner = (event.facts.get(OF_STAFF).cloned(), event.facts.get(OF_TEAM).cloned());
        let recordings = self.by_owner.entry(owner).or_default();
        if !recordings.contains_key(recording) {
            if self.recordings == RECORDINGS_LIMIT {
                self.is_cut = true;
                return;
            }
            self.recordings += 1;
        }
        let new = || Times { first_at: event.at, last_at: event.at, ..Times::default() };
        let times = recordings.entry(recording.clone()).or_insert_with(new);
        times.views += views;
        times.plays += plays;
        times.renewals += renewals;
        times.downloads += downloads;
        times.first_at = times.first_at.min(event.at);
        times.last_at = times.last_at.max(event.at);
    }

    /// By owner, what was reached, the newest first.
    fn by_owner(self) -> impl Iterator<Item = (Owner, Vec<(String, Times)>)> {
        let sorted = |(owner, recordings): (Owner, BTreeMap<String, Times>)| {
            let mut recordings: Vec<(String, Times)> = recordings.into_iter().collect();
            recordings.sort_by_key(|(_, times)| std::cmp::Reverse(times.last_at));
            (owner, recordings)
        };
        self.by_owner.into_iter().filter(|(_, recordings)| !recordings.is_empty()).map(sorted)
    }

    /// A row for each recording.
    fn rows(self, reader: &str) -> Vec<ReachedRow> {
        let rows = |((of_staff, of_team), recordings): (Owner, Vec<(String, Times)>)| {
            let row = move |(recording, times)| {
                let (of_staff, of_team) = (of_staff.clone(), of_team.clone());
                ReachedRow { staff: reader.to_owned(), of_staff, of_team, recording, times }
            };
            recordings.into_iter().map(row)
        };
        self.by_owner().flat_map(rows).collect()
    }

    fn items(self, rulebook: &Rulebook) -> Vec<ReachedOwner> {
        let name = |staff: Option<&String>, at: Timestamp| {
            staff.and_then(|id| rulebook.post_by_id(id, rulebook.day_of(at))).map(|post| post.name.clone())
        };
        let owned = |((staff, team), recordings): (Owner, Vec<(String, Times)>)| {
            let staff_name = recordings.first().and_then(|(_, times)| name(staff.as_ref(), times.last_at));
            let reached = |(recording, times): (String, Times)| ReachedRecording {
                recording,
                views: times.views,
                plays: times.plays,
                renewals: times.renewals,
                downloads: times.downloads,
                first_at: Time::new(times.first_at, rulebook),
                last_at: Time::new(times.last_at, rulebook),
            };
            ReachedOwner { staff, staff_name, team, recordings: recordings.into_iter().map(reached).collect() }
        };
        self.by_owner().map(owned).collect()
    }
}

pub(super) fn route() -> Route<Context> {
    let about = About {
        id: "audit_access",
        tag: "audit",
        summary: "Whose recordings one member viewed, heard and downloaded, how often, first and last.",
    };
    Route::get("/audit/access", access, about)
        .query(PARAMETERS_OF_A_MEMBER)
        .answers::<AccessReport>(200, "By whose they were then.")
        .or_file(LinkRoute { path: "/audit/access/export-link", id: "audit_access_export_link" })
        .problems(&[&NO_AUDIT, &UNKNOWN_NAME])
}

async fn access(
    State(context): State<Arc<Context>>,
    caller: MemberCaller,
    format: Format,
    given: Given,
) -> Result<Response, Problem> {
    let mut asked = AuditFilters::of_a_member(&given, &caller.rulebook, caller.now)?;
    require_auditor(&context, &caller, AuditAction::AuditAccess).await?;
    let unlisted = match asked.resolve(&caller) {
        Ok(unlisted) => unlisted,
        Err(problem) => return Err(audit_refused(&context, &caller, AuditAction::AuditAccess, &asked, problem).await),
    };
    let tally = tallied(&context, &asked, caller.now).await?;
    if let Some(problem) = unlisted
        && tally.is_empty()
    {
        return Err(audit_refused(&context, &caller, AuditAction::AuditAccess, &asked, problem).await);
    }
    if let Format::Csv(file) = format {
        let more = vec![("is_complete", (!tally.is_cut).to_string())];
        let rows = tally.rows(asked.staff.as_deref().unwrap_or_default());
        let (facts, asked) = (between(&asked), asked.words());
        let (rows, given) = (&rows, &given);
        let access = Export { list: &ACCESS, file, rows, facts, asked, given, next_cursor: None, more };
        return export(&context.shared, &caller, access).await;
    }
    audit_read(&context, &caller, AuditAction::AuditAccess, &asked).await?;
    let staff = asked.staff.unwrap_or_default();
    let answer = AccessReport {
        staff_name: caller.rulebook.post_by_id(&staff, asked.last).map(|post| post.name.clone()),
        staff,
        from: Day::new(asked.first),
        to: Day::new(asked.last),
        searches: tally.searches,
        is_complete: !tally.is_cut,
        items: tally.items(&caller.rulebook),
    };
    Ok(Json(answer).into_response())
}

async fn tallied(context: &Context, asked: &AuditFilters, now: Timestamp) -> Result<Tally, Problem> {
    let mut tally = Tally::default();
    let mut read = 0;
    for Group { partitions, from, until } in asked.groups() {
        let from = SortKey::from_time(from);
        for partition in &partitions {
            let mut bound = SortKey::from_time(until);
            loop {
                let page = context.shared.table.audit_page(partition, &from, &bound, READ_LIMIT).await?;
                read += page.events.len();
                for (_, event) in page.events.iter().filter(|(_, event)| is_kept(event, now)) {
                    tally.add(event);
                }
                let Some(read_to) = page.read_to else {
                    break;
                };
                if read >= EVENTS_LIMIT {
                    tally.is_cut = true;
                    return Ok(tally);
                }
                bound = read_to.just_below();
            }
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(number: usize, action: AuditAction, outcome: Outcome, facts: &[(&str, &str)]) -> AuditEvent {
        AuditEvent {
            at: Timestamp::from_second(1_794_500_000 + i64::try_from(number).unwrap()).unwrap(),
            day: "2026-11-13".to_owned(),
            operation: format!("{number}.{}", action.as_str()),
            staff: "kato".to_owned(),
            role: None,
            action,
            outcome,
            facts: facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect(),
            asked: BTreeMap::new(),
            origin: None,
            ends_at: Timestamp::MAX,
        }
    }

    #[test]
    fn what_is_reached_is_viewed_heard_or_downloaded_and_permitted() {
        let mut tally = Tally::default();
        let of = [("recording", "a"), ("of_staff", "sato"), ("of_team", "sales")];
        let renewed = [("recording", "a"), ("of_staff", "sato"), ("of_team", "sales"), ("continues", "a.2")];
        for (number, (action, outcome, facts)) in [
            (AuditAction::View, Outcome::Permitted, &of[..]),
            (AuditAction::Play, Outcome::Permitted, &of),
            (AuditAction::Play, Outcome::Permitted, &renewed),
            (AuditAction::Download, Outcome::Permitted, &of),
            (AuditAction::Play, Outcome::Refused, &of),
            (AuditAction::Custody, Outcome::Permitted, &of[..1]),
            (AuditAction::Search, Outcome::Permitted, &[]),
        ]
        .into_iter()
        .enumerate()
        {
            tally.add(&event(number, action, outcome, facts));
        }
        assert_eq!((tally.recordings, tally.searches, tally.is_cut), (1, 1, false));
        let owner = (Some("sato".to_owned()), Some("sales".to_owned()));
        let times = &tally.by_owner[&owner]["a"];
        assert_eq!((times.views, times.plays, times.renewals, times.downloads), (1, 1, 1, 1));
        assert_eq!(times.last_at.as_second() - times.first_at.as_second(), 3);
    }

    #[test]
    fn beyond_what_an_answer_carries_it_says_that_it_is_not_all() {
        let mut tally = Tally::default();
        for number in 0..=RECORDINGS_LIMIT {
            assert!(!tally.is_cut);
            tally.add(&event(number, AuditAction::Play, Outcome::Permitted, &[("recording", &number.to_string())]));
        }
        assert!(tally.is_cut);
        assert_eq!(tally.by_owner[&(None, None)].len(), RECORDINGS_LIMIT);
        tally.add(&event(1, AuditAction::Play, Outcome::Permitted, &[("recording", "1")]));
        assert_eq!(tally.by_owner[&(None, None)]["1"].plays, 2, "what is there is counted on");
    }
}
