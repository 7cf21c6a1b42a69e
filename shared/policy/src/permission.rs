//! Permission: who may hear what. A refusal is a value.
//!
//! Expiry, state and holds are decided in plain code before anybody's role is asked for, so that no rule
//! about roles can override them. What a refused person learns is decided last: one who may not view a
//! recording gets the answer of one that does not exist.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::QuarantineReason;
use crate::recording::{Listed, State, Tombstone};
use crate::retention::{Expiry, Periods};
use crate::rulebook::{Member, Role, Rulebook};

/// What can be done with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See its facts; of a deleted one, its tombstone's.
    View,
    /// Hear it.
    Play,
    /// Take it away as a file.
    Download,
    /// See who did what with it.
    Custody,
}

/// What can be done with the rulebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulebookAction {
    /// Read it.
    Read,
    /// Plan, publish or withdraw one.
    Publish,
}

/// What a decision needs to know of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'r> {
    team: Option<&'r str>,
    state: State,
    is_audio: bool,
    holds: u32,
    /// `None` once it is deleted: a tombstone does not expire.
    periods: Option<&'r Periods>,
}

impl<'r> From<&'r Listed> for Subject<'r> {
    fn from(listed: &'r Listed) -> Self {
        Self {
            team: listed.team.as_deref(),
            state: listed.state,
            is_audio: match listed.state {
                State::Active => true,
                State::Quarantined => listed.quarantine_reason.is_some_and(is_audio_in_quarantine),
                State::Fragment | State::Deleted => false,
            },
            holds: listed.holds,
            periods: (listed.state != State::Deleted).then_some(&listed.periods),
        }
    }
}

impl<'r> From<&'r Tombstone> for Subject<'r> {
    fn from(tombstone: &'r Tombstone) -> Self {
        Self { team: tombstone.team.as_deref(), state: State::Deleted, is_audio: false, holds: 0, periods: None }
    }
}

/// Whether what lies in quarantine is a sound file all the same: a stranger's page or program is never served.
fn is_audio_in_quarantine(reason: QuarantineReason) -> bool {
    match reason {
        QuarantineReason::TooLarge
        | QuarantineReason::Empty
        | QuarantineReason::NoAudio
        | QuarantineReason::NotAudio => false,
        QuarantineReason::NoSourceMatches
        | QuarantineReason::NoCallFacts
        | QuarantineReason::ImpossibleDate
        | QuarantineReason::Zone
        | QuarantineReason::TooEarly
        | QuarantineReason::TooLate => true,
    }
}

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Permit,
    /// No, and what may be said about it.
    Refuse(Refusal),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not to be told from a recording that does not exist.
    NotVisible,
    /// It may be viewed, but not this.
    NotAllowed {
        /// Why.
        reason: NotAllowed,
    },
    /// Its period is over, or it is deleted.
    Expired,
    /// The use given is none of the rulebook's purposes.
    NotAPurpose,
}

/// Why one who may view a recording may not do more with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAllowed {
    /// The rulebook lets managers hear, not download.
    ManagersDoNotDownload,
    /// It is in quarantine: not to leave before it is understood.
    InQuarantine,
    /// There is no sound in it.
    NoAudio,
    /// Its class is in no rulebook, so nobody knows when it expires.
    NoRule,
    /// Only admins read and publish the rulebook.
    OnlyAdmins,
}

impl NotAllowed {
    /// The word for it, as in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ManagersDoNotDownload => "managers_do_not_download",
            Self::InQuarantine => "in_quarantine",
            Self::NoAudio => "no_audio",
            Self::NoRule => "no_rule",
            Self::OnlyAdmins => "only_admins",
        }
    }
}

/// Whether anything may still be done with a recording, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Its period runs, or a hold suspends its end.
    Live,
    /// Its period is over and no hold stands.
    Expired,
    /// No rule says when its period is over.
    Unruled,
    /// It is deleted.
    Deleted,
}

/// From when on nobody may hear a recording; `None` while a hold stands, and where no rule says.
pub fn expires_at<'r>(subject: impl Into<Subject<'r>>, rulebook: &Rulebook) -> Option<Timestamp> {
    let subject = subject.into();
    let periods = subject.periods.filter(|_| subject.holds == 0)?;
    match periods.expiry(rulebook) {
        Expiry::At(at) => Some(at),
        Expiry::Never => None,
    }
}

