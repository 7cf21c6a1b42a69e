//! Names that people type: members, teams, lines and extensions, found by id or name in any width or case.
//!
//! STRICT: a name that the member may not know is found no more than one that does not exist.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::report;
use crate::rulebook::{Member, Post, Rulebook};

/// 10 candidates: what a person looks through.
pub const CANDIDATES_LIMIT: usize = 10;

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A member of staff.
    Staff,
    /// A team 部署.
    Team,
    /// One of our lines 回線・窓口.
    Line,
    /// An extension 内線.
    Extension,
}

/// An id and the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name; of an extension its member's.
    pub name: String,
}

/// The names of a rulebook, as far as a member may know them.
#[derive(Clone, Copy, Debug)]
pub struct Names<'r> {
    member: &'r Member,
    rulebook: &'r Rulebook,
}

/// A text as names are compared: full and half width, upper and lower case, and blanks make no difference.
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|one| !one.is_whitespace()).collect()
}

impl<'r> Names<'r> {
    /// The names that a member may know.
    pub fn new(member: &'r Member, rulebook: &'r Rulebook) -> Self {
        Self { member, rulebook }
    }

    /// Whether the member may know every name.
    pub fn knows_all(self) -> bool {
        report::may_see(self.member, None)
    }

    /// The ids that a text means: an id itself, else all of that name.
    pub fn find(self, kind: NameKind, text: &str) -> Vec<String> {
        let wanted = fold(text);
        let known = match kind {
            // A call is on whatever line it came in by, so everybody may ask for each.
            NameKind::Line => self.lines(|_| true),
            NameKind::Team => self.teams(),
            // Anyone who answers on a line that owns its calls is seen by that line's team.
            NameKind::Staff => members(self.posts(|post| self.knows(post) || self.owns_a_line())),
            NameKind::Extension => extensions(self.posts(|post| self.knows(post) || self.owns_a_line())),
        };
        if let Some(exact) = known.iter().find(|named| named.id == text) {
            return vec![exact.id.clone()];
        }
        let is_meant = |named: &&Named| {
            let by_name = kind != NameKind::Extension && fold(&named.name) == wanted;
            by_name || fold(&named.id) == wanted
        };
        let mut ids: Vec<String> = known.iter().filter(is_meant).map(|named| named.id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What a text may have meant, the likeliest first.
    pub fn candidates(self, kind: NameKind, text: &str) -> Vec<Named> {
        let known = match kind {
            NameKind::Staff => members(self.posts(|post| self.knows(post))),
            NameKind::Extension => extensions(self.posts(|post| self.knows(post))),
            NameKind::Team => self.teams(),
            NameKind::Line => self.lines(|team| team.is_none_or(|team| self.knows_team(team))),
        };
        likeliest(known, text)
    }

    fn posts(self, is_known: impl Fn(&&'r Post) -> bool) -> impl Iterator<Item = &'r Post> {
        self.rulebook.staff.iter().filter(is_known)
    }

    /// Oneself, those whose calls were handed over, and all who were ever in a team that the member sees.
    fn knows(self, post: &Post) -> bool {
        post.id == self.member.id
            || self.member.predecessors.contains(&post.id)
            || report::may_see(self.member, Some(&post.team))
    }

    fn knows_team(self, team: &str) -> bool {
        report::may_see(self.member, Some(team)) || self.member.teams.iter().any(|own| own == team)
    }

    fn owns_a_line(self) -> bool {
        let owned = self.rulebook.lines.iter().filter(|line| line.owned_by_line).filter_map(|line| line.team.as_ref());
        owned.into_iter().any(|team| self.member.manages.contains(team))
    }

    fn teams(self) -> Vec<Named> {
        let rulebook = self.rulebook;
        let mut teams: Vec<&String> = Vec::new();
        if self.knows_all() {
            teams.extend(rulebook.staff.iter().flat_map(|post| post.manages.iter().chain([&post.team])));
            teams.extend(rulebook.lines.iter().filter_map(|line| line.team.as_ref()));
            teams.extend(rulebook.retention.iter().filter_map(|rule| rule.when.team.as_ref()));
            teams.extend(rulebook.dissolved_teams.iter().flat_map(|team| [&team.name, &team.successor]));
        } else {
            let is_own = |post: &&Post| post.id == self.member.id || self.member.predecessors.contains(&post.id);
            teams.extend(self.member.manages.iter().chain(&self.member.teams));
            teams.extend(rulebook.staff.iter().filter(is_own).map(|post| &post.team));
        }
        teams.sort_unstable();
        teams.dedup();
        teams.into_iter().map(|name| Named { id: name.clone(), name: name.clone() }).collect()
    }

    fn lines(self, is_known: impl Fn(Option<&str>) -> bool) -> Vec<Named> {
        let lines = self.rulebook.lines.iter().filter(|line| is_known(line.team.as_deref()));
        lines.map(|line| Named { id: line.name.clone(), name: line.name.clone() }).collect()
    }
}

fn members<'p>(posts: impl Iterator<Item = &'p Post>) -> Vec<Named> {
    let names: BTreeMap<&String, &String> = posts.map(|post| (&post.id, &post.name)).collect();
    names.into_iter().map(|(id, name)| Named { id: id.clone(), name: name.clone() }).collect()
}

fn extensions<'p>(posts: impl Iterator<Item = &'p Post>) -> Vec<Named> {
    let names: BTreeMap<&String, &String> =
        posts.filter_map(|post| Some((post.extension.as_ref()?, &post.name))).collect();
    names.into_iter().map(|(id, name)| Named { id: id.clone(), name: name.clone() }).collect()
}

/// Of some names those that a text may have meant, at most [`CANDIDATES_LIMIT`], the likeliest first.
pub fn likeliest(known: Vec<Named>, text: &str) -> Vec<Named> {
    let wanted = fold(text);
    let unlikeness = |name: &str| {
        let name = fold(name);
        let is_part = !wanted.is_empty() && (name.contains(&wanted) || wanted.contains(&name));
        (!is_part, distance(&name, &wanted))
    };
    let mut known: Vec<_> =
        known.into_iter().map(|named| (unlikeness(&named.id).min(unlikeness(&named.name)), named)).collect();
    known.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    known.into_iter().map(|(_, named)| named).take(CANDIDATES_LIMIT).collect()
}

/// How many characters are put in, left out or changed between two texts (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (position, character) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = position + 1;
        for (column, compared) in other.iter().enumerate() {
            let changed = diagonal + usize::from(character != *compared);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rulebook::sample::{POLICY, STAFF, now};
    use crate::rulebook::{check, publish};
    use jiff::civil::date;

    fn rulebook() -> Rulebook {
        publish(None, &check(POLICY, STAFF, now()).unwrap(), "yamada", now()).unwrap().document.rulebook().unwrap()
    }

    fn find(login: &str, kind: NameKind, text: &str) -> Vec<String> {
        let rulebook = rulebook();
        let member = rulebook.member(login, date(2026, 11, 13)).unwrap();
        Names::new(&member, &rulebook).find(kind, text)
    }

    fn candidates(login: &str, kind: NameKind, text: &str) -> Vec<String> {
        let rulebook = rulebook();
        let member = rulebook.member(login, date(2026, 11, 13)).unwrap();
        Names::new(&member, &rulebook).candidates(kind, text).into_iter().map(|named| named.id).collect()
    }

    #[test]
    fn a_member_is_found_by_id_and_by_name_in_any_width_and_case() {
        for text in ["sato", "SATO", "Ｓａｔｏ", "佐藤 花子", "佐藤花子", "佐藤　花子"] {
            assert_eq!(find("yamada", NameKind::Staff, text), ["sato"], "{text}");
        }
        for text in ["佐藤", "satou", "", "nobody"] {
            assert!(find("yamada", NameKind::Staff, text).is_empty(), "{text}");
        }
        assert_eq!(find("yamada", NameKind::Extension, "２０１"), ["201"]);
        assert!(find("yamada", NameKind::Extension, "佐藤 花子").is_empty());
        assert_eq!(find("yamada", NameKind::Team, "ＳＡＬＥＳ"), ["sales"]);
        assert_eq!(find("yamada", NameKind::Line, " 代表"), ["代表"]);
    }

    #[test]
    fn what_a_member_may_not_know_is_found_no_more_than_what_does_not_exist() {
        for (kind, known, hidden) in [
            (NameKind::Staff, "sato", "mori"),
            (NameKind::Team, "sales", "support"),
            (NameKind::Extension, "201", "220"),
        ] {
            assert_eq!(find("kato", kind, known), [known]);
            assert!(find("kato", kind, hidden).is_empty(), "{hidden}");
            assert!(!candidates("kato", kind, hidden).contains(&hidden.to_owned()), "{hidden}");
            assert_eq!(find("ono", kind, hidden), [hidden]);
        }
        assert_eq!(candidates("sato", NameKind::Staff, "abe"), ["sato"]);
    }

    #[test]
    fn the_likeliest_come_first() {
        assert_eq!(candidates("yamada", NameKind::Staff, "佐藤")[0], "sato");
        assert_eq!(candidates("yamada", NameKind::Staff, "satoh")[0], "sato");
        assert_eq!(candidates("yamada", NameKind::Team, "sale")[0], "sales");
        assert!(candidates("yamada", NameKind::Staff, "x").len() <= CANDIDATES_LIMIT);
        for (one, other, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("佐藤", "佐東", 1), ("a", "a", 0)]
        {
            assert_eq!(distance(one, other), expected);
        }
    }
}
