//! Who and what was meant, on the day of a call or of a request.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::model::{Line, Member, Notice, Post, Role, Rulebook};
use super::text::fold;
use crate::address::is_address;
use crate::calllog::{self, Log};
use crate::facts::{Direction, NoticeKind};
use crate::language::Language;
use crate::number::PhoneNumber;
use crate::object::ObjectKey;

impl Rulebook {
    /// Who asks: the one member of staff with this login whose posts include the day. Two members with
    /// one login are nobody: neither may act as the other.
    pub fn member(&self, login: &str, today: Date) -> Option<Member> {
        if self.admin_logins.iter().any(|admin_login| admin_login == login) {
            return Some(Member {
                id: login.to_owned(),
                name: login.to_owned(),
                role: Role::Admin,
                teams: Vec::new(),
                manages: Vec::new(),
                deputy_for: Vec::new(),
                predecessors: Vec::new(),
            });
        }
        let held = || self.staff.iter().filter(|post| post.is_held_on(today));
        let id = only(held().filter(|post| post.login == login).map(|post| post.id.as_str()))?;
        let posts: Vec<&Post> = held().filter(|post| post.id == id).collect();
        let first = posts.first()?;
        let distinct = |names: BTreeSet<&String>| names.into_iter().cloned().collect();
        // A team is managed by a post that is a manager's, whatever another post of the member says.
        let managed = posts.iter().filter(|post| post.role == Role::Manager).flat_map(|post| &post.manages).collect();
        let handed_over = self
            .handovers
            .iter()
            .filter(|handover| handover.to == id && handover.since <= today)
            .filter(|handover| handover.until.is_none_or(|until| today <= until));
        let deputies = self.deputies.iter().filter(|deputy| deputy.member == id);
        let deputies = deputies.filter(|deputy| deputy.from <= today && today <= deputy.until);
        Some(Member {
            id: first.id.clone(),
            name: first.name.clone(),
            role: posts.iter().map(|post| post.role).max_by_key(|role| strength(*role))?,
            teams: distinct(posts.iter().map(|post| &post.team).collect()),
            manages: distinct(self.with_dissolved(managed, today)),
            deputy_for: distinct(self.with_dissolved(deputies.map(|deputy| &deputy.team).collect(), today)),
            predecessors: distinct(handed_over.map(|handover| &handover.from).collect()),
        })
    }

    /// The member of an id on a day, if they can sign in.
    pub fn member_by_id(&self, id: &str, today: Date) -> Option<Member> {
        if self.admin_logins.iter().any(|login| login == id) {
            return self.member(id, today);
        }
        self.member(&self.post_by_id(id, today)?.login, today).filter(|member| member.id == id)
    }

    /// Where notifications to a member go on a day: an address of the staff list, else the login where it is one. One who
    /// left has none.
    pub fn mail_of(&self, id: &str, today: Date) -> Option<&str> {
        let held = || self.staff.iter().filter(|post| post.id == id && post.is_held_on(today));
        let admin_logins = self.admin_logins.iter().filter(|login| *login == id);
        let logins = held().map(|post| &post.login).chain(admin_logins);
        let listed = held().find_map(|post| post.mail.as_deref());
        listed.or_else(|| logins.map(String::as_str).find(|login| is_address(login)))
    }

    /// The language that the company's people are written to.
    pub fn language(&self) -> Language {
        if self.country == "JP" { Language::Japanese } else { Language::English }
    }

    /// How many admins there are on a day.
    pub fn admin_count(&self, today: Date) -> usize {
        let posts = self.staff.iter().filter(|post| post.role == Role::Admin && post.is_held_on(today));
        let listed: BTreeSet<&str> = posts.map(|post| post.id.as_str()).collect();
        listed.len() + self.admin_logins.len()
    }

    /// Some teams, and those that were dissolved into one of them by then, over however many others.
    fn with_dissolved<'t>(&'t self, mut teams: BTreeSet<&'t String>, today: Date) -> BTreeSet<&'t String> {
        let gone: Vec<_> = self.dissolved_teams.iter().filter(|team| team.dissolved <= today).collect();
        // Each turn but the last adds a team, so it ends.
        loop {
            let inherited: Vec<_> =
                gone.iter().filter(|team| teams.contains(&team.successor)).map(|team| &team.name).collect();
            let before = teams.len();
            teams.extend(inherited);
            if teams.len() == before {
                return teams;
            }
        }
    }

