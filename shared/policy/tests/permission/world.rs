//! A small company, every way its rulebook can be switched, and recordings of every kind.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use policy::facts::{Direction, QuarantineReason};
use policy::id::{CallId, HoldId, RecordingId};
use policy::number::{Absent, Counterpart};
use policy::permission::{Action, Decision, Policies, Refusal, Subject};
use policy::recording::{self, CallReference, Listed, Tombstone};
use policy::retention::{ClassRevision, Periods};
use policy::rulebook::{self, Member, Rulebook};

use crate::oracle::Outcome;

/// Noon of 20 November 2026 in Tokyo.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

/// The list. `ono` audits; `noguchi` took calls before auditing; `kubo`'s team is dissolved in the new year.
const STAFF: &str = "id,name,login,extension,numbers,team,role,manages,affiliation,from,until
yamada,山田 太郎,,100,,management,admin,,,2026-04-01,
hayashi,林 由美,,101,,management,admin,,,2026-04-01,
kato,加藤 恵,,210,,management,manager,sales,,2026-04-01,
mori,森 健,,220,,support,manager,support,,2026-04-01,
sato,佐藤 花子,,201,,old_sales,staff,,,2026-01-01,2026-06-30
sato,佐藤 花子,,201,,sales,staff,,,2026-07-01,
suzuki,鈴木 一郎,,202,,support,staff,,,2026-04-01,
abe,阿部 学,,302,,sales,staff,,,2026-04-01,
kubo,久保 光,,303,,kiosk,staff,,,2026-04-01,2026-12-31
okada,岡田 翼,,230,,kiosk,manager,kiosk,,2026-04-01,2026-12-31
ono,小野 真理,,102,,audit,auditor,,,2026-04-01,
noguchi,野口 実,,103,,sales,staff,,,2026-04-01,2026-06-30
noguchi,野口 実,,103,,audit,auditor,,,2026-07-01,
";

/// A policy but for its purposes, switches and quality.
const POLICY: &str = include_str!("policy.toml");

/// Who asks, as the list above is read by a person, on 20 November.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) id: &'static str,
    pub(crate) role: &'static str,
    pub(crate) team: &'static str,
    /// The teams managed, and those that are no more and came to them.
    pub(crate) stands_in_for: &'static [&'static str],
    /// The teams whose releases are decided on as a deputy, and those that are no more and came to them.
    pub(crate) deputy_for: &'static [&'static str],
    /// Whose calls were handed over.
    pub(crate) follows: &'static [&'static str],
}

const fn person(id: &'static str, role: &'static str, team: &'static str) -> Person {
    Person { id, role, team, stands_in_for: &[], deputy_for: &[], follows: &[] }
}

pub(crate) const PEOPLE: [Person; 9] = [
    person("yamada", "admin", "management"),
    Person { stands_in_for: &["sales", "old_sales", "older_sales"], ..person("kato", "manager", "management") },
    Person {
        stands_in_for: &["support"],
        deputy_for: &["sales", "old_sales", "older_sales"],
        follows: &["sato"],
        ..person("mori", "manager", "support")
    },
    person("sato", "staff", "sales"),
    Person { follows: &["sato"], ..person("suzuki", "staff", "support") },
    Person { deputy_for: &["support"], ..person("abe", "staff", "sales") },
    person("kubo", "staff", "kiosk"),
    person("ono", "auditor", "audit"),
    Person { follows: &["sato"], ..person("noguchi", "auditor", "audit") },
];

pub(crate) const TEAMS: [Option<&str>; 6] =
    [Some("sales"), Some("old_sales"), Some("older_sales"), Some("kiosk"), Some("support"), None];

/// Whose call it was.
pub(crate) const OWNERS: [&str; 4] = ["the one who asks", "sato", "hayashi", "nobody"];

pub(crate) const SHARES: [&[&str]; 3] = [&[], &["hayashi"], &["hayashi", "the one who asks"]];

pub(crate) const ASKERS: [Option<&str>; 3] = [None, Some("the one who asks"), Some("hayashi")];

/// Around each number of days that decides something: 7, 10, 12 and 30.
pub(crate) const DAYS_AGO: [u32; 10] = [0, 3, 7, 8, 10, 11, 12, 13, 30, 31];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    QuarantinedSound,
    QuarantinedNoSound,
    Fragment,
    Deleted,
}

pub(crate) const STATES: [State; 5] =
    [State::Active, State::QuarantinedSound, State::QuarantinedNoSound, State::Fragment, State::Deleted];

/// How long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Days30,
    /// Its class is in no rulebook.
    Unknown,
}

/// What it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    None,
    Evidence,
    Quality,
    Nonsense,
}

