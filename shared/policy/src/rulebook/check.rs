//! The check: every fault of a rulebook at once, each with its line, its reason and its fix.

mod deputies;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::model::{Handover, Located, Notice, Post, Role};
use super::policy::{self, Policy, QUALITY};
use super::staff::{self, StaffList};
use crate::calllog::with_built_in;
use crate::fault::{Fault, FaultIn, Wrong};
use crate::number::PhoneNumber;

/// 1,000 faults: more than anybody fixes in one go, and a body that an answer can carry.
const FAULTS_LIMIT: usize = 1_000;

/// 180 days: from half a year on a recording is kept as a record. One copy of it is not enough, and permission
/// must be tight.
const LONG_FROM_DAYS: u32 = 180;

/// 90 days: what most companies settle within. Older recordings that are kept longer are a record, which few need.
const TIGHT_AGE_LIMIT_DAYS: u32 = 90;

/// 10 of the admins of a crowded day are named.
const NAMED_ADMINS_LIMIT: usize = 10;

/// A rulebook without a fault: only the check makes one.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) policy: Policy,
    pub(super) policy_text: String,
    pub(super) staff_text: String,
}

/// Checks a policy (TOML) and a staff list (CSV) against themselves, each other, and the day it is.
///
/// # Errors
/// Every fault, in the order of the files and lines; the first 1,000 where there are more.
pub fn check(policy_text: &str, staff_text: &str, now: Timestamp) -> Result<Checked, Vec<Fault>> {
    let (policy, mut faults, shadows) = policy::read(policy_text);
    faults.extend(lost_characters(policy_text));
    let (staff, staff_faults) = staff::read(staff_text, &policy.country);
    let staff_was_read = staff_faults.is_empty();
    faults.extend(staff_faults);

    let mut cross = Cross { policy: &policy, staff: &staff, faults: Vec::new() };
    // Where rows could not be read, a team or an admin that seems missing may stand in one of them.
    if staff_was_read {
        let today = now.to_zoned_datetime(policy.zone.clone()).date();
        cross.teams();
        cross.successions();
        cross.handovers();
        cross.deputies();
        cross.managers(today);
        cross.admins(today);
    }
    cross.long_periods();
    cross.lines();
    cross.sources();
    cross.logs();
    cross.quality();
    cross.overlaps();
    faults.extend(cross.faults.into_iter().filter(|fault| !shadows.hides(fault)));

    if faults.is_empty() {
        return Ok(Checked { policy, policy_text: policy_text.to_owned(), staff_text: staff_text.to_owned() });
    }
    faults.sort_by_key(|fault| (fault.file, fault.line, fault.code()));
    faults.truncate(FAULTS_LIMIT);
    Err(faults)
}

/// The lines of a policy that were read in another encoding than they were written in.
fn lost_characters(policy_text: &str) -> impl Iterator<Item = Fault> {
    (1..)
        .zip(policy_text.lines())
        .filter(|(_, line)| line.contains(char::REPLACEMENT_CHARACTER))
        .map(|(line, _)| Fault { file: FaultIn::Policy, line, wrong: Wrong::LostCharacters })
}

/// What only the two files together, or the rows among themselves, can have wrong.
struct Cross<'r> {
    policy: &'r Policy,
    staff: &'r StaffList,
    faults: Vec<Fault>,
}

impl<'r> Cross<'r> {
    fn fault(&mut self, file: FaultIn, line: u32, wrong: Wrong) {
        self.faults.push(Fault { file, line, wrong });
    }

    fn teams(&mut self) {
        let known: BTreeSet<&str> = self.staff.posts.iter().map(|post| post.value.team.as_str()).collect();
        let rules = self.policy.retention.iter().map(|rule| (rule.line, rule.value.when.team.as_ref()));
        let lines = self.policy.lines.iter().map(|line| (line.line, line.value.team.as_ref()));
        let dissolved = self
            .policy
            .dissolved_teams
            .iter()
            .flat_map(|team| [&team.value.name, &team.value.successor].map(|name| (team.line, Some(name))));
        let audience = self
            .policy
            .quality
            .iter()
            .flat_map(|quality| quality.value.teams.iter().map(|team| (quality.line, Some(team))));
        for (line, team) in rules.chain(lines).chain(dissolved).chain(audience) {
            if let Some(team) = team.filter(|team| !known.contains(team.as_str())) {
                self.fault(FaultIn::Policy, line, Wrong::UnknownTeam { team: team.clone() });
            }
        }
        for post in &self.staff.posts {
            for team in post.value.manages.iter().filter(|team| !known.contains(team.as_str())) {
                let mut parts = team.split(['、', ',', '・', '/']).map(str::trim);
                let wrong = if team.contains(['、', ',', '・', '/']) && parts.all(|part| known.contains(part)) {
                    Wrong::TeamsNotSeparated { written: team.clone() }
                } else {
                    Wrong::UnknownTeam { team: team.clone() }
                };
                self.fault(FaultIn::Staff, post.line, wrong);
            }
        }
    }