    /// The notice that a call's parties were given on a day. What is heard in the call comes before what may
    /// have been read or signed some other day, the line's own before every line's, the newest before older
    /// ones. An IVR is heard on the line that it is on, by those who call in; one that is on every line is not
    /// heard by whoever calls a number of ours that is none, as a company mobile is (`has_own_number`: one of
    /// ours is known). What covers nothing alone is not given where neither line nor number is known.
    pub fn notice_on(
        &self,
        line: Option<&str>,
        has_own_number: bool,
        direction: Direction,
        day: Date,
    ) -> Option<&Notice> {
        let is_known = line.is_some() || has_own_number;
        let applies = |notice: &&Notice| {
            let is_the_lines = notice.line.as_deref().is_none_or(|name| line == Some(name));
            let is_heard = notice.placed != NoticeKind::Ivr
                || direction == Direction::Inbound && (line.is_some() || notice.line.is_none() && !has_own_number);
            notice.direction == direction
                && notice.from <= day
                && notice.until.is_none_or(|until| day <= until)
                && is_the_lines
                && is_heard
                && (is_known || notice.placed.covers_a_call())
        };
        self.notices
            .iter()
            .filter(applies)
            .max_by_key(|notice| (notice.placed.covers_a_call(), notice.line.is_some(), notice.from))
    }

    /// The post a member held on a day; of several the one that the list has first.
    pub fn post_by_id(&self, id: &str, day: Date) -> Option<&Post> {
        self.post_where(day, |post| post.id == id)
    }

    /// The post of whoever signs in so, on a day.
    pub fn post_by_login(&self, login: &str, day: Date) -> Option<&Post> {
        self.post_where(day, |post| post.login == login)
    }

    /// The post that had an extension on a day.
    pub fn post_by_extension(&self, extension: &str, day: Date) -> Option<&Post> {
        let extension = fold(extension);
        self.post_where(day, |post| post.extension.as_ref() == Some(&extension))
    }

    /// The post that had a company mobile on a day.
    pub fn post_by_number(&self, number: &PhoneNumber, day: Date) -> Option<&Post> {
        self.post_where(day, |post| post.numbers.contains(number))
    }

    /// The call log a key is of.
    pub fn log_of(&self, key: &ObjectKey) -> Option<&Log> {
        calllog::find(&self.logs, key)
    }

    /// Whether a source has a call log, its own or one that ships.
    pub fn has_log_of(&self, source: &str) -> bool {
        self.logs.iter().any(|log| log.source == source)
    }

    /// Whether the company itself says that a source has a call log.
    pub fn names_log_of(&self, source: &str) -> bool {
        self.logs.iter().any(|log| log.source == source && !log.is_built_in)
    }

    /// The names of the sources.
    pub fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.name.as_str())
    }

    /// The line of a queue or ring group, by its id or name.
    pub fn line_by_queue(&self, queue: &str) -> Option<&Line> {
        let queue = fold(queue);
        self.lines.iter().find(|line| line.queue.as_ref() == Some(&queue))
    }

    /// The line of one of our numbers.
    pub fn line_by_number(&self, number: &PhoneNumber) -> Option<&Line> {
        self.lines.iter().find(|line| line.number.as_ref() == Some(number))
    }

    /// The line of a name.
    pub fn line_by_name(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// STRICT: posts of two members at once are nobody's.
    fn post_where(&self, day: Date, fits: impl Fn(&Post) -> bool) -> Option<&Post> {
        let found = || self.staff.iter().filter(|post| post.is_held_on(day) && fits(post));
        only(found().map(|post| post.id.as_str()))?;
        found().next()
    }
}

