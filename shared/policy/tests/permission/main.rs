//! Permission proved: a second decider agrees on everything, each policy is needed, and none can override
//! what plain code refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's support ends the test when the test is wrong")]

mod cases;
mod oracle;
mod world;

use std::collections::BTreeSet;
use std::str::FromStr;

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use policy::facts::NoticeKind;
use policy::permission::{
    Action, Decision, NotAllowed, POLICIES, Policies, Refusal, RulebookAction, SCHEMA, TraceAction, decide_on_rulebook,
    decide_on_traces,
};
use policy::rulebook::{Role, Rulebook};
use proptest::prelude::*;

use oracle::{Outcome, outcome};
use world::{CHOICES, Case, Keep, PEOPLE, Purpose, State, WORLDS, now};

/// 100,000 random cases; a soak says more by `PROPTEST_CASES`.
const RANDOM_CASES: u32 = 100_000;

/// 200,000 random cases at most to find one that shows a policy missing.
const SEARCH_LIMIT: u32 = 200_000;

fn agree(case: &Case) {
    let (found, expected) = (case.outcome(Policies::built_in()), outcome(case));
    assert_eq!(found, expected, "{:?} of {case:#?}", case.decision(Policies::built_in()));
}

/// The small world: every role × team × owner × share × hold × state × use × action × request, young, older
/// and expired, under the strictest and the loosest rulebook.
fn small_world(worlds: impl IntoIterator<Item = usize>) -> impl Iterator<Item = Case> {
    let teams = [0, 1, 4, 5];
    // 3, 11 and 31 days ago.
    let ages = [1, 5, 9];
    worlds.into_iter().flat_map(move |world| {
        (0..PEOPLE.len()).flat_map(move |person| {
            (0..Action::ALL.len()).flat_map(move |action| {
                let has_use = matches!(Action::ALL[action], Action::Play | Action::Download);
                let requests = if Action::ALL[action] == Action::Approve { 3 } else { 1 };
                let conditions = if has_use { 4 } else { requests };
                (0..conditions * 4 * 4 * 2 * 2 * 5 * 3).map(move |number| {
                    let mut rest = number;
                    let mut next = |choices: usize| {
                        let chosen = rest % choices;
                        rest /= choices;
                        chosen
                    };
                    let condition = next(conditions);
                    let (use_, asked_by) = if has_use { (condition, 0) } else { (0, condition) };
                    let (team, owner, share, held) = (teams[next(4)], next(4), next(2) * 2, next(2));
                    let (state, age) = (next(5), ages[next(3)]);
                    Case::of([world, person, action, use_, team, owner, share, asked_by, held, state, 0, age, 0])
                })
            })
        })
    })
}

/// Cases that look thrown, always the same.
fn thrown() -> impl Iterator<Item = Case> {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        Case::of(CHOICES.map(|choices| {
            // Marsaglia's xorshift64.
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            usize::try_from((dice >> 8) % choices as u64).unwrap()
        }))
    })
}

#[test]
fn the_small_world_is_decided_as_the_tables_have_it() {
    let mut outcomes = BTreeSet::new();
    let mut decided = 0_u32;
    for case in small_world([0, WORLDS.len() - 1]) {
        agree(&case);
        outcomes.insert(format!("{:?}", outcome(&case)));
        decided += 1;
    }
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    assert!(decided > 100_000, "{decided}");
}

fn random_cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(RANDOM_CASES);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(random_cases())]

    #[test]
    fn whatever_is_asked_is_decided_as_the_tables_have_it(chosen in CHOICES.map(|choices| 0..choices)) {
        agree(&Case::of(chosen));
    }
}

#[test]
fn the_policies_are_what_the_schema_lets_them_say() {
    let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    assert_eq!(warnings.count(), 0);
    let result =
        Validator::new(schema.clone()).validate(&PolicySet::from_str(POLICIES).unwrap(), ValidationMode::Strict);
    let told: Vec<String> = result
        .validation_errors()
        .map(ToString::to_string)
        .chain(result.validation_warnings().map(ToString::to_string))
        .collect();
    assert_eq!(told, [""; 0]);
    // A word that the schema does not have is found by it.
    let wrong = PolicySet::from_str("permit (principal, action, resource) when { principal.is_boss };").unwrap();
    assert!(!Validator::new(schema).validate(&wrong, ValidationMode::Strict).validation_passed());
}