    /// From today on a team that staff belong to has somebody who manages it, every day that they do.
    fn managers(&mut self, today: Date) {
        let mut managed: BTreeMap<&str, Vec<(Date, Date)>> = BTreeMap::new();
        for post in self.staff.posts.iter().map(|post| &post.value).filter(|post| post.role == Role::Manager) {
            for team in &post.manages {
                managed.entry(team).or_default().push((post.from, last_day(post)));
            }
        }
        for spans in managed.values_mut() {
            *spans = joined(std::mem::take(spans));
        }
        let mut told = BTreeSet::new();
        for Located { line, value } in &self.staff.posts {
            let (first, last) = (value.from.max(today), last_day(value));
            if value.role != Role::Staff || last < first || told.contains(value.team.as_str()) {
                continue;
            }
            let spans = managed.get(value.team.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(day) = first_day_without(spans, first, last) {
                told.insert(value.team.as_str());
                self.fault(FaultIn::Staff, *line, Wrong::TeamWithoutManager { team: value.team.clone(), day });
            }
        }
    }

    /// What is kept so long outlives mistakes and machines: it needs a copy in another place. And it is worth more
    /// to whoever should not have it: so nothing of the strict permission may be loosened, or no longer than for
    /// the days that most companies keep recordings at all.
    fn long_periods(&mut self) {
        let longest = self.policy.retention.iter().max_by_key(|rule| rule.value.keep_days);
        let Some(Located { line, value: longest }) = longest.filter(|rule| rule.value.keep_days >= LONG_FROM_DAYS)
        else {
            return;
        };
        let is_strict = !self.policy.staff_hears_own_calls && !self.policy.manager_download;
        let is_limited = self.policy.age_limit_days.is_some_and(|days| days <= TIGHT_AGE_LIMIT_DAYS);
        if !is_strict && !is_limited {
            self.fault(
                FaultIn::Policy,
                *line,
                Wrong::PermissionTooWide {
                    keep_days: longest.keep_days,
                    from_days: LONG_FROM_DAYS,
                    limit_days: TIGHT_AGE_LIMIT_DAYS,
                },
            );
        }
        if self.policy.names_backup {
            return;
        }
        for Located { line, value } in &self.policy.retention {
            if value.keep_days >= LONG_FROM_DAYS {
                let (class, keep_days) = (value.class.clone(), value.keep_days);
                self.fault(
                    FaultIn::Policy,
                    *line,
                    Wrong::BackupMissing { class, keep_days, from_days: LONG_FROM_DAYS },
                );
            }
        }
    }

    /// Teams that are no more, and who stands in for their managers.
    fn successions(&mut self) {
        let mut successors = BTreeMap::new();
        for Located { line, value } in &self.policy.dissolved_teams {
            if successors.insert(value.name.as_str(), value.successor.as_str()).is_some() {
                self.fault(FaultIn::Policy, *line, Wrong::TeamTwice { team: value.name.clone() });
            }
        }
        for Located { line, value } in &self.policy.dissolved_teams {
            let mut reached = value.successor.as_str();
            // Whoever has not ended after as many steps as there are teams goes round in a circle.
            for _ in 0..successors.len() {
                reached = successors.get(reached).copied().unwrap_or(reached);
            }
            if successors.contains_key(reached) {
                self.fault(FaultIn::Policy, *line, Wrong::OwnSuccessor { team: value.name.clone() });
            }
            for post in self.staff.posts.iter().filter(|post| post.value.team == value.name) {
                if last_day(&post.value) >= value.dissolved {
                    self.fault(
                        FaultIn::Staff,
                        post.line,
                        Wrong::TeamDissolved { team: value.name.clone(), dissolved: value.dissolved },
                    );
                }
            }
        }
    }

    fn handovers(&mut self) {
        let by_id = self.posts_by_id();
        for Located { line, value } in &self.policy.handovers {
            for (key, id) in [("from", &value.from), ("to", &value.to)] {
                if !by_id.contains_key(id.as_str()) {
                    self.fault(FaultIn::Policy, *line, Wrong::UnknownMember { key, id: id.clone() });
                }
            }
            if let Some(posts) = by_id.get(value.from.as_str()) {
                let first = posts.iter().map(|post| post.from).min().unwrap_or(Date::MAX);
                if value.since < first {
                    let (id, since) = (value.from.clone(), value.since);
                    self.fault(FaultIn::Policy, *line, Wrong::HandoverBeforeItsCalls { id, since, first });
                }
            }
            if let Some(posts) = by_id.get(value.to.as_str()) {
                if posts.iter().all(|post| post.role == Role::Auditor) {
                    self.fault(FaultIn::Policy, *line, Wrong::HandoverToAuditor { id: value.to.clone() });
                }
                self.handover_to(*line, value, posts);
            }
        }
    }

    /// The successor must be there when it begins, and, where its last day is said, then too.
    fn handover_to(&mut self, line: u32, handover: &Handover, posts: &[&Post]) {
        let first = posts.iter().map(|post| post.from).min().unwrap_or(Date::MAX);
        let last = posts.iter().map(|post| last_day(post)).max().unwrap_or(Date::MIN);
        if handover.since < first || handover.until.unwrap_or(handover.since) > last {
            let shown = |day: Option<Date>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
            self.fault(
                FaultIn::Policy,
                line,
                Wrong::HandoverToAbsent {
                    id: handover.to.clone(),
                    since: handover.since,
                    until: shown(handover.until),
                    first,
                    last: shown(Some(last).filter(|last| *last < Date::MAX)),
                },
            );
        }
    }

    fn quality(&mut self) {
        let covers = |notice: &Located<Notice>| notice.value.purposes.iter().any(|purpose| purpose == QUALITY);
        if let Some(line) = self.policy.quality_line.filter(|_| !self.policy.notices.iter().any(covers)) {
            self.fault(FaultIn::Policy, line, Wrong::QualityWithoutNotice);
        }
    }

    fn lines(&mut self) {
        let mut names = BTreeMap::new();
        let mut queues = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        for Located { line, value } in &self.policy.lines {
            if let Some(earlier) = names.insert(value.name.as_str(), *line) {
                self.fault(FaultIn::Policy, *line, Wrong::LineTwice { earlier });
            }
            if let Some(earlier) = value.queue.as_deref().and_then(|queue| queues.insert(queue, *line)) {
                self.fault(FaultIn::Policy, *line, Wrong::QueueTwice { earlier });
            }
            if let Some(earlier) = value.number.as_ref().and_then(|number| numbers.insert(number, *line)) {
                self.fault(FaultIn::Policy, *line, Wrong::NumberTwice { earlier });
            }
        }
        let rules = self.policy.retention.iter().map(|rule| (rule.line, rule.value.when.line.as_ref()));
        let notices = self.policy.notices.iter().map(|notice| (notice.line, notice.value.line.as_ref()));
        for (line, name) in rules.chain(notices) {
            if let Some(name) = name.filter(|name| !names.contains_key(name.as_str())) {
                self.fault(FaultIn::Policy, line, Wrong::UnknownLine { name: name.clone() });
            }
        }
    }

    fn sources(&mut self) {
        let mut names = BTreeMap::new();
        let mut prefixes = BTreeMap::new();
        for Located { line, value } in &self.policy.sources {
            if let Some(earlier) = names.insert(value.name.as_str(), *line) {
                self.fault(FaultIn::Policy, *line, Wrong::SourceTwice { key: "source", earlier });
            }
            for prefix in &value.prefixes {
                if let Some(earlier) = prefixes.insert(prefix.as_str(), *line) {
                    self.fault(FaultIn::Policy, *line, Wrong::SourcePrefixTwice { earlier });
                }
            }
        }
    }

    fn logs(&mut self) {
        let own = &self.policy.logs;
        for (position, log) in own.iter().enumerate() {
            let earlier = own[..position].iter().find(|earlier| earlier.value.prefix == log.value.prefix);
            if let Some(earlier) = earlier {
                self.fault(FaultIn::Policy, log.line, Wrong::LogPrefixTwice { earlier: earlier.line });
            }
        }
        // What ships and is not replaced lies there too: a file in it would be of one source or of another
        // as the prefixes happen to be written.
        for outer in with_built_in(own.iter().map(|log| log.value.clone()).collect()) {
            for Located { line, value } in own {
                let is_within = value.prefix != outer.prefix && value.prefix.starts_with(&outer.prefix);
                if is_within && value.source != outer.source {
                    self.fault(
                        FaultIn::Policy,
                        *line,
                        Wrong::PrefixNested { outer: outer.prefix.clone(), source: outer.source.clone() },
                    );
                }
            }
        }
    }

    fn overlaps(&mut self) {
        self.overlap(
            |post| post.extension.as_deref().into_iter().collect(),
            |post| &post.id,
            |extension, first, second, day| Wrong::ExtensionOverlap { extension, first, second, day },
        );
        self.overlap(
            |post| post.numbers.iter().map(PhoneNumber::expose).collect(),
            |post| &post.id,
            |_, first, second, day| Wrong::NumberOverlap { first, second, day },
        );
        self.overlap(
            |post| vec![&post.login],
            |post| &post.id,
            |login, first, second, day| Wrong::LoginOverlap { login, first, second, day },
        );
        self.overlap(
            |post| vec![&post.id],
            |post| &post.name,
            |id, first, second, day| Wrong::IdOverlap { id, first, second, day },
        );
    }

    /// Finds posts of different members that share a key on some day: one fault for each that begins while
    /// another's runs. `wrong` gets the key, the two lines, and the first day of both.
    fn overlap(
        &mut self,
        keys: impl Fn(&'r Post) -> Vec<&'r str>,
        whose: impl Fn(&'r Post) -> &'r str,
        wrong: impl Fn(String, u32, u32, Date) -> Wrong,
    ) {
        let mut groups: BTreeMap<&str, Vec<&'r Located<Post>>> = BTreeMap::new();
        for post in &self.staff.posts {
            for key in keys(&post.value) {
                groups.entry(key).or_default().push(post);
            }
        }
        for (key, mut posts) in groups {
            posts.sort_by_key(|post| (post.value.from, post.line));
            // Of the posts begun so far, the one that ends last, and the one of anybody else that does:
            // one of the two is the other member's post that reaches furthest, whoever comes next.
            let mut latest: Option<&Located<Post>> = None;
            let mut latest_of_others: Option<&Located<Post>> = None;
            for post in posts {
                let owner = whose(&post.value);
                let other =
                    if latest.is_some_and(|latest| whose(&latest.value) != owner) { latest } else { latest_of_others };
                if let Some(other) = other
                    && last_day(&other.value) >= post.value.from
                {
                    let (first, second) = (other.line.min(post.line), other.line.max(post.line));
                    self.fault(FaultIn::Staff, post.line, wrong(key.to_owned(), first, second, post.value.from));
                }
                if latest.is_none_or(|latest| last_day(&post.value) > last_day(&latest.value)) {
                    if latest.is_some_and(|latest| whose(&latest.value) != owner) {
                        latest_of_others = latest;
                    }
                    latest = Some(post);
                } else if latest.is_some_and(|latest| whose(&latest.value) != owner)
                    && latest_of_others.is_none_or(|others| last_day(&post.value) > last_day(&others.value))
                {
                    latest_of_others = Some(post);
                }
            }
        }
    }

    fn admins(&mut self, today: Date) {
        let admins: Vec<&Post> =
            self.staff.posts.iter().map(|post| &post.value).filter(|post| post.role == Role::Admin).collect();
        // A rulebook takes effect within a day: whoever is to publish the next one must be there then too.
        let tomorrow = today.tomorrow().unwrap_or(today);
        if [today, tomorrow].into_iter().any(|day| !admins.iter().any(|post| post.is_held_on(day))) {
            self.fault(FaultIn::Staff, 1, Wrong::NoAdmin { today, tomorrow });
        }
        // Their number grows only on a first day: today's and every later one are all there is to count.
        let limit = self.policy.admin_limit.value;
        let first_days: BTreeSet<Date> =
            std::iter::once(today).chain(admins.iter().map(|post| post.from).filter(|from| *from > today)).collect();
        let crowded = first_days.into_iter().find_map(|day| {
            let held: BTreeSet<&str> =
                admins.iter().filter(|post| post.is_held_on(day)).map(|post| post.id.as_str()).collect();
            (held.len() > limit as usize).then_some((day, held))
        });
        if let Some((day, held)) = crowded {
            let who = held.iter().take(NAMED_ADMINS_LIMIT).copied().collect::<Vec<_>>().join(", ");
            let count = held.len();
            self.fault(FaultIn::Policy, self.policy.admin_limit.line, Wrong::TooManyAdmins { day, count, limit, who });
        }
    }
}

/// Spans of days, the last day of each inclusive, with those that touch or overlap made one; in their order.
fn joined(mut spans: Vec<(Date, Date)>) -> Vec<(Date, Date)> {
    spans.sort_unstable();
    let mut joined: Vec<(Date, Date)> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some((_, last)) if last.tomorrow().map_or(true, |next| from <= next) => *last = until.max(*last),
            _ => joined.push((from, until)),
        }
    }
    joined
}

/// The first day from one to another, both inclusive, that is in none of the joined spans.
fn first_day_without(joined: &[(Date, Date)], from: Date, until: Date) -> Option<Date> {
    let begun = joined.partition_point(|(first, _)| *first <= from);
    match begun.checked_sub(1).and_then(|position| joined.get(position)) {
        Some((_, last)) if *last >= until => None,
        Some((_, last)) if *last >= from => last.tomorrow().ok(),
        _ => Some(from),
    }
}

/// The last day of a post; one without an end has the calendar's.
fn last_day(post: &Post) -> Date {
    post.until.unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
