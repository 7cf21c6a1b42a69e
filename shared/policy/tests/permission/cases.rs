//! Cases: who may see, link and close one, against a table of titles.

use policy::case::{Case, CaseKind, CaseText, ListedCase, Memo, Sought};
use policy::id::CaseId;
use policy::permission::{CaseAction, Decision, NotAllowed, Policies, Refusal};
use policy::rulebook::Member;

use crate::world::{PEOPLE, TEAMS, WORLDS, now};

/// What each title lets one do: the second decider.
const TABLE: &str = "
    action          admin  manager  owning_manager  owner  writer  deputy
    view_case       x      x        x               x      x       x
    link_recording  x      x        x               -      -       -
    close_case      x      x        x               -      -       -
    share_part      x      x        x               -      -       -
    ask_release     x      x        x               -      -       -
    approve_release x      x        x               -      -       x
";

/// Who writes or owns it.
const NAMES: [&str; 5] = ["the one who asks", "sato", "kato", "ono", "nobody"];

/// A case, and who asks to do what with it.
struct Question {
    person: usize,
    action: CaseAction,
    kind: CaseKind,
    team: Option<&'static str>,
    writer: &'static str,
    owner: Option<&'static str>,
    has_ended: bool,
}

/// Every person × action × kind that differs × team × writer × owner × whether it has ended.
fn questions() -> impl Iterator<Item = Question> {
    let kinds = [CaseKind::Complaint, CaseKind::Disclosure, CaseKind::Investigation];
    let name = |person: usize, name: usize| if name == 0 { PEOPLE[person].id } else { NAMES[name] };
    (0..PEOPLE.len() * CaseAction::ALL.len() * 3 * TEAMS.len() * 4 * NAMES.len() * 2).map(move |number| {
        let mut rest = number;
        let mut next = |choices: usize| {
            let chosen = rest % choices;
            rest /= choices;
            chosen
        };
        let (person, action, kind) = (next(PEOPLE.len()), CaseAction::ALL[next(CaseAction::ALL.len())], kinds[next(3)]);
        let (team, writer, owner) = (TEAMS[next(TEAMS.len())], name(person, next(4)), next(NAMES.len()));
        let owner = (owner < 4).then(|| name(person, owner));
        Question { person, action, kind, team, writer, owner, has_ended: next(2) == 1 }
    })
}

impl Question {
    fn member(&self) -> &'static Member {
        &WORLDS[0].members[self.person]
    }

    fn case(&self) -> ListedCase {
        let sought = Sought { from: now(), to: now(), counterpart: None, last4: None, staff: None };
        let memo =
            Memo { kind: self.kind, sought, summary: CaseText::new("請求額"), team: None, candidates: [].into() };
        let mut case = Case::open(CaseId::of("1"), memo, self.member(), &WORLDS[0].rulebook, now()).view;
        case.team = self.team.map(str::to_owned);
        self.writer.clone_into(&mut case.writer);
        case.owner = self.owner.map(str::to_owned);
        case.ends_at = self.has_ended.then(now);
        case
    }

    fn decision(&self, policies: &Policies) -> Decision {
        policies.decide_on_case(self.member(), self.action, &self.case(), now())
    }

    /// As what a person comes to a case.
    fn titles(&self) -> Vec<&'static str> {
        let who = &PEOPLE[self.person];
        let is_investigation = self.kind == CaseKind::Investigation;
        let is_owner = self.owner == Some(who.id);
        let manages = who.role == "manager" && self.team.is_some_and(|team| who.stands_in_for.contains(&team));
        let titles = [
            ("admin", who.role == "admin"),
            ("manager", manages && !is_investigation),
            ("owning_manager", who.role == "manager" && is_owner),
            ("owner", is_owner),
            ("writer", self.writer == who.id && !is_investigation),
            ("deputy", self.team.is_some_and(|team| who.deputy_for.contains(&team)) && !is_investigation),
        ];
        if who.role == "auditor" || self.has_ended {
            return Vec::new();
        }
        titles.into_iter().filter_map(|(title, holds)| holds.then_some(title)).collect()
    }

    fn expected(&self) -> Decision {
        let cells: Vec<Vec<&str>> = TABLE.trim().lines().map(|line| line.split_whitespace().collect()).collect();
        let titles = self.titles();
        let lets = |action: CaseAction| {
            let line = cells.iter().find(|line| line[0] == action.as_str()).unwrap();
            titles.iter().any(|title| line[cells[0].iter().position(|name| name == title).unwrap()] == "x")
        };
        if lets(self.action) {
            Decision::Permit
        } else if lets(CaseAction::View) {
            Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::NotYourCase })
        } else {
            Decision::Refuse(Refusal::NotVisible)
        }
    }
}

/// Whether some case is decided otherwise, or some memo.
pub(crate) fn are_missed_by(policies: &Policies) -> bool {
    let built_in = Policies::built_in();
    questions().any(|question| question.decision(policies) != question.expected())
        || WORLDS[0].members.iter().any(|who| policies.decide_on_memo(who) != built_in.decide_on_memo(who))
}

#[test]
fn every_case_is_decided_as_the_table_has_it() {
    let mut outcomes = std::collections::BTreeMap::<String, u32>::new();
    for question in questions() {
        let (found, expected) = (question.decision(Policies::built_in()), question.expected());
        let who = PEOPLE[question.person].id;
        assert_eq!(found, expected, "{who} {:?} {:?}", question.action, question.case());
        *outcomes.entry(format!("{found:?}")).or_default() += 1;
    }
    assert!(outcomes.len() == 3 && outcomes.values().all(|count| *count > 100), "{outcomes:?}");
}

#[test]
fn an_investigation_is_seen_by_its_owner_and_admins_alone() {
    let seen = questions().filter(|question| {
        question.kind == CaseKind::Investigation && question.decision(Policies::built_in()) == Decision::Permit
    });
    for question in seen {
        let who = &PEOPLE[question.person];
        assert!(who.role == "admin" || question.owner == Some(who.id), "{}", who.id);
    }
}

#[test]
fn everybody_but_auditors_writes_memos() {
    for (person, member) in PEOPLE.iter().zip(&WORLDS[0].members) {
        let is_permitted = Policies::built_in().decide_on_memo(member) == Decision::Permit;
        assert_eq!(is_permitted, person.role != "auditor", "{}", person.id);
    }
}

#[test]
fn a_policy_that_permits_everything_does_not_show_a_case_that_has_ended() {
    let everything = Policies::read("permit (principal, action, resource);").unwrap();
    for question in questions() {
        let decision = question.decision(&everything);
        assert_eq!(decision == Decision::Permit, !question.has_ended);
    }
    let nothing = Policies::read("").unwrap();
    assert!(questions().all(|question| question.decision(&nothing) == Decision::Refuse(Refusal::NotVisible)));
}
