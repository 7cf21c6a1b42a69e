//! Who gets what: every kind of member, on every kind of recording, from every route that takes an id.
//! What to expect is looked up in tables written from the design, which ask no decider.

use std::collections::BTreeMap;

use policy::facts::QuarantineReason;
use policy::id::RecordingId;
use policy::recording::{Recording, State};
use serde_json::json;

use crate::api::{
    ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, STAFF, SUPPORT_MANAGER, evidence, made, one_hold,
};
use crate::strict::told;
use tests::company::{Company, sample_rulebook};

/// Everybody, and as what each comes to the recordings of a team or of a member: on 13 November.
pub(super) struct Person {
    pub(super) login: &'static str,
    pub(super) role: &'static str,
    /// The teams managed, and the one that is no more and came to them.
    pub(super) stands_in_for: &'static [&'static str],
    /// Whose calls were handed over.
    pub(super) follows: &'static [&'static str],
}

const fn person(login: &'static str, role: &'static str) -> Person {
    Person { login, role, stands_in_for: &[], follows: &[] }
}

pub(super) const PEOPLE: [Person; 8] = [
    person(ADMIN, "admin"),
    Person { stands_in_for: &["sales"], ..person(SALES_MANAGER, "manager") },
    Person { stands_in_for: &["support", "general", "kiosk"], ..person(SUPPORT_MANAGER, "manager") },
    Person { stands_in_for: &["accounting"], ..person("watanabe", "manager") },
    person(STAFF, "staff"),
    person("abe", "staff"),
    Person { follows: &[STAFF], ..person("suzuki", "staff") },
    person(AUDITOR, "auditor"),
];

/// Left on 4 November.
const ENDED: &str = "tanaka";

/// How the rulebook is switched: as the strict default has it, or as loose as it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    Strict,
    Loose,
}

/// What kind of thing an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sound,
    Quarantined,
    QuarantinedWithoutSound,
    /// A duplicate, a sidecar, or nothing at all.
    Hidden,
    Deleted,
}

/// One id, and what the tables need to know of it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) id: RecordingId,
    pub(super) kind: Kind,
    pub(super) team: Option<&'static str>,
    pub(super) owner: Option<&'static str>,
    pub(super) line: Option<&'static str>,
    pub(super) days_ago: u32,
    pub(super) held: bool,
}

impl Subject {
    /// NEVER LATE, but a hold suspends it: 30 days.
    fn is_over(&self) -> bool {
        self.days_ago > 30 && !self.held && self.kind != Kind::Deleted
    }
}

/// What each title lets one do on each route: `x` always, `-` never, `own_calls` and `download` where it is switched
/// on.
const TABLE: &str = "
    route       admin  manager   staff      successor  auditor
    view        x      x         x          x          -
    custody     x      x         -          -          x
    play        x      x         own_calls  x          -
    quality     x      x         own_calls  x          -
    download    x      download  -          -          -
    read_notes  x      x         x          x          -
    note        x      x         x          -          -
    read_holds  x      x         -          -          -
    hold        x      x         -          -          -
    lift_hold   x      -         -          -          -
    correct     x      -         -          -          -
    delete      x      x         -          -          -
";

fn table_lets(route: &str, title: &str, rules: Rules) -> bool {
    let lines: Vec<Vec<&str>> = TABLE.trim().lines().map(|line| line.split_whitespace().collect()).collect();
    let column = lines[0].iter().position(|name| *name == title).unwrap();
    match lines.iter().find(|line| line[0] == route).unwrap()[column] {
        "x" => true,
        "-" => false,
        "own_calls" | "download" => rules == Rules::Loose,
        other => panic!("{other} means nothing"),
    }
}

/// As what a person comes to it: columns of the table.
fn titles(person: &Person, subject: &Subject) -> Vec<&'static str> {
    let is_understood = matches!(subject.kind, Kind::Sound | Kind::Deleted);
    let mut titles = Vec::new();
    match person.role {
        "admin" => titles.push("admin"),
        "auditor" => titles.push("auditor"),
        "manager" if is_understood && subject.team.is_some_and(|team| person.stands_in_for.contains(&team)) => {
            titles.push("manager");
        }
        "staff" if subject.kind == Kind::Sound && subject.owner == Some(person.login) && subject.days_ago <= 7 => {
            titles.push("staff");
        }
        _ => {}
    }
    // A tombstone does not know who was on the call.
    if subject.kind == Kind::Sound && subject.owner.is_some_and(|owner| person.follows.contains(&owner)) {
        titles.push("successor");
    }
    titles
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expected {
    Permitted,
    Absent,
    Refused,
    NotAPurpose,
    NoAudio,
    Gone,
}