/// Every policy with its name.
fn policies() -> Vec<(String, String)> {
    let pieces: Vec<&str> = POLICIES.split("@id(\"").skip(1).collect();
    let named = pieces.iter().map(|piece| (piece.split('"').next().unwrap().to_owned(), format!("@id(\"{piece}")));
    named.collect()
}

#[test]
fn without_any_one_policy_some_case_is_decided_otherwise() {
    let all = policies();
    assert_eq!(all.len(), PolicySet::from_str(POLICIES).unwrap().num_of_policies());
    for (left_out, _) in &all {
        let text: String = all.iter().filter(|(name, _)| name != left_out).map(|(_, text)| text.as_str()).collect();
        let policies = Policies::read(&text).unwrap();
        let is_missed_by = |action: TraceAction, person: usize| {
            let member = &WORLDS[0].members[person];
            policies.decide_on_traces(member, action) != decide_on_traces(member, action)
        };
        if ["case", "memo"].iter().any(|word| left_out.contains(word)) {
            assert!(cases::are_missed_by(&policies), "no case misses {left_out}");
            continue;
        }
        let is_missed = (0..PEOPLE.len()).any(|person| is_missed_by(TraceAction::Audit, person))
            || thrown().take(SEARCH_LIMIT as usize).any(|case| case.outcome(&policies) != outcome(&case));
        assert!(is_missed, "nobody misses {left_out}");
    }
}

#[test]
fn a_policy_that_permits_everything_can_not_pass_expiry_state_holds_deletion_or_publication() {
    let everything = Policies::read("permit (principal, action, resource);").unwrap();
    let mut loosened = 0_u32;
    for case in small_world([WORLDS.len() - 1]) {
        let found = case.outcome(&everything);
        let is_over = case.keep == Keep::Days30 && case.days_ago > 30 && !case.held;
        let hears = matches!(case.action, Action::Play | Action::Download | Action::Share | Action::Release);
        let leaves = hears && case.action != Action::Play;
        let deletes = matches!(case.action, Action::Delete | Action::Approve);
        let has_no_sound = matches!(case.state, State::QuarantinedNoSound | State::Fragment);
        let is_admins_alone = !matches!(case.state, State::Active | State::Deleted);
        let is_closed = match case.state {
            State::Deleted => !matches!(case.action, Action::View | Action::Custody),
            _ => is_over || (deletes && case.held),
        };
        if is_closed
            || (hears && has_no_sound)
            || (leaves && is_admins_alone)
            || (is_admins_alone && matches!(case.who.role, "manager" | "staff"))
            || (case.action == Action::Approve && case.asked_by.is_none_or(|by| by == case.who.id))
            || (hears && !leaves && matches!(case.use_, Purpose::None | Purpose::Nonsense))
        {
            assert_ne!(found, Outcome::Permitted, "{case:#?}");
        } else if found == Outcome::Permitted && outcome(&case) != Outcome::Permitted {
            loosened += 1;
        }
    }
    assert!(loosened > 10_000, "{loosened}: it must loosen something to mean anything");
    // Who publishes asks no policy at all.
    for member in WORLDS[0].members.iter().filter(|member| member.id != "yamada") {
        for action in [RulebookAction::Read, RulebookAction::Publish] {
            let found = decide_on_rulebook(Some(member), action, &member.id, "yamada");
            assert_eq!(found == Decision::Permit, action == RulebookAction::Read && member.role == Role::Auditor);
        }
    }
}

#[test]
fn no_policies_or_one_that_fails_permit_nothing() {
    let failing =
        format!("{POLICIES}\n@id(\"failing\") forbid (principal, action, resource) when {{ resource.nothing }};");
    for policies in [Policies::read("").unwrap(), Policies::read(&failing).unwrap()] {
        assert!(thrown().take(2_000).all(|case| case.outcome(&policies) != Outcome::Permitted));
        let auditor = &WORLDS[0].members[7];
        assert_ne!(policies.decide_on_traces(auditor, TraceAction::Audit), Decision::Permit);
    }
    for text in [
        "permit",
        "permit (principal, action);",
        "@id(\"a\") permit (principal, action, resource); @id(\"a\") forbid (principal, action, resource);",
    ] {
        assert!(Policies::read(text).is_err(), "{text}");
    }
}

