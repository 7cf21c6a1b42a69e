#![allow(clippy::unwrap_used)]

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::case::release::{NewRelease, Release, ReleaseBasis, ReleaseChange};
use crate::case::share::{Grant, Step};
use crate::case::{CaseKind, CaseState, CaseText, ListedCase, Sought};
use crate::id::{CaseId, DeletionId, RecordingId, ReleaseId, ShareId};
use crate::language::Language;
use crate::permission::{CaseAction, Decision, decide_on_case};
use crate::rulebook::{Document, PointerEntry, Rulebook, sample};

const TODAY: Date = date(2026, 11, 20);

fn now() -> Timestamp {
    sample::now()
}

fn with_rows(rows: &str) -> Rulebook {
    let document = sample::document();
    Document { staff: format!("{}{rows}", document.staff), ..document }.rulebook().unwrap()
}

fn deciders() -> Deciders {
    Deciders::of(&sample::rulebook(), TODAY)
}

fn case(kind: CaseKind, writer: &str, team: Option<&str>, owner: Option<&str>) -> ListedCase {
    let at = now();
    ListedCase {
        id: CaseId::of("1"),
        kind,
        state: CaseState::New,
        written_at: at,
        writer: writer.to_owned(),
        team: team.map(str::to_owned),
        owner: owner.map(str::to_owned),
        sought: Sought { from: at, to: at, counterpart: None, last4: None, staff: None },
        excerpt: CaseText::new("高橋様から。090-1234-5678"),
        due_on: kind.due_on(TODAY),
        ends_at: None,
    }
}

fn release(by: &str) -> Release {
    let new = NewRelease {
        recipient: CaseText::new("警視庁"),
        basis: ReleaseBasis::InvestigationInquiry,
        reference: None,
        basis_date: None,
        reason: CaseText::new("照会"),
        parts: Vec::new(),
        register_days: 1_095,
    };
    Release::request(ReleaseId::of("1"), CaseId::of("1"), new, Step { by: by.to_owned(), at: now() })
}

fn recipients(found: &Notification) -> Vec<&str> {
    found.recipients.iter().map(String::as_str).collect()
}

#[test]
fn a_memo_goes_to_those_who_work_on_it_and_not_to_its_writer() {
    use CaseKind::{Complaint, Investigation};
    for (kind, writer, team, owner, expected) in [
        (Complaint, "sato", Some("sales"), None, vec!["kato"]),
        (Complaint, "sato", Some("support"), None, vec!["mori"]),
        // Nobody manages it, or no team is known.
        (Complaint, "sato", Some("management"), None, vec!["hayashi", "yamada"]),
        (Complaint, "sato", None, None, vec!["hayashi", "yamada"]),
        // The team's only manager wrote it.
        (Complaint, "kato", Some("sales"), None, vec![]),
        (Complaint, "yamada", Some("sales"), None, vec!["kato"]),
        // Its owner and the admins alone know of it, whatever its team is.
        (Investigation, "mori", Some("sales"), Some("mori"), vec!["hayashi", "yamada"]),
        (Investigation, "yamada", Some("sales"), Some("yamada"), vec!["hayashi"]),
    ] {
        let found = of_memo(&case(kind, writer, team, owner), &deciders()).unwrap();
        assert_eq!(recipients(&found), expected, "{kind:?} of {writer} for {team:?}");
        assert_eq!(found.is_for_tools, kind != Investigation);
    }
    let in_progress = ListedCase { state: CaseState::InProgress, ..case(Complaint, "sato", Some("sales"), None) };
    assert_eq!(of_memo(&in_progress, &deciders()), None);
}

#[test]
fn a_release_goes_to_everyone_who_may_decide_on_it_but_not_to_who_requested_it() {
    let sales = case(CaseKind::Complaint, "sato", Some("sales"), Some("mori"));
    for (by, expected) in [("kato", vec!["hayashi", "mori", "yamada"]), ("yamada", vec!["hayashi", "kato", "mori"])] {
        let found = of_release(&sales, &release(by), &deciders()).unwrap();
        assert_eq!(recipients(&found), expected, "{by}");
        assert_eq!(found.place, format!("cases/{}", sales.id));
    }
    let decided = release("kato").change(&ReleaseChange::Approve, Step { by: "yamada".to_owned(), at: now() }).unwrap();
    assert_eq!(of_release(&sales, &decided, &deciders()), None);
    let closed = ListedCase { state: CaseState::Closed, ..sales };
    assert_eq!(of_release(&closed, &release("kato"), &deciders()), None);
}