/// The one value there is, however often; `None` where there are none or several.
fn only<'v>(mut values: impl Iterator<Item = &'v str>) -> Option<&'v str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Of several posts the strongest role counts.
fn strength(role: Role) -> u8 {
    match role {
        Role::Staff => 0,
        Role::Auditor => 1,
        Role::Manager => 2,
        Role::Admin => 3,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rulebook::sample::{POLICY, STAFF, now};
    use crate::rulebook::{DissolvedTeam, Document, Handover, check, publish};
    use jiff::civil::date;

    /// The sample with further rows; those the check would refuse are put behind its back.
    fn rulebook(rows: &str) -> Rulebook {
        let checked = check(POLICY, STAFF, now()).unwrap();
        let document = publish(None, &checked, "yamada", now()).unwrap().document;
        Document { staff: format!("{STAFF}{rows}"), ..document }.rulebook().unwrap()
    }

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_member_is_who_the_list_says_on_that_day() {
        let rulebook = rulebook("");
        let mori = rulebook.member("mori", date(2026, 11, 20)).unwrap();
        assert_eq!(
            mori,
            Member {
                id: "mori".to_owned(),
                name: "森 健".to_owned(),
                role: Role::Manager,
                teams: vec!["support".to_owned()],
                manages: vec!["general".to_owned(), "support".to_owned()],
                deputy_for: Vec::new(),
                predecessors: Vec::new(),
            }
        );
        for (login, day, known) in [
            ("tanaka", date(2026, 3, 31), false),
            ("tanaka", date(2026, 4, 1), true),
            ("tanaka", date(2026, 11, 4), true),
            ("tanaka", date(2026, 11, 5), false),
            ("takahashi", date(2026, 11, 4), false),
            ("takahashi", date(2099, 1, 1), true),
            ("Mori", date(2026, 11, 20), false),
            ("", date(2026, 11, 20), false),
            ("root", date(2026, 11, 20), false),
        ] {
            assert_eq!(rulebook.member(login, day).is_some(), known, "{login} on {day}");
        }
    }

    #[test]
    fn all_posts_held_today_count_and_the_strongest_role() {
        let rulebook = rulebook(
            "kato,加藤 恵,,,,support,manager,support,,2026-06-01,2026-06-30\n\
             kato,加藤 恵,,,,audit,auditor,,,2026-06-01,2026-06-30\n\
             sato,佐藤 花子,,,,general,auditor,,,2026-06-01,2026-06-30\n\
             mori,森 健,,,,management,admin,sales,,2026-06-01,2026-06-30\n",
        );
        let june = date(2026, 6, 30);
        let kato = rulebook.member("kato", june).unwrap();
        assert_eq!(kato.role, Role::Manager);
        assert_eq!(kato.teams, ["audit", "sales", "support"]);
        assert_eq!(kato.manages, ["sales", "support"]);
        assert_eq!(rulebook.member("kato", date(2026, 7, 1)).unwrap().manages, ["sales"]);
        assert_eq!(rulebook.member("sato", june).unwrap().role, Role::Auditor);
        let mori = rulebook.member("mori", june).unwrap();
        assert_eq!(mori.role, Role::Admin);
        assert_eq!(mori.manages, ["general", "support"], "an admin's post manages no team");
    }

    #[test]
    fn the_managers_of_a_successor_stand_in_from_the_day_a_team_is_no_more() {
        let mut rulebook = rulebook("");
        let dissolved = |name: &str, dissolved: Date, successor: &str| DissolvedTeam {
            name: name.to_owned(),
            dissolved,
            successor: successor.to_owned(),
        };
        rulebook.dissolved_teams = vec![
            dissolved("older", date(2026, 7, 1), "old"),
            dissolved("old", date(2026, 10, 1), "sales"),
            dissolved("kiosk", date(2026, 10, 1), "support"),
        ];
        let manages = |login: &str, day: Date| rulebook.member(login, day).unwrap().manages;
        assert_eq!(manages("kato", date(2026, 9, 30)), ["sales"], "what is between them still stands");
        assert_eq!(manages("kato", date(2026, 10, 1)), ["old", "older", "sales"]);
        assert_eq!(manages("mori", date(2026, 10, 1)), ["general", "kiosk", "support"]);
        assert!(manages("sato", date(2026, 10, 1)).is_empty(), "one who only belongs to the successor does not");
    }

    #[test]
    fn calls_are_handed_over_from_the_first_day_to_the_last() {
        let mut rulebook = rulebook("");
        let handover = |from: &str, since: Date, until: Option<Date>| Handover {
            from: from.to_owned(),
            to: "nakamura".to_owned(),
            since,
            until,
        };
        rulebook.handovers = vec![
            handover("tanaka", date(2026, 11, 5), None),
            handover("sato", date(2026, 11, 5), Some(date(2026, 11, 30))),
            handover("sato", date(2026, 11, 20), Some(date(2026, 12, 10))),
        ];
        let predecessors = |login: &str, day: Date| rulebook.member(login, day).unwrap().predecessors;
        assert!(predecessors("nakamura", date(2026, 11, 4)).is_empty());
        assert_eq!(predecessors("nakamura", date(2026, 11, 5)), ["sato", "tanaka"]);
        assert_eq!(predecessors("nakamura", date(2026, 12, 10)), ["sato", "tanaka"]);
        assert_eq!(predecessors("nakamura", date(2026, 12, 11)), ["tanaka"]);
        assert!(predecessors("takahashi", date(2026, 11, 5)).is_empty());
    }

    #[test]
    fn two_members_with_one_login_are_nobody_while_both_are_there() {
        let rulebook = rulebook("abe,阿部 学,yamada,,,sales,staff,,,2026-12-01,2026-12-31\n");
        assert_eq!(rulebook.member("yamada", date(2026, 11, 30)).unwrap().id, "yamada");
        assert_eq!(rulebook.member("yamada", date(2026, 12, 1)), None);
        assert_eq!(rulebook.member("yamada", date(2027, 1, 1)).unwrap().id, "yamada");
    }

    #[test]
    fn a_post_is_found_by_id_extension_and_company_mobile_on_the_day_of_the_call() {
        let rulebook = rulebook(
            "sato,佐藤 花子,,205,,general,staff,,,2026-04-01,\n\
             abe,阿部 学,,210,090-0000-0201,sales,staff,,,2026-12-01,\n",
        );
        let (before, after) = (date(2026, 11, 4), date(2026, 11, 5));
        let id = |post: Option<&Post>| post.map(|post| (post.id.clone(), post.team.clone()));
        let is = |id: &str, team: &str| Some((id.to_owned(), team.to_owned()));
        assert_eq!(id(rulebook.post_by_extension("203", before)), is("tanaka", "sales"));
        assert_eq!(id(rulebook.post_by_extension("203", after)), is("takahashi", "general"));
        assert_eq!(id(rulebook.post_by_extension("２０３", after)), is("takahashi", "general"));
        assert_eq!(id(rulebook.post_by_extension("203", date(2026, 3, 31))), None);
        assert_eq!(id(rulebook.post_by_extension("999", after)), None);
        // A second post has its own extension and team; by the id alone the first row's counts.
        assert_eq!(id(rulebook.post_by_extension("201", after)), is("sato", "sales"));
        assert_eq!(id(rulebook.post_by_extension("205", after)), is("sato", "general"));
        assert_eq!(id(rulebook.post_by_id("sato", after)), is("sato", "sales"));
        assert_eq!(id(rulebook.post_by_id("tanaka", after)), None);
        assert_eq!(id(rulebook.post_by_number(&number("+819000000201"), after)), is("sato", "sales"));
        assert_eq!(id(rulebook.post_by_number(&number("+819000000299"), after)), None);
        // What two members have at once is nobody's.
        let december = date(2026, 12, 1);
        assert_eq!(id(rulebook.post_by_extension("210", december)), None);
        assert_eq!(id(rulebook.post_by_number(&number("+819000000201"), december)), None);
    }

    #[test]
    fn a_line_is_found_by_its_queue_its_number_and_its_name() {
        let rulebook = rulebook("");
        let name = |line: Option<&Line>| line.map(|line| line.name.clone());
        assert_eq!(name(rulebook.line_by_queue("600")).as_deref(), Some("サポート窓口"));
        assert_eq!(name(rulebook.line_by_queue(" ６００ ")).as_deref(), Some("サポート窓口"));
        assert_eq!(name(rulebook.line_by_queue("601")), None);
        assert_eq!(name(rulebook.line_by_number(&number("+81312345678"))).as_deref(), Some("代表"));
        assert_eq!(name(rulebook.line_by_number(&number("+81312345679"))), None);
        assert_eq!(name(rulebook.line_by_name("代表")).as_deref(), Some("代表"));
        assert_eq!(name(rulebook.line_by_name("600")), None);
    }
}