#[test]
fn the_audit_and_the_reports_are_admins_and_auditors() {
    for (person, member) in PEOPLE.iter().zip(&WORLDS[0].members) {
        for action in [TraceAction::Audit, TraceAction::Reports] {
            let expected = matches!(person.role, "admin" | "auditor");
            assert_eq!(decide_on_traces(member, action) == Decision::Permit, expected, "{} {action:?}", person.id);
        }
    }
}

#[test]
fn a_name_is_a_value_whatever_is_written_in_it() {
    // A manager of nothing asks for a team, or was on a call, whose name would be the end of a policy.
    let mut member = WORLDS[0].members[1].clone();
    let mut listed = Case::of([0; 13]).listed();
    for name in [
        "sales\") || true //",
        "Team::\"sales\"",
        "\u{0}",
        "*",
        "",
        "sales\\\"",
        "seat\" permit (principal, action, resource);",
    ] {
        member.manages = vec![name.to_owned()];
        listed.team = Some("sales".to_owned());
        listed.staff = Some(name.to_owned());
        let ask = |member: &policy::rulebook::Member, listed: &policy::recording::Listed| {
            Policies::built_in().decide(member, Action::View, listed, None, &WORLDS[0].rulebook, now())
        };
        assert_eq!(ask(&member, &listed), Decision::Refuse(Refusal::NotVisible), "{name:?}");
        listed.team = Some(name.to_owned());
        assert_eq!(ask(&member, &listed), Decision::Permit, "{name:?}");
    }
}

/// A manager plays a recording of the team, somebody else's call of three days ago, for evidence, under the
/// strict default; but for a few choices.
fn case(otherwise: &[(usize, usize)]) -> Case {
    let mut chosen = [0; 13];
    (chosen[PERSON], chosen[ACTION], chosen[USE], chosen[OWNER], chosen[AGE]) = (KATO, PLAY, 1, 2, 1);
    for (part, choice) in otherwise {
        chosen[*part] = *choice;
    }
    Case::of(chosen)
}

const WORLD: usize = 0;
const PERSON: usize = 1;
const ACTION: usize = 2;
const USE: usize = 3;
const TEAM: usize = 4;
const OWNER: usize = 5;
const SHARE: usize = 6;
const ASKED: usize = 7;
const HELD: usize = 8;
const STATE: usize = 9;
const KEEP: usize = 10;
const AGE: usize = 11;
const NOTICE: usize = 12;

const YAMADA: usize = 0;
const KATO: usize = 1;
const MORI: usize = 2;
const SATO: usize = 3;
const SUZUKI: usize = 4;
const ABE: usize = 5;
const ONO: usize = 7;
const NOGUCHI: usize = 8;

const VIEW: usize = 0;
const PLAY: usize = 1;
const DOWNLOAD: usize = 2;
const CUSTODY: usize = 3;
const READ_NOTES: usize = 4;
const NOTE: usize = 5;
const DELETE: usize = 6;
const APPROVE: usize = 7;
const SHARING: usize = 11;
const RELEASE: usize = 12;
const CORRECT: usize = 13;

/// Parts of a case, and which of its choices each has.
type Choices = Vec<(usize, usize)>;

/// The number of the first rulebook that is switched so.
fn switched(is_so: impl Fn(&world::Rules) -> bool) -> usize {
    WORLDS.iter().position(|world| is_so(&world.rules)).unwrap()
}