#[test]
fn whatever_the_case_is_nobody_is_written_to_who_may_not_act_on_it() {
    let rulebook = sample::rulebook();
    let members: Vec<_> = rulebook.staff.iter().filter_map(|post| rulebook.member(&post.login, TODAY)).collect();
    let ids = ["yamada", "hayashi", "ono", "kato", "mori", "sato", "takahashi", "tanaka"];
    let mut compared = 0;
    for kind in CaseKind::ALL {
        for team in [None, Some("sales"), Some("support"), Some("management"), Some("nowhere")] {
            for writer in ids {
                for owner in [None].into_iter().chain(ids.map(Some)) {
                    let case = case(kind, writer, team, owner);
                    let may = |id: &str, action| {
                        let member = members.iter().find(|member| member.id == id);
                        member.is_some_and(|member| decide_on_case(member, action, &case, now()) == Decision::Permit)
                    };
                    let of_case = of_memo(&case, &deciders()).into_iter();
                    let due = of_due_answer(&case, &deciders(), date(2026, 12, 4));
                    let of_case = of_case.chain([of_ending_hold(&case, &deciders())]).chain(due);
                    for id in of_case.flat_map(|found| found.recipients) {
                        assert!(may(&id, CaseAction::Link), "{id}: {case:?}");
                    }
                    // And of a release nobody is left out who may.
                    let found = of_release(&case, &release("kato"), &deciders()).unwrap();
                    for id in ids {
                        let is_wanted = id != "kato" && may(id, CaseAction::Approve);
                        assert_eq!(found.recipients.contains(id), is_wanted, "{id}: {case:?}");
                    }
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 7 * 5 * 8 * 9);
}

#[test]
fn a_due_day_and_an_ending_hold_go_to_the_owner_else_to_the_managers_else_to_the_admins() {
    use CaseKind::Disclosure;
    let of = |team, owner| case(Disclosure, "sato", team, owner);
    for (case, expected) in [
        (of(Some("sales"), Some("mori")), vec!["mori"]),
        (of(Some("sales"), Some("yamada")), vec!["yamada"]),
        (of(Some("sales"), None), vec!["kato"]),
        // The owner left, or is no manager any more.
        (of(Some("sales"), Some("tanaka")), vec!["kato"]),
        (of(None, Some("ono")), vec!["hayashi", "yamada"]),
    ] {
        // Written on 20 November, due on 4 December.
        assert_eq!(of_due_answer(&case, &deciders(), date(2026, 11, 30)), None);
        for today in [date(2026, 12, 1), date(2026, 12, 4), date(2026, 12, 24)] {
            let found = of_due_answer(&case, &deciders(), today).unwrap();
            assert_eq!(recipients(&found), expected, "{today}");
            assert_eq!(found.key(), format!("answer_due#{}.2026-12-04", case.id));
        }
        assert_eq!(recipients(&of_ending_hold(&case, &deciders())), expected);
        let closed = ListedCase { state: CaseState::Closed, ..case };
        assert_eq!(of_due_answer(&closed, &deciders(), date(2026, 12, 4)), None);
    }
    let case = of(None, None);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let second = SignedDuration::from_secs(1);
    for (age, is_ending) in [(days(11) - second, false), (days(11), true), (days(14) - second, true), (days(14), false)]
    {
        assert_eq!(is_hold_ending(&case, now() + age), is_ending, "{age:?}");
    }
}

#[test]
fn a_second_person_is_never_the_first() {
    let (rulebook, deciders) = (sample::rulebook(), deciders());
    let deletion = |by: &str, on: &[String]| of_deletion(&DeletionId::of_text("1"), by, on, (&rulebook, &deciders));
    assert_eq!(recipients(&deletion("kato", &[])), ["hayashi", "ono", "yamada"]);
    assert_eq!(recipients(&deletion("yamada", &["ono".to_owned()])), ["hayashi"]);
    let recording = RecordingId::of("bucket", "key", "version");
    let correction = of_correction(&recording, "yamada", now(), &deciders);
    assert_eq!(recipients(&correction), ["hayashi"]);
    assert_ne!(
        correction.key(),
        of_correction(&recording, "yamada", now() + SignedDuration::from_secs(1), &deciders).key()
    );
    let entry = PointerEntry {
        version: 2,
        sha256: "0".repeat(64),
        effective_at: now(),
        awaits_other_than: Some("yamada".to_owned()),
    };
    assert_eq!(recipients(&of_pending_rulebook(&entry, &deciders).unwrap()), ["hayashi"]);
    assert_eq!(of_pending_rulebook(&PointerEntry { awaits_other_than: None, ..entry }, &deciders), None);
    assert_eq!(recipients(&of_breaker(Some("yamada"), &rulebook, &deciders)), ["hayashi"]);
    assert_eq!(recipients(&of_breaker(None, &rulebook, &deciders)), ["hayashi", "yamada"]);
}

#[test]
fn a_share_is_written_to_its_member_while_they_have_it_and_are_there() {
    let grant = Grant {
        share: ShareId::of("1"),
        case: CaseId::of("1"),
        recording: RecordingId::of("bucket", "key", "version"),
        shared: Step { by: "kato".to_owned(), at: now() },
        until: date(2026, 11, 30),
        ends_at: now() + SignedDuration::from_hours(24 * 10),
        is_withdrawn: false,
    };
    let rulebook = sample::rulebook();
    assert_eq!(recipients(&of_share(&grant, "sato", &rulebook, now()).unwrap()), ["sato"]);
    // Who shared it, one who left, one who begins tomorrow, and nobody.
    for nobody in ["kato", "tanaka", "stranger"] {
        assert_eq!(of_share(&grant, nobody, &rulebook, now()), None, "{nobody}");
    }
    assert_eq!(of_share(&grant, "sato", &rulebook, grant.ends_at), None);
    let withdrawn = Grant { is_withdrawn: true, ..grant };
    assert_eq!(of_share(&withdrawn, "sato", &rulebook, now()), None);
}

#[test]
fn a_mail_goes_to_the_address_of_the_list_or_to_a_login_that_is_one() {
    let document = sample::document();
    let staff = "id,name,login,mail,team,role,manages,from,until\n\
        a,甲,,a@example.jp,sales,admin,,2026-04-01,\n\
        b,乙,b@example.jp,,sales,staff,,2026-04-01,\n\
        c,丙,c@example.jp,ｃ.c@example.jp,sales,staff,,2026-04-01,\n\
        d,丁,,,sales,staff,,2026-04-01,\n\
        e,戊,,e@example.jp,sales,staff,,2026-04-01,2026-11-19\n";
    let rulebook = Document { staff: staff.to_owned(), ..document }.rulebook().unwrap();
    for (id, address) in [
        ("a", Some("a@example.jp")),
        ("b", Some("b@example.jp")),
        ("c", Some("c.c@example.jp")),
        ("d", None),
        ("e", None),
    ] {
        assert_eq!(rulebook.mail_of(id, TODAY), address, "{id}");
    }
    assert_eq!(rulebook.mail_of("e", date(2026, 11, 19)), Some("e@example.jp"));
}

#[test]
fn who_left_or_shares_a_login_decides_nothing() {
    let rulebook = with_rows("abe,阿部 学,yamada,,,management,admin,,,2026-12-01,2026-12-31\n");
    let ids = |day| Deciders::of(&rulebook, day).admins().map(|one| one.member.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(TODAY), ["hayashi", "yamada"]);
    assert_eq!(ids(date(2026, 12, 1)), ["hayashi"]);
    let default = Rulebook::strict_default("owner@example.jp");
    let admins = Deciders::of(&default, TODAY);
    assert_eq!(admins.admins().map(|one| one.member.id.as_str()).collect::<Vec<_>>(), ["owner@example.jp"]);
    assert_eq!(default.mail_of("owner@example.jp", TODAY), Some("owner@example.jp"));
}

#[test]
fn a_mail_and_an_event_say_no_more_than_that_something_waits_and_where() {
    let case = case(CaseKind::Complaint, "sato", Some("sales"), None);
    let memo = of_memo(&case, &deciders()).unwrap();
    let share = of_breaker(None, &sample::rulebook(), &deciders());
    let console = "https://rokuban.example.jp/";
    let mail = Mail::new(&[&memo, &share], console, Language::Japanese);
    assert!(
        mail.text
            .contains(&format!("対応待ちの受付メモがあります。\nhttps://rokuban.example.jp/#/cases/{}\n", case.id))
    );
    assert!(mail.text.contains("https://rokuban.example.jp/#/deletions/days\n"));
    let english = Mail::new(&[&memo], console, Language::English);
    assert!(english.text.is_ascii() && english.subject.is_ascii());
    let detail = memo.event_detail(console);
    let link = format!("https://rokuban.example.jp/#/cases/{}", case.id);
    let id = format!("memo_waiting#{}", case.id);
    assert_eq!(detail, json!({"id": id, "kind": "memo_waiting", "case_id": case.id, "link": link}));
    for text in [mail.text, english.text, detail.to_string()] {
        for private in ["高橋", "5678", "sato", "kato", "佐藤"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    }
    for kind in NotificationKind::ALL {
        assert!(kind.sentence(Language::English).is_ascii());
        assert!(kind.sentence(Language::Japanese).ends_with('。'));
    }
}

#[test]
fn before_closed_days_each_manager_is_told_of_the_calls_of_their_own_teams() {
    let days = crate::rulebook::calendar::ClosedDays { from: date(2026, 12, 29), until: date(2027, 1, 3) };
    let closure = Closure(days);
    assert_eq!(closure.days_of_calls(30), Some((date(2026, 11, 29), date(2026, 12, 4))));
    assert_eq!(closure.days_of_calls(u32::MAX), None);
    let mut tally = ClosureTally::default();
    for (team, day) in [("sales", 29), ("support", 30), ("general", 29), ("support", 30)] {
        tally.count(Some(team), date(2026, 11, day));
    }
    tally.count(None, date(2026, 11, 29));
    let found = of_closure(closure, &tally, &deciders());
    let counted =
        |found: &Notification| (recipients(found)[0].to_owned(), found.calls.unwrap().calls, found.place.clone());
    assert_eq!(
        found.iter().map(counted).collect::<Vec<_>>(),
        [
            ("kato".to_owned(), 1, "calls?period=custom&from=2026-11-29&to=2026-11-29".to_owned()),
            ("mori".to_owned(), 3, "calls?period=custom&from=2026-11-29&to=2026-11-30".to_owned()),
        ]
    );
    assert_eq!(sentence(&found[1], Language::English), "Calls of your teams end on the closed days ahead. (3 calls)");
    tally.is_whole = false;
    let found = of_closure(closure, &tally, &deciders());
    assert!(sentence(&found[1], Language::Japanese).ends_with("（3件以上）"));
    assert_eq!(of_closure(closure, &ClosureTally::default(), &deciders()), []);
}

#[test]
fn an_attempt_without_an_outcome_is_repeated_and_one_that_was_sent_is_not() {
    let begun_at = now();
    let minutes = SignedDuration::from_mins;
    assert!(SendAttempt::is_due(None, now()));
    for (state, age, is_due) in [
        (SendState::Sending, minutes(14), false),
        (SendState::Sending, minutes(15), true),
        (SendState::Rejected, minutes(24 * 60 - 1), false),
        (SendState::Rejected, minutes(24 * 60), true),
        (SendState::Sent, minutes(90 * 24 * 60), false),
    ] {
        assert_eq!(
            SendAttempt::is_due(Some(&SendAttempt { begun_at, state }), now() + age),
            is_due,
            "{state:?} {age:?}"
        );
    }
}