fn standing(subject: Subject<'_>, rulebook: &Rulebook, now: Timestamp) -> Standing {
    if subject.periods.is_none() {
        return Standing::Deleted;
    }
    if subject.holds > 0 {
        return Standing::Live;
    }
    // NEVER LATE: from the second of expiry on, sweep or no sweep.
    match expires_at(subject, rulebook) {
        Some(expiry) if now >= expiry => Standing::Expired,
        Some(_) => Standing::Live,
        None => Standing::Unruled,
    }
}

/// STRICT: no rule that permits is a refusal, and a recording without a team is the admins'.
fn may_view(member: &Member, subject: Subject<'_>) -> bool {
    match member.role {
        Role::Admin => true,
        Role::Manager => {
            matches!(subject.state, State::Active | State::Deleted)
                && subject.team.is_some_and(|team| member.manages.iter().any(|managed| managed == team))
        }
        Role::Staff | Role::Auditor => false,
    }
}

/// What may be done with a sound that may be viewed.
fn may_take(member: &Member, action: Action, subject: Subject<'_>, rulebook: &Rulebook) -> Result<(), NotAllowed> {
    if !subject.is_audio {
        return Err(NotAllowed::NoAudio);
    }
    match (action, member.role) {
        (Action::Download, _) if subject.state == State::Quarantined => Err(NotAllowed::InQuarantine),
        (Action::Download, Role::Manager) if !rulebook.manager_download => Err(NotAllowed::ManagersDoNotDownload),
        _ => Ok(()),
    }
}

/// Decides what a member may do with a recording. `use_` is what it is played or downloaded for; to view
/// it and its custody, none is asked.
pub fn decide<'r>(
    member: &Member,
    action: Action,
    subject: impl Into<Subject<'r>>,
    use_: Option<&str>,
    rulebook: &Rulebook,
    now: Timestamp,
) -> Decision {
    let subject = subject.into();
    let standing = standing(subject, rulebook, now);
    if !may_view(member, subject) {
        return Decision::Refuse(Refusal::NotVisible);
    }
    let takes = matches!(action, Action::Play | Action::Download);
    match standing {
        Standing::Expired => return Decision::Refuse(Refusal::Expired),
        Standing::Deleted if takes => return Decision::Refuse(Refusal::Expired),
        Standing::Unruled if takes => {
            return Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::NoRule });
        }
        Standing::Live | Standing::Unruled | Standing::Deleted => {}
    }
    if !takes {
        return Decision::Permit;
    }
    if let Err(reason) = may_take(member, action, subject, rulebook) {
        return Decision::Refuse(Refusal::NotAllowed { reason });
    }
    if use_.is_some_and(|use_| rulebook.purposes.iter().any(|purpose| purpose == use_)) {
        Decision::Permit
    } else {
        Decision::Refuse(Refusal::NotAPurpose)
    }
}

/// Decides who may read and publish the rulebook: every admin, and `admin_login`, which the deployment
/// names, whatever the rulebook says: else a wrong list would shut everybody out for ever.
pub fn decide_on_rulebook(member: Option<&Member>, action: RulebookAction, login: &str, admin_login: &str) -> Decision {
    let is_admin_login = !admin_login.is_empty() && login == admin_login;
    let is_admin = member.is_some_and(|member| member.role == Role::Admin);
    match action {
        RulebookAction::Read | RulebookAction::Publish if is_admin_login || is_admin => Decision::Permit,
        RulebookAction::Read | RulebookAction::Publish => {
            Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::OnlyAdmins })
        }
    }
}