#[test]
fn each_refusal_has_a_twin_that_is_permitted() {
    use NotAllowed as N;
    let no = |reason: NotAllowed| Refusal::NotAllowed { reason };
    let downloads = switched(|rules| rules.manager_download);
    let own_calls = switched(|rules| rules.own_calls);
    let never = switched(|rules| rules.staff_days == 0);
    let aged = switched(|rules| rules.age_limit.is_some());
    let quality = switched(|rules| rules.quality.as_ref().is_some_and(|quality| quality.roles == ["manager"]));
    let of_support = switched(|rules| rules.quality.as_ref().is_some_and(|quality| quality.teams == ["support"]));
    let on_own = [(PERSON, SATO), (OWNER, 0)];
    let with = |more: &[(usize, usize)]| [&on_own[..], more].concat();
    let approving = [(PERSON, ONO), (ACTION, APPROVE), (ASKED, 2), (USE, 0)];
    let approved = |more: &[(usize, usize)]| [&approving[..], more].concat();
    let rows: Vec<(Refusal, Choices, Choices)> = vec![
        // Whose recordings.
        (Refusal::NotVisible, vec![(TEAM, 4)], vec![]),
        (Refusal::NotVisible, vec![(TEAM, 5)], vec![(TEAM, 5), (PERSON, YAMADA)]),
        (Refusal::NotVisible, vec![(TEAM, 3)], vec![(TEAM, 2)]),
        (Refusal::NotVisible, vec![(PERSON, ABE), (OWNER, 1)], vec![(PERSON, SUZUKI), (OWNER, 1)]),
        (Refusal::NotVisible, vec![(PERSON, MORI), (OWNER, 2)], vec![(PERSON, MORI), (OWNER, 1)]),
        (Refusal::NotVisible, vec![(PERSON, ABE), (SHARE, 1)], vec![(PERSON, ABE), (SHARE, 2)]),
        (Refusal::NotVisible, vec![(PERSON, NOGUCHI), (OWNER, 1)], vec![(PERSON, SUZUKI), (OWNER, 1)]),
        (Refusal::NotVisible, vec![(PERSON, ONO), (ACTION, VIEW)], vec![(PERSON, ONO), (ACTION, VIEW), (STATE, 4)]),
        (Refusal::NotVisible, vec![(PERSON, ONO)], vec![(PERSON, ONO), (ACTION, CUSTODY)]),
        (Refusal::NotVisible, vec![(STATE, 1)], vec![(STATE, 1), (PERSON, YAMADA)]),
        (Refusal::NotVisible, vec![(STATE, 1), (ACTION, CUSTODY)], vec![(STATE, 1), (ACTION, CUSTODY), (PERSON, ONO)]),
        // Staff and their own calls.
        (Refusal::NotVisible, with(&[(ACTION, VIEW), (AGE, 3)]), with(&[(ACTION, VIEW), (AGE, 2)])),
        (Refusal::NotVisible, with(&[(ACTION, VIEW), (AGE, 0), (WORLD, never)]), with(&[(ACTION, VIEW), (AGE, 0)])),
        (Refusal::NotVisible, vec![(PERSON, SATO), (OWNER, 2), (ACTION, NOTE)], with(&[(ACTION, NOTE)])),
        (no(N::StaffDoNotHear), with(&[]), with(&[(WORLD, own_calls)])),
        (no(N::NotForTheRole), with(&[(ACTION, DOWNLOAD), (WORLD, own_calls)]), with(&[(WORLD, own_calls)])),
        (
            no(N::NotForTheRole),
            vec![(PERSON, SUZUKI), (OWNER, 1), (ACTION, NOTE)],
            vec![(PERSON, SUZUKI), (OWNER, 1), (ACTION, READ_NOTES)],
        ),
        // Managers.
        (no(N::ManagersDoNotDownload), vec![(ACTION, DOWNLOAD)], vec![(ACTION, DOWNLOAD), (WORLD, downloads)]),
        (no(N::NotForTheRole), vec![(ACTION, CORRECT)], vec![(ACTION, CORRECT), (PERSON, YAMADA)]),
        (no(N::NotForTheRole), vec![(ACTION, APPROVE), (ASKED, 2)], approved(&[])),
        (no(N::PastAgeLimit), vec![(WORLD, aged), (AGE, 7)], vec![(WORLD, aged), (AGE, 6)]),
        (
            no(N::PastAgeLimit),
            vec![(WORLD, aged), (AGE, 7), (ACTION, RELEASE)],
            vec![(WORLD, aged), (AGE, 7), (PERSON, YAMADA)],
        ),
        // What the recording is.
        (Refusal::Expired, vec![(AGE, 9)], vec![(AGE, 8)]),
        (Refusal::Expired, vec![(AGE, 9), (PERSON, YAMADA)], vec![(AGE, 9), (PERSON, YAMADA), (HELD, 1)]),
        (Refusal::Expired, vec![(STATE, 4)], vec![(STATE, 4), (ACTION, VIEW)]),
        (no(N::NoRule), vec![(KEEP, 1)], vec![(KEEP, 1), (HELD, 1)]),
        (no(N::NoRule), vec![(KEEP, 1), (ACTION, SHARING)], vec![(KEEP, 1), (ACTION, VIEW)]),
        (no(N::NoAudio), vec![(STATE, 2), (PERSON, YAMADA)], vec![(STATE, 1), (PERSON, YAMADA)]),
        (
            no(N::InQuarantine),
            vec![(STATE, 1), (PERSON, YAMADA), (ACTION, DOWNLOAD)],
            vec![(PERSON, YAMADA), (ACTION, DOWNLOAD)],
        ),
        (no(N::Held), vec![(HELD, 1), (ACTION, DELETE)], vec![(ACTION, DELETE)]),
        // Two people.
        (no(N::Held), approved(&[(HELD, 1)]), approved(&[])),
        (Refusal::Expired, approved(&[(AGE, 9)]), approved(&[(AGE, 8)])),
        (no(N::NothingToApprove), approved(&[(ASKED, 0)]), approved(&[])),
        (no(N::OwnRequest), approved(&[(PERSON, YAMADA), (ASKED, 1)]), approved(&[(PERSON, YAMADA)])),
        (no(N::OnTheCall), approved(&[(PERSON, YAMADA), (OWNER, 0)]), approved(&[(PERSON, YAMADA), (OWNER, 1)])),
        // What for.
        (Refusal::NotAPurpose, vec![(USE, 0)], vec![]),
        (Refusal::NotAPurpose, vec![(USE, 3)], vec![]),
        (Refusal::NotAPurpose, vec![(USE, 2)], vec![(USE, 2), (WORLD, quality)]),
        (no(N::NoticeWithoutQuality), vec![(USE, 2), (WORLD, quality), (NOTICE, 1)], vec![(USE, 2), (WORLD, quality)]),
        (no(N::QualityOver), vec![(USE, 2), (WORLD, quality), (AGE, 5)], vec![(USE, 2), (WORLD, quality), (AGE, 4)]),
        (
            no(N::NotInQualityAudience),
            vec![(USE, 2), (WORLD, of_support)],
            vec![(USE, 2), (WORLD, of_support), (PERSON, MORI), (TEAM, 4)],
        ),
        (
            no(N::NotInQualityAudience),
            vec![(USE, 2), (WORLD, quality), (PERSON, YAMADA)],
            vec![(USE, 2), (WORLD, of_support), (PERSON, YAMADA)],
        ),
    ];
    for (refusal, refused, permitted) in rows {
        assert_eq!(case(&refused).decision(Policies::built_in()), Decision::Refuse(refusal), "{:#?}", case(&refused));
        assert_eq!(
            case(&permitted).decision(Policies::built_in()),
            Decision::Permit,
            "{refusal:?}: {:#?}",
            case(&permitted)
        );
    }
}