pub(crate) const PURPOSES: [Purpose; 4] = [Purpose::None, Purpose::Evidence, Purpose::Quality, Purpose::Nonsense];

/// How the rulebook is switched.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) manager_download: bool,
    pub(crate) own_calls: bool,
    pub(crate) staff_days: u32,
    pub(crate) age_limit: Option<u32>,
    pub(crate) quality: Option<QualityRules>,
}

#[derive(Clone, Debug)]
pub(crate) struct QualityRules {
    pub(crate) days: u32,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) teams: Vec<&'static str>,
}

impl Rules {
    /// The strict default first, the loosest last.
    fn all() -> Vec<Self> {
        let quality = |roles: &[&'static str], teams: &[&'static str]| {
            Some(QualityRules { days: 10, roles: roles.to_vec(), teams: teams.to_vec() })
        };
        let mut all = Vec::new();
        for (own_calls, staff_days) in [(false, 7), (false, 0), (true, 7)] {
            for age_limit in [None, Some(12)] {
                for quality in [None, quality(&["manager"], &[]), quality(&["admin", "staff"], &["support"])] {
                    for manager_download in [false, true] {
                        let quality = quality.clone();
                        all.push(Self { manager_download, own_calls, staff_days, age_limit, quality });
                    }
                }
            }
        }
        all
    }

    fn policy(&self) -> String {
        let access = if self.own_calls { "own_calls" } else { "none" };
        let age_limit = self.age_limit.map(|days| format!("age_limit_days = {days}")).unwrap_or_default();
        let (others, quality) = match &self.quality {
            None => ("", String::new()),
            Some(QualityRules { days, roles, teams }) => {
                ("\"quality\"", format!("[quality]\nkeep_days = {days}\nroles = {roles:?}\nteams = {teams:?}\n"))
            }
        };
        format!(
            "[purpose]\ndefault = \"evidence\"\nothers = [{others}]\n{quality}\n[access]\nstaff = \"{access}\"\n\
             manager_download = {}\nstaff_view_days = {}\n{age_limit}\n{POLICY}",
            self.manager_download, self.staff_days
        )
    }
}

/// Every rulebook, and who its people are.
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) rulebook: Rulebook,
    /// In the order of [`PEOPLE`].
    pub(crate) members: Vec<Member>,
}

pub(crate) static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| {
    let world = |rules: Rules| {
        // A team that the list forgot long ago.
        let staff = format!("{STAFF}furuta,古田 健,,104,,older_sales,staff,,,2025-04-01,2026-01-31\n");
        let checked = rulebook::check(&rules.policy(), &staff, now()).unwrap();
        let rulebook = rulebook::publish(None, &checked, "yamada", now()).unwrap().document.rulebook().unwrap();
        let today = rulebook.day_of(now());
        let members = PEOPLE.iter().map(|person| rulebook.member(person.id, today).unwrap()).collect();
        World { rules, rulebook, members }
    };
    Rules::all().into_iter().map(world).collect()
});

/// One question, in the words of the tables.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) rules: &'static Rules,
    pub(crate) who: Person,
    pub(crate) action: Action,
    pub(crate) use_: Purpose,
    pub(crate) team: Option<&'static str>,
    pub(crate) owner: Option<&'static str>,
    pub(crate) shared_with: Vec<&'static str>,
    pub(crate) asked_by: Option<&'static str>,
    pub(crate) held: bool,
    pub(crate) state: State,
    pub(crate) keep: Keep,
    pub(crate) days_ago: u32,
    pub(crate) told_of_quality: bool,
    world: usize,
    person: usize,
}

/// How many choices each of a case's parts has.
pub(crate) const CHOICES: [usize; 13] = [
    36,
    PEOPLE.len(),
    Action::ALL.len(),
    PURPOSES.len(),
    TEAMS.len(),
    OWNERS.len(),
    SHARES.len(),
    ASKERS.len(),
    2,
    STATES.len(),
    2,
    DAYS_AGO.len(),
    3,
];

impl Case {
    /// By the number of each choice.
    pub(crate) fn of(chosen: [usize; 13]) -> Self {
        let [world, person, action, use_, team, owner, shares, asked_by, held, state, keep, days_ago, notice] = chosen;
        let who = PEOPLE[person];
        let really = |name: &'static str| if name == "the one who asks" { who.id } else { name };
        Self {
            rules: &WORLDS[world].rules,
            who,
            action: Action::ALL[action],
            use_: PURPOSES[use_],
            team: TEAMS[team],
            owner: Some(really(OWNERS[owner])).filter(|owner| *owner != "nobody"),
            shared_with: SHARES[shares].iter().map(|name| really(name)).collect(),
            asked_by: ASKERS[asked_by].map(really),
            held: held == 1,
            state: STATES[state],
            keep: [Keep::Days30, Keep::Unknown][keep],
            days_ago: DAYS_AGO[days_ago],
            told_of_quality: notice == 0,
            world,
            person,
        }
    }