pub(super) fn expected(route: &str, person: &Person, subject: &Subject, rules: Rules) -> Expected {
    if subject.kind == Kind::Hidden || subject.is_over() {
        return Expected::Absent;
    }
    let titles = titles(person, subject);
    let lets = |route: &str| titles.iter().any(|title| table_lets(route, title, rules));
    if subject.kind == Kind::Deleted {
        // Auditors see the proofs of deletion.
        let sees = lets("view") || person.role == "auditor";
        return match route {
            "custody" if lets("custody") => Expected::Permitted,
            // Nothing is left to correct.
            "custody" | "correct" => Expected::Absent,
            _ if sees => Expected::Gone,
            _ => Expected::Absent,
        };
    }
    if !lets("view") && !lets(route) {
        return Expected::Absent;
    }
    let hears = matches!(route, "play" | "quality" | "download");
    if hears && subject.kind == Kind::QuarantinedWithoutSound {
        return Expected::NoAudio;
    }
    // NEVER EARLY: nothing is deleted under a hold.
    let is_stopped = route == "delete" && subject.held;
    if !lets(route) || is_stopped || (route == "download" && subject.kind == Kind::Quarantined) {
        return Expected::Refused;
    }
    if route == "quality" {
        // Managers, for 10 days, where the caller of that line was told.
        return match rules {
            Rules::Strict => Expected::NotAPurpose,
            Rules::Loose if person.role == "manager" && subject.line == Some("代表") && subject.days_ago <= 10 => {
                Expected::Permitted
            }
            Rules::Loose => Expected::Refused,
        };
    }
    Expected::Permitted
}