#[test]
fn quality_is_covered_by_the_notice_the_caller_had_and_no_other() {
    let quality = switched(|rules| rules.quality.as_ref().is_some_and(|quality| quality.roles == ["manager"]));
    let covered = case(&[(USE, 2), (WORLD, quality)]);
    let ask = |change: &dyn Fn(&mut policy::recording::Listed, &mut Rulebook)| {
        let (mut listed, mut rulebook) = (covered.listed(), covered.rulebook().clone());
        change(&mut listed, &mut rulebook);
        Policies::built_in().decide(covered.member(), Action::Play, &listed, Some("quality"), &rulebook, now())
    };
    let refused = Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::NoticeWithoutQuality });
    assert_eq!(ask(&|_, _| {}), Decision::Permit);
    assert_eq!(ask(&|listed, _| listed.notice = NoticeKind::None), refused, "the recording knows of no notice");
    assert_eq!(ask(&|listed, _| listed.notice = NoticeKind::Operator), refused, "the words were others");
    assert_eq!(ask(&|listed, _| listed.direction = policy::facts::Direction::Outbound), refused);
    assert_eq!(ask(&|listed, _| listed.line = None), refused, "nobody knows which line");
    assert_eq!(
        ask(&|_, rulebook| rulebook.notices[0].from = jiff::civil::date(2026, 11, 18)),
        refused,
        "it came later"
    );
    assert_eq!(ask(&|_, rulebook| rulebook.notices[0].until = Some(jiff::civil::date(2026, 11, 16))), refused);
    assert_eq!(ask(&|_, rulebook| rulebook.notices[0].line = None), Decision::Permit, "every line's");
}