    pub(crate) fn rulebook(&self) -> &'static Rulebook {
        &WORLDS[self.world].rulebook
    }

    pub(crate) fn member(&self) -> &'static Member {
        &WORLDS[self.world].members[self.person]
    }

    fn day(&self) -> Date {
        jiff::civil::date(2026, 11, 20).checked_sub(jiff::Span::new().days(i64::from(self.days_ago))).unwrap()
    }

    pub(crate) fn listed(&self) -> Listed {
        let class = ClassRevision::new(if self.keep == Keep::Days30 { "standard" } else { "vanished" }, 1).unwrap();
        let mut periods = Periods::default();
        periods.add(class.clone(), self.day());
        // The last second of the day is the day's.
        let started_at = self.day().at(23, 59, 59, 0).to_zoned_datetime(self.rulebook().zone.clone()).unwrap();
        Listed {
            id: RecordingId::of("bucket", "key", "version"),
            state: match self.state {
                State::Active => recording::State::Active,
                State::QuarantinedSound | State::QuarantinedNoSound => recording::State::Quarantined,
                State::Fragment => recording::State::Fragment,
                State::Deleted => recording::State::Deleted,
            },
            call: CallReference { id: CallId::of("freepbx", None, "1"), incarnation: 0 },
            call_id: "1".to_owned(),
            source: "freepbx".to_owned(),
            started_at: started_at.timestamp(),
            duration_milliseconds: 33_700,
            direction: Direction::Inbound,
            counterpart: Counterpart::Absent(Absent::Withheld),
            our_number: None,
            // Whoever was not told of quality called the other line, and was told of evidence there.
            line: Some(if self.told_of_quality { "代表" } else { "窓口" }.to_owned()),
            extension: None,
            queue: None,
            staff: self.owner.map(str::to_owned),
            team: self.team.map(str::to_owned),
            notice: policy::facts::NoticeKind::Ivr,
            purpose: "evidence".to_owned(),
            class,
            periods,
            understood_at: None,
            holds: {
                let id = HoldId::of(&CallId::of("freepbx", None, "1"), "legal", "1");
                self.held.then_some((id, None)).into_iter().collect()
            },
            quarantine_reason: match self.state {
                State::QuarantinedSound => Some(QuarantineReason::NoCallFacts),
                State::QuarantinedNoSound => Some(QuarantineReason::NotAudio),
                State::Active | State::Fragment | State::Deleted => None,
            },
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
            notes: 0,
            sound: None,
        }
    }

    fn tombstone(&self) -> Tombstone {
        let id = RecordingId::of("bucket", "key", "version");
        let class = ClassRevision::new("standard", 1).unwrap();
        let tombstone = serde_json::json!({
            "id": id, "state": recording::State::Deleted, "version_id": "version", "class": class, "team": self.team,
            "day": self.day(), "rulebook_version": 1, "deleted_at": now(), "deleted_by": "sweep",
        });
        serde_json::from_value(tombstone).unwrap()
    }

    /// What is decided under some policies.
    pub(crate) fn decision(&self, policies: &Policies) -> Decision {
        let (listed, tombstone) = (self.listed(), self.tombstone());
        let shared_with: Vec<String> = self.shared_with.iter().map(|id| (*id).to_owned()).collect();
        let subject = if self.state == State::Deleted { Subject::from(&tombstone) } else { Subject::from(&listed) };
        let subject = subject.shared_with(&shared_with);
        let subject = self.asked_by.map_or(subject, |by| subject.deletion_asked_by(by));
        let use_ = match self.use_ {
            Purpose::None => None,
            Purpose::Evidence => Some("evidence"),
            Purpose::Quality => Some("quality"),
            Purpose::Nonsense => Some("nonsense"),
        };
        policies.decide(self.member(), self.action, subject, use_, self.rulebook(), now())
    }

    /// What the API makes of it.
    pub(crate) fn outcome(&self, policies: &Policies) -> Outcome {
        match self.decision(policies) {
            Decision::Permit => Outcome::Permitted,
            Decision::Refuse(Refusal::Expired) if self.state == State::Deleted => Outcome::Gone,
            Decision::Refuse(Refusal::NotVisible | Refusal::Expired) => Outcome::Hidden,
            Decision::Refuse(Refusal::NotAllowed { .. } | Refusal::NotAPurpose) => Outcome::Refused,
        }
    }
}