/// Every route that takes a recording's id, by its name in the table.
fn routes(id: &str) -> Vec<(&'static str, ApiRequest)> {
    let path = |suffix: &str| format!("/recordings/{id}{suffix}");
    let quality = json!({"use": "quality", "reason": "応対の確認"});
    let deletion = json!({"reason": "利用停止の請求"}).to_string();
    let correction = json!({"facts": {"counterpart": "03-1234-0000"}, "reason": "番号の誤り"});
    vec![
        ("view", ApiRequest::get(&path(""))),
        ("custody", ApiRequest::get(&path("/custody"))),
        ("play", ApiRequest::post(&path("/play"), &evidence())),
        ("quality", ApiRequest::post(&path("/play"), &quality)),
        ("download", ApiRequest::post(&path("/download"), &evidence())),
        ("read_notes", ApiRequest::get(&path("/notes"))),
        ("note", ApiRequest::post(&path("/notes"), &json!({"text": "折り返しの電話を希望"}))),
        ("note", ApiRequest::put(&path("/notes/4000000000"), &json!({"text": "折り返し済み"}))),
        ("note", ApiRequest::delete(&path("/notes/4000000000"))),
        // Before the hold, which would stop it.
        ("delete", ApiRequest::delete(&path("")).body("application/json", &deletion)),
        ("read_holds", ApiRequest::get(&path("/holds"))),
        ("hold", ApiRequest::post(&path("/holds"), &json!({"reason": "係争のおそれがあるため"}))),
        // A hold that does not stand: only whoever may lift one is told so.
        (
            "lift_hold",
            ApiRequest::delete(&path("/holds/3tqk5nwo2xvq7yhl4zgm6cbeda"))
                .body("application/json", r#"{"reason": "和解が成立したため"}"#),
        ),
        ("correct", ApiRequest::put(&path("/facts"), &correction)),
    ]
}

fn comes_to(answer: &Answer) -> Expected {
    match answer.status {
        200..=202 => Expected::Permitted,
        404 if ["no-such-hold", "no-such-note"].contains(&answer.problem().as_str()) => Expected::Permitted,
        404 => {
            assert_eq!(answer.problem(), "no-such-recording");
            Expected::Absent
        }
        409 => {
            assert_eq!(answer.problem(), "no-audio");
            Expected::NoAudio
        }
        410 => {
            assert_eq!(answer.problem(), "deleted");
            Expected::Gone
        }
        403 => match answer.problem().as_str() {
            "not-allowed" => Expected::Refused,
            "not-a-purpose" => Expected::NotAPurpose,
            other => panic!("{other}"),
        },
        status => panic!("{status} {}", String::from_utf8_lossy(&answer.bytes)),
    }
}

/// What is changed of an ordinary recording.
type Change = fn(&mut Recording);

/// A name, when the call began, the change, and what the oracle must know of it.
type Made = (&'static str, &'static str, Change, fn(Subject) -> Subject);

/// A company under rules, with one of everything; it is the morning of 13 November.
pub(super) async fn company_of(rules: Rules) -> (Api, Vec<Subject>) {
    let (mut policy, mut staff) = sample_rulebook();
    if rules == Rules::Loose {
        for (strict, loose) in [
            ("staff = \"none\"", "staff = \"own_calls\""),
            ("manager_download = false", "manager_download = true"),
            ("default = \"evidence\"", "default = \"evidence\"\nothers = [\"quality\"]"),
            ("placed = \"ivr\"", "placed = \"ivr\"\npurposes = [\"evidence\", \"quality\"]"),
        ] {
            assert!(policy.contains(strict), "{strict}");
            policy = policy.replace(strict, loose);
        }
        policy.push_str("\n[quality]\nkeep_days = 10\nroles = [\"manager\"]\n");
    }
    policy.push_str("\n[[team]]\nname = \"kiosk\"\ndissolved = 2026-11-01\nsuccessor = \"support\"\n");
    policy.push_str("[[handover]]\nfrom = \"sato\"\nto = \"suzuki\"\nsince = 2026-11-13\n");
    staff.push_str("kubo,久保 光,,,,kiosk,staff,,,2026-04-01,2026-10-31\n");
    let api = Api::of(Company::of(Company::builder(1).build()));
    api.company.publish(&policy, &staff).await;

    // The one that is swept before anything else stands.
    api.company.leaves(tests::monitor::Rule::NeverEarly, "it is put long after it was taken in");
    let mut deleted = made(99, "2026-09-01T10:00:00+09:00".parse().unwrap());
    deleted.object.version_id = api.company.put(deleted.object.key.expose(), b"RIFF".to_vec(), &[]);
    deleted.view.id = deleted.object.id();
    api.put(&deleted).await;
    api.company.sweep().await.unwrap();
    assert!(api.company.tombstone(&deleted.view.id).await.is_some());
    let subject = |name, id: &RecordingId| Subject {
        name,
        id: id.clone(),
        kind: Kind::Sound,
        team: Some("sales"),
        owner: Some(STAFF),
        line: Some("代表"),
        days_ago: 1,
        held: false,
    };
    let mut subjects = vec![
        Subject { kind: Kind::Hidden, ..subject("made up", &RecordingId::of("bucket", "key", "version")) },
        Subject { kind: Kind::Deleted, days_ago: 73, owner: None, ..subject("deleted", &deleted.view.id) },
    ];
    let (yesterday, ten_days, eleven_days) = ("2026-11-12T10:00", "2026-11-03T10:00", "2026-11-02T10:00");
    let over = "2026-10-01T10:00";
    let unchanged: Change = |_| {};
    let all: [Made; 12] = [
        ("own team's", yesterday, unchanged, |subject| subject),
        ("of ten days ago", ten_days, unchanged, |subject| Subject { days_ago: 10, ..subject }),
        ("of eleven days ago", eleven_days, unchanged, |subject| Subject { days_ago: 11, ..subject }),
        (
            "without a notice of quality",
            yesterday,
            |recording| recording.view.line = Some("サポート窓口".to_owned()),
            |subject| Subject { line: Some("サポート窓口"), ..subject },
        ),
        (
            "another team's",
            yesterday,
            |recording| (recording.view.team, recording.view.staff) = (Some("support".to_owned()), None),
            |subject| Subject { team: Some("support"), owner: None, ..subject },
        ),
        (
            "a dissolved team's",
            yesterday,
            |recording| (recording.view.team, recording.view.staff) = (Some("kiosk".to_owned()), None),
            |subject| Subject { team: Some("kiosk"), owner: None, ..subject },
        ),
        (
            "of no team",
            yesterday,
            |recording| (recording.view.team, recording.view.staff) = (None, None),
            |subject| Subject { team: None, owner: None, ..subject },
        ),
        (
            "quarantined",
            yesterday,
            |recording| {
                recording.view.state = State::Quarantined;
                recording.view.quarantine_reason = Some(QuarantineReason::NoCallFacts);
            },
            |subject| Subject { kind: Kind::Quarantined, ..subject },
        ),
        (
            "quarantined without sound",
            yesterday,
            |recording| {
                recording.view.state = State::Quarantined;
                recording.view.quarantine_reason = Some(QuarantineReason::NotAudio);
                recording.audio = None;
            },
            |subject| Subject { kind: Kind::QuarantinedWithoutSound, ..subject },
        ),
        ("expired", over, unchanged, |subject| Subject { days_ago: 43, ..subject }),
        (
            "expired and held",
            over,
            |recording| recording.view.holds = one_hold(),
            |subject| Subject { days_ago: 43, held: true, ..subject },
        ),
        (
            "a sidecar",
            yesterday,
            |recording| recording.view.state = State::Fragment,
            |subject| Subject { kind: Kind::Hidden, ..subject },
        ),
    ];
    for (number, (name, started_at, change, known)) in all.into_iter().enumerate() {
        let mut recording = made(number + 1, format!("{started_at}:00+09:00").parse().unwrap());
        recording.view.staff = Some(STAFF.to_owned());
        recording.view.line = Some("代表".to_owned());
        recording.view.extension = Some("201".to_owned());
        change(&mut recording);
        api.put(&recording).await;
        if !recording.view.holds.is_empty() {
            api.change(&recording.view.id, |_, call| call.holds = one_hold()).await;
        }
        subjects.push(known(subject(name, &recording.view.id)));
    }
    let mut duplicate = made(50, format!("{yesterday}:00+09:00").parse().unwrap());
    duplicate.view.duplicate_of = Some(subjects[2].id.clone());
    api.put(&duplicate).await;
    subjects.push(Subject { kind: Kind::Hidden, ..subject("a duplicate", &duplicate.view.id) });
    (api, subjects)
}

/// Asks everything for one person, in a company of its own.
async fn every_route_answers(person: &Person, rules: Rules) -> BTreeMap<Expected, u32> {
    let (api, subjects) = company_of(rules).await;
    api.warm().await;
    let mut counts = BTreeMap::new();
    let mut of_none = BTreeMap::new();
    let mut wrong = Vec::new();
    // The first is the one there is not.
    for subject in &subjects {
        for (route, ask) in routes(subject.id.as_str()) {
            let what = format!("{} {route} {} {rules:?}", person.login, subject.name);
            let expected = expected(route, person, subject, rules);
            *counts.entry(expected).or_default() += 1;
            if route == "correct" && expected == Expected::Permitted {
                // What comes of it is in another test: it would change what the next is asked about.
                continue;
            }
            let ask = ask.by(person.login);
            if expected == Expected::Absent {
                let (answer, calls, event) = told(&api, &ask).await;
                let absent = of_none.entry(route).or_insert_with(|| (answer.clone(), calls.clone(), event.clone()));
                // Refused and absent alike: bytes, headers, calls of AWS, the audit event.
                if comes_to(&answer) != expected || (&answer, &calls, &event) != (&absent.0, &absent.1, &absent.2) {
                    wrong.push(format!("{what}: {answer:?} {calls:?} {event}"));
                }
            } else {
                let found = comes_to(&api.ask(&ask).await);
                if found != expected {
                    wrong.push(format!("{what}: {found:?}, not {expected:?}"));
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    counts
}

#[tokio::test(start_paused = true)]
async fn every_member_gets_from_every_route_what_the_tables_say_and_what_is_refused_is_as_if_absent() {
    for rules in [Rules::Strict, Rules::Loose] {
        let mut counts: BTreeMap<Expected, u32> = BTreeMap::new();
        for person in &PEOPLE {
            for (expected, count) in Box::pin(every_route_answers(person, rules)).await {
                *counts.entry(expected).or_default() += count;
            }
        }
        let kinds = if rules == Rules::Strict { 6 } else { 5 };
        assert_eq!(counts.len(), kinds, "{counts:?}");
        assert!(counts[&Expected::Permitted] > 100 && counts[&Expected::Refused] > 10, "{counts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_who_has_left_gets_the_same_from_every_route() {
    let (api, subjects) = company_of(Rules::Loose).await;
    api.warm().await;
    let mut asked = 0;
    for subject in &subjects {
        for (route, ask) in routes(subject.id.as_str()) {
            asked += 1;
            let answer = api.ask(&ask.by(ENDED)).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "not-a-member"), "{route} {}", subject.name);
        }
    }
    // That the login was refused is written each time, and nothing is read.
    assert_eq!(api.take_kinds(), vec!["dynamodb TransactWriteItems rokuban"; asked]);
}