/// Whether lists show a recording at all, to whoever may view it: duplicates are hidden behind their first,
/// sidecars and call logs are fragments of others, and a tombstone answers only to its id.
pub fn is_listed(listed: &Listed) -> bool {
    listed.duplicate_of.is_none() && matches!(listed.state, State::Active | State::Quarantined)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::Direction;
    use crate::id::{CallId, RecordingId};
    use crate::number::{Absent, Counterpart};
    use crate::recording::CallReference;
    use crate::retention::ClassRevision;
    use crate::rulebook::sample;

    const EVIDENCE: Option<&str> = Some("evidence");

    fn recording() -> Listed {
        let day = jiff::civil::date(2026, 11, 3);
        let mut periods = Periods::default();
        periods.add("standard.1".parse().unwrap(), day);
        Listed {
            id: RecordingId::of("bucket", "key", "version"),
            state: State::Active,
            call: CallReference { id: CallId::of("freepbx", None, "1"), incarnation: 0 },
            call_id: "1".to_owned(),
            source: "freepbx".to_owned(),
            started_at: "2026-11-03T05:05:02Z".parse().unwrap(),
            duration_milliseconds: 33_700,
            direction: Direction::Inbound,
            counterpart: Counterpart::Absent(Absent::Withheld),
            our_number: None,
            line: None,
            extension: None,
            queue: None,
            staff: None,
            team: Some("sales".to_owned()),
            notice: "unknown".to_owned(),
            purpose: "evidence".to_owned(),
            class: ClassRevision::new("standard", 1).unwrap(),
            periods,
            holds: 0,
            quarantine_reason: None,
            duplicate_of: None,
            has_objection: false,
            object_gone_at: None,
        }
    }

    fn member(role: Role, manages: &[&str]) -> Member {
        Member {
            id: "someone".to_owned(),
            name: "誰か".to_owned(),
            role,
            teams: vec!["sales".to_owned()],
            manages: manages.iter().map(|team| (*team).to_owned()).collect(),
        }
    }

    /// The period's end of [`recording`]: midnight in Tokyo at the end of 3 November and 30 days.
    fn expiry() -> Timestamp {
        "2026-12-03T15:00:00Z".parse().unwrap()
    }

    const ROLES: [Role; 4] = [Role::Admin, Role::Manager, Role::Staff, Role::Auditor];
    const ACTIONS: [Action; 4] = [Action::View, Action::Play, Action::Download, Action::Custody];
    const STATES: [State; 4] = [State::Active, State::Quarantined, State::Fragment, State::Deleted];
    const TEAMS: [Option<&str>; 3] = [Some("sales"), Some("support"), None];
    const MANAGED: [&[&str]; 4] = [&[], &["sales"], &["support"], &["general", "sales"]];
    const REASONS: [Option<QuarantineReason>; 4] =
        [None, Some(QuarantineReason::NotAudio), Some(QuarantineReason::NoCallFacts), Some(QuarantineReason::TooLarge)];
    const USES: [Option<&str>; 4] = [None, EVIDENCE, Some("quality"), Some("")];

    /// When the period ends.
    #[derive(Clone, Copy, PartialEq)]
    enum End {
        Runs,
        Over,
        Unknown,
    }

    /// The second decider: the tables of the design, a line each, looked up from the top.
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools)]
    // A line of the table is a line here, also where two answer alike.
    #[allow(clippy::match_same_arms)]
    fn by_the_table(
        role: Role,
        manages_the_team: bool,
        state: State,
        sound: bool,
        held: bool,
        end: End,
        action: Action,
        switched_on: bool,
        use_is_a_purpose: bool,
    ) -> Decision {
        use Decision::{Permit, Refuse};
        let no = |reason| Refuse(Refusal::NotAllowed { reason });
        let suspended = held || end == End::Runs;
        match (role, state, action) {
            // Who sees nothing.
            (Role::Staff | Role::Auditor, _, _) => Refuse(Refusal::NotVisible),
            (Role::Manager, _, _) if !manages_the_team => Refuse(Refusal::NotVisible),
            (Role::Manager, State::Quarantined | State::Fragment, _) => Refuse(Refusal::NotVisible),
            // A tombstone is seen by whom the recording would have been, for ever, and never heard.
            (_, State::Deleted, Action::View | Action::Custody) => Permit,
            (_, State::Deleted, _) => Refuse(Refusal::Expired),
            // From the second of expiry nothing is had of it by anybody, unless a hold stands.
            (_, _, _) if !held && end == End::Over => Refuse(Refusal::Expired),
            (_, _, Action::View | Action::Custody) => Permit,
            (_, _, _) if !suspended => no(NotAllowed::NoRule),
            (_, State::Fragment, _) => no(NotAllowed::NoAudio),
            (_, State::Quarantined, _) if !sound => no(NotAllowed::NoAudio),
            (_, State::Quarantined, Action::Download) => no(NotAllowed::InQuarantine),
            (Role::Manager, _, Action::Download) if !switched_on => no(NotAllowed::ManagersDoNotDownload),
            _ if !use_is_a_purpose => Refuse(Refusal::NotAPurpose),
            _ => Permit,
        }
    }

    #[test]
    fn the_decision_is_the_tables_for_every_role_team_state_hold_end_action_and_use() {
        let mut rulebook = sample::rulebook();
        let mut permitted = 0_u32;
        let mut decided = 0_u32;
        let ends = [
            (End::Runs, "standard.1", expiry() - jiff::SignedDuration::from_secs(1)),
            (End::Over, "standard.1", expiry()),
            (End::Over, "standard.1", expiry() + jiff::SignedDuration::from_hours(24 * 365)),
            (End::Unknown, "vanished.1", sample::now()),
        ];
        for switched_on in [false, true] {
            rulebook.manager_download = switched_on;
            for (end, class, now) in ends {
                for (role, manages) in ROLES.iter().flat_map(|role| MANAGED.map(|manages| (*role, manages))) {
                    let member = member(role, manages);
                    for (state, reason) in STATES.iter().flat_map(|state| REASONS.map(|reason| (*state, reason))) {
                        for (team, holds) in TEAMS.iter().flat_map(|team| [0, 1, 7].map(|holds| (*team, holds))) {
                            let mut listed = recording();
                            listed.state = state;
                            listed.quarantine_reason = reason;
                            listed.team = team.map(str::to_owned);
                            listed.holds = holds;
                            listed.periods = Periods::default();
                            listed.periods.add(class.parse().unwrap(), jiff::civil::date(2026, 11, 3));
                            for (action, use_) in ACTIONS.iter().flat_map(|action| USES.map(|use_| (*action, use_))) {
                                let expected = by_the_table(
                                    role,
                                    team.is_some_and(|team| manages.contains(&team)),
                                    state,
                                    reason == Some(QuarantineReason::NoCallFacts),
                                    holds > 0,
                                    end,
                                    action,
                                    switched_on,
                                    use_ == EVIDENCE,
                                );
                                let found = decide(&member, action, &listed, use_, &rulebook, now);
                                assert_eq!(
                                    found, expected,
                                    "{role:?} managing {manages:?}, {state:?} {reason:?} of {team:?} with {holds} holds, \
                                     {action:?} for {use_:?} at {now} under {class}, download {switched_on}"
                                );
                                decided += 1;
                                permitted += u32::from(found == Decision::Permit);
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(decided, 2 * 4 * 16 * 16 * 9 * 16);
        assert!(permitted > decided / 20, "{permitted} of {decided}: the table must permit something to mean anything");
    }

    #[test]
    fn every_refusal_has_a_twin_that_is_permitted() {
        let rulebook = sample::rulebook();
        let downloading = {
            let mut rulebook = sample::rulebook();
            rulebook.manager_download = true;
            rulebook
        };
        let (admin, manager) = (member(Role::Admin, &[]), member(Role::Manager, &["sales"]));
        let active = recording();
        let changed = |change: &dyn Fn(&mut Listed)| {
            let mut listed = recording();
            change(&mut listed);
            listed
        };
        let quarantined = changed(&|listed| {
            listed.state = State::Quarantined;
            listed.quarantine_reason = Some(QuarantineReason::Zone);
        });
        let no_sound = changed(&|listed| {
            listed.state = State::Quarantined;
            listed.quarantine_reason = Some(QuarantineReason::NotAudio);
        });
        let held = changed(&|listed| listed.holds = 1);
        let teamless = changed(&|listed| listed.team = None);
        let unruled = changed(&|listed| listed.periods = Periods::default());
        let (live, over) = (sample::now(), expiry());
        let no = |reason| Refusal::NotAllowed { reason };
        let twins = [
            (
                (&member(Role::Staff, &[]), Action::View, &active, EVIDENCE, &rulebook, live),
                Refusal::NotVisible,
                (&manager, Action::View, &active, EVIDENCE, &rulebook, live),
            ),
            (
                (&member(Role::Auditor, &[]), Action::Custody, &active, EVIDENCE, &rulebook, live),
                Refusal::NotVisible,
                (&manager, Action::Custody, &active, EVIDENCE, &rulebook, live),
            ),
            (
                (&member(Role::Manager, &["support"]), Action::Play, &active, EVIDENCE, &rulebook, live),
                Refusal::NotVisible,
                (&manager, Action::Play, &active, EVIDENCE, &rulebook, live),
            ),
            (
                (&manager, Action::View, &teamless, None, &rulebook, live),
                Refusal::NotVisible,
                (&admin, Action::View, &teamless, None, &rulebook, live),
            ),
            (
                (&manager, Action::Play, &quarantined, EVIDENCE, &rulebook, live),
                Refusal::NotVisible,
                (&admin, Action::Play, &quarantined, EVIDENCE, &rulebook, live),
            ),
            (
                (&admin, Action::Download, &quarantined, EVIDENCE, &rulebook, live),
                no(NotAllowed::InQuarantine),
                (&admin, Action::Download, &active, EVIDENCE, &rulebook, live),
            ),
            (
                (&admin, Action::Play, &no_sound, EVIDENCE, &rulebook, live),
                no(NotAllowed::NoAudio),
                (&admin, Action::View, &no_sound, EVIDENCE, &rulebook, live),
            ),
            (
                (&manager, Action::Download, &active, EVIDENCE, &rulebook, live),
                no(NotAllowed::ManagersDoNotDownload),
                (&manager, Action::Download, &active, EVIDENCE, &downloading, live),
            ),
            (
                (&admin, Action::Play, &active, EVIDENCE, &rulebook, over),
                Refusal::Expired,
                (&admin, Action::Play, &held, EVIDENCE, &rulebook, over),
            ),
            (
                (&admin, Action::Play, &unruled, EVIDENCE, &rulebook, live),
                no(NotAllowed::NoRule),
                (&admin, Action::View, &unruled, EVIDENCE, &rulebook, live),
            ),
            (
                (&admin, Action::Play, &active, Some("quality"), &rulebook, live),
                Refusal::NotAPurpose,
                (&admin, Action::Play, &active, EVIDENCE, &rulebook, live),
            ),
        ];
        for (refused, refusal, permitted) in twins {
            let ask = |(member, action, listed, use_, rulebook, now): (&Member, _, &Listed, _, &Rulebook, _)| {
                decide(member, action, listed, use_, rulebook, now)
            };
            assert_eq!(ask(refused), Decision::Refuse(refusal));
            assert_eq!(ask(permitted), Decision::Permit, "the twin of {refusal:?}");
        }
    }

    #[test]
    fn access_ends_with_the_second_of_expiry_and_lifting_the_last_hold_lets_it_bite_at_once() {
        let rulebook = sample::rulebook();
        let admin = member(Role::Admin, &[]);
        let mut listed = recording();
        let play = |listed: &Listed, at| decide(&admin, Action::Play, listed, EVIDENCE, &rulebook, at);
        assert_eq!(expires_at(&listed, &rulebook), Some(expiry()));
        assert_eq!(play(&listed, expiry() - jiff::SignedDuration::from_nanos(1)), Decision::Permit);
        assert_eq!(play(&listed, expiry()), Decision::Refuse(Refusal::Expired));
        listed.holds = 1;
        assert_eq!(expires_at(&listed, &rulebook), None);
        assert_eq!(play(&listed, expiry()), Decision::Permit);
        listed.holds = 0;
        assert_eq!(play(&listed, expiry()), Decision::Refuse(Refusal::Expired));
    }

    #[test]
    fn a_tombstone_is_seen_by_those_who_might_have_seen_the_recording_and_heard_by_nobody() {
        let rulebook = sample::rulebook();
        let tombstone = |team: Option<&str>| Tombstone {
            id: RecordingId::of("bucket", "key", "version"),
            state: State::Deleted,
            version_id: "version".to_owned(),
            sha256: None,
            class: ClassRevision::new("standard", 1).unwrap(),
            team: team.map(str::to_owned),
            day: jiff::civil::date(2026, 11, 3),
            rulebook_version: 1,
            deleted_at: expiry(),
            deleted_by: "sweep".to_owned(),
        };
        let ask = |member: &Member, action, tombstone: &Tombstone| {
            decide(member, action, tombstone, EVIDENCE, &rulebook, expiry())
        };
        let manager = member(Role::Manager, &["sales"]);
        for action in [Action::View, Action::Custody] {
            assert_eq!(ask(&manager, action, &tombstone(Some("sales"))), Decision::Permit);
            assert_eq!(ask(&manager, action, &tombstone(None)), Decision::Refuse(Refusal::NotVisible));
            assert_eq!(ask(&manager, action, &tombstone(Some("support"))), Decision::Refuse(Refusal::NotVisible));
            assert_eq!(ask(&member(Role::Admin, &[]), action, &tombstone(None)), Decision::Permit);
        }
        for action in [Action::Play, Action::Download] {
            assert_eq!(ask(&manager, action, &tombstone(Some("sales"))), Decision::Refuse(Refusal::Expired));
            assert_eq!(ask(&member(Role::Admin, &[]), action, &tombstone(None)), Decision::Refuse(Refusal::Expired));
        }
    }

    #[test]
    fn what_is_no_sound_is_played_to_nobody_and_what_is_one_is_to_an_admin() {
        let rulebook = sample::rulebook();
        for (reason, plays) in [
            (QuarantineReason::TooLarge, false),
            (QuarantineReason::Empty, false),
            (QuarantineReason::NoAudio, false),
            (QuarantineReason::NotAudio, false),
            (QuarantineReason::NoSourceMatches, true),
            (QuarantineReason::NoCallFacts, true),
            (QuarantineReason::ImpossibleDate, true),
            (QuarantineReason::Zone, true),
            (QuarantineReason::TooEarly, true),
            (QuarantineReason::TooLate, true),
        ] {
            let mut listed = recording();
            listed.state = State::Quarantined;
            listed.quarantine_reason = Some(reason);
            let found = decide(&member(Role::Admin, &[]), Action::Play, &listed, EVIDENCE, &rulebook, sample::now());
            assert_eq!(found == Decision::Permit, plays, "{reason:?}");
        }
    }

    #[test]
    fn the_rulebook_is_the_admins_and_the_named_logins_whatever_the_list_says() {
        let (admin, manager) = (member(Role::Admin, &[]), member(Role::Manager, &["sales"]));
        let refused = Decision::Refuse(Refusal::NotAllowed { reason: NotAllowed::OnlyAdmins });
        for action in [RulebookAction::Read, RulebookAction::Publish] {
            for (who, login, admin_login, expected) in [
                (Some(&admin), "someone", "root", Decision::Permit),
                (None, "root", "root", Decision::Permit),
                (Some(&manager), "root", "root", Decision::Permit),
                (Some(&manager), "someone", "root", refused),
                (None, "someone", "root", refused),
                (None, "", "", refused),
                (None, "root", "", refused),
            ] {
                assert_eq!(decide_on_rulebook(who, action, login, admin_login), expected, "{login} of {admin_login}");
            }
        }
    }

    #[test]
    fn lists_hide_duplicates_fragments_and_tombstones() {
        let mut listed = recording();
        for (state, shown) in
            [(State::Active, true), (State::Quarantined, true), (State::Fragment, false), (State::Deleted, false)]
        {
            listed.state = state;
            listed.duplicate_of = None;
            assert_eq!(is_listed(&listed), shown, "{state:?}");
            listed.duplicate_of = Some(RecordingId::of("bucket", "key", "earlier"));
            assert!(!is_listed(&listed), "a duplicate in state {state:?}");
        }
    }

    #[test]
    fn a_reason_is_written_in_the_audit_as_in_an_answer() {
        for reason in [
            NotAllowed::ManagersDoNotDownload,
            NotAllowed::InQuarantine,
            NotAllowed::NoAudio,
            NotAllowed::NoRule,
            NotAllowed::OnlyAdmins,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
