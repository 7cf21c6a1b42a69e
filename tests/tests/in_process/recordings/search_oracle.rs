//! What a search must find, naively: a corpus that looks thrown, and an oracle that looks at every recording.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use policy::facts::{Direction, QuarantineReason};
use policy::number::{self, Absent, Counterpart};
use policy::recording::{Recording, State};
use policy::retention::{ClassRevision, Periods};

use crate::api::{ADMIN, AUDITOR, Api, SALES_MANAGER, STAFF, SUPPORT_MANAGER, in_class, made, one_hold};

pub(super) const NUMBERS: [&str; 3] = ["090-1234-5678", "03-0000-5678", "080-1111-2222"];
pub(super) const TEAMS: [&str; 4] = ["sales", "support", "general", "accounting"];
pub(super) const STAFFS: [&str; 3] = ["sato", "suzuki", "abe"];
pub(super) const EXTENSIONS: [&str; 3] = ["201", "202", "302"];
pub(super) const LINES: [&str; 2] = ["代表", "サポート窓口"];

/// Numbers that look thrown, the same for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn throw(&mut self, sides: usize) -> usize {
        // Marsaglia's xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    pub(super) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.throw(choices.len())]
    }

    /// One of them, or none as often as each.
    pub(super) fn perhaps(&mut self, choices: &[&str]) -> Option<String> {
        let thrown = self.throw(choices.len() + 1);
        choices.get(thrown).map(|choice| (*choice).to_owned())
    }
}

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").unwrap()
}

/// 160 recordings over eleven weeks, some at the same moment, some expired, hidden or in quarantine.
pub(super) async fn corpus(api: &Api) -> Vec<Recording> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let first: Timestamp = "2026-08-30T09:00:00+09:00".parse().unwrap();
    let mut recordings = Vec::new();
    for number in 0..160 {
        let minutes = i64::try_from(dice.throw(75 * 24 * 60)).unwrap();
        let mut at = first + SignedDuration::from_mins(minutes);
        if number % 4 == 3 {
            // The same moment as the one before, to the millisecond or to the microsecond.
            let before: &Recording = &recordings[number - 1];
            at = before.view.started_at + SignedDuration::from_micros(i64::try_from(dice.throw(2) * 7).unwrap());
        }
        let mut recording = made(number, at);
        let view = &mut recording.view;
        view.team = dice.perhaps(&TEAMS);
        view.staff = dice.perhaps(&STAFFS);
        view.extension = dice.perhaps(&EXTENSIONS);
        view.line = dice.perhaps(&LINES);
        if let Some(text) = dice.perhaps(&NUMBERS) {
            view.counterpart = number::read(&text, "JP");
        } else if dice.throw(2) == 0 {
            view.counterpart = Counterpart::Absent(Absent::Payphone);
        }
        view.direction = if dice.throw(2) == 0 { Direction::Outbound } else { Direction::Inbound };
        // 0 is an unknown length.
        view.duration_milliseconds = [0, 999, 60_000, 60_999, 61_000, 600_000][dice.throw(6)];
        if dice.throw(9) == 0 {
            view.holds = one_hold();
        }
        match number % 20 {
            6 => {
                view.state = State::Quarantined;
                view.quarantine_reason = Some(QuarantineReason::NoCallFacts);
                view.class = ClassRevision::quarantine();
                view.periods = Periods::default();
                view.periods.add(ClassRevision::quarantine(), recording.day);
            }
            13 => view.duplicate_of = Some(policy::id::RecordingId::of("bucket", "key", "version")),
            _ if number % 3 == 0 => in_class(&mut recording, "contracts"),
            _ => {}
        }
        api.put(&recording).await;
        recordings.push(recording);
    }
    recordings
}

/// One search.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) number: Option<String>,
    pub(super) last4: Option<String>,
    pub(super) staff: Option<String>,
    pub(super) team: Option<String>,
    pub(super) extension: Option<String>,
    pub(super) line: Option<String>,
    pub(super) state: Option<String>,
    pub(super) number_prefix: Option<String>,
    pub(super) number_suffix: Option<String>,
    pub(super) absent: Option<String>,
    pub(super) direction: Option<String>,
    pub(super) min_seconds: Option<String>,
    pub(super) max_seconds: Option<String>,
    pub(super) held: Option<String>,
    pub(super) sort: Option<String>,
}

/// Whom and which teams and extensions somebody may know: those of the teams managed, and oneself.
pub(super) fn known_to(login: &str) -> [&'static [&'static str]; 3] {
    match login {
        SALES_MANAGER => [&["kato", "sato", "tanaka", "abe"], &["sales"], &["210", "201", "203", "302"]],
        SUPPORT_MANAGER => {
            [&["mori", "suzuki", "nakamura", "takahashi"], &["support", "general"], &["220", "202", "203", "204"]]
        }
        STAFF => [&["sato"], &["sales"], &["201"]],
        _ => [&STAFFS, &TEAMS, &EXTENSIONS],
    }
}

impl Query {
    /// What it is refused with, if it is.
    pub(super) fn refusal(&self, login: &str) -> Option<&'static str> {
        let is_unknown = |asked: &Option<String>, known: &[&str]| {
            asked.as_ref().is_some_and(|asked| !asked.split(',').all(|one| known.contains(&one)))
        };
        let [staff, teams, extensions] = known_to(login);
        if login == AUDITOR {
            return Some("not-allowed");
        }
        let is_refused =
            is_unknown(&self.staff, staff) || is_unknown(&self.team, teams) || is_unknown(&self.extension, extensions);
        is_refused.then_some("unknown-name")
    }

    pub(super) fn thrown(dice: &mut Dice) -> Self {
        let first: Timestamp = "2026-08-30T09:00:00+09:00".parse().unwrap();
        let seldom = |dice: &mut Dice, choices: &[&str]| {
            if dice.throw(3) == 0 { dice.perhaps(choices) } else { None }
        };
        let from = first + SignedDuration::from_hours(i64::try_from(dice.throw(60 * 24)).unwrap());
        let hours = i64::try_from(dice.throw(40 * 24) + 1).unwrap();
        Self {
            from: (dice.throw(4) > 0).then_some(from),
            to: (dice.throw(4) == 0).then(|| from + SignedDuration::from_hours(hours)),
            number: seldom(dice, &NUMBERS),
            last4: seldom(dice, &["5678", "2222", "0000"]),
            staff: seldom(dice, &["sato", "suzuki", "abe", "sato,abe", "abe,suzuki,sato"]),
            team: seldom(dice, &TEAMS),
            extension: seldom(dice, &EXTENSIONS),
            line: seldom(dice, &LINES),
            state: seldom(dice, &["active", "quarantined"]),
            number_prefix: seldom(dice, &["090-1", "03-0000", "+8180", "0120"]),
            number_suffix: seldom(dice, &["78", "345678", "22222", "5678"]),
            absent: seldom(dice, &["withheld", "payphone"]),
            direction: seldom(dice, &["inbound", "outbound"]),
            min_seconds: seldom(dice, &["0", "1", "61"]),
            max_seconds: seldom(dice, &["61", "60", "600"]),
            held: seldom(dice, &["true", "false"]),
            sort: seldom(dice, &["oldest", "newest"]),
        }
    }

    pub(super) fn path(&self, limit: usize, cursor: Option<&str>) -> String {
        let mut path = format!("/recordings?limit={limit}");
        let times = [("from", &self.from), ("to", &self.to)];
        for (name, at) in times {
            if let Some(at) = at {
                path.push_str(&format!("&{name}={at}"));
            }
        }
        let texts = [
            ("number", &self.number),
            ("last4", &self.last4),
            ("staff", &self.staff),
            ("team", &self.team),
            ("extension", &self.extension),
            ("line", &self.line),
            ("state", &self.state),
            ("number_prefix", &self.number_prefix),
            ("number_suffix", &self.number_suffix),
            ("counterpart_absent", &self.absent),
            ("direction", &self.direction),
            ("min_seconds", &self.min_seconds),
            ("max_seconds", &self.max_seconds),
            ("held", &self.held),
            ("sort", &self.sort),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
                path.push_str(&format!("&{name}={encoded}"));
            }
        }
        if let Some(cursor) = cursor {
            path.push_str(&format!("&cursor={cursor}"));
        }
        path
    }

    /// What must be found, naively: every recording is looked at.
    pub(super) fn expected(&self, recordings: &[Recording], login: &str, now: Timestamp) -> Vec<String> {
        let to = self.to.unwrap_or(now);
        // Of one number or member: the longest period of the sample rulebook, and the day of the call.
        let of_one = [&self.number, &self.last4, &self.staff, &self.number_prefix, &self.number_suffix];
        let is_of_one = of_one.into_iter().any(Option::is_some);
        let days = if is_of_one { 91 } else { 30 };
        let from = self.from.unwrap_or(to - SignedDuration::from_hours(days * 24));
        let has = |asked: &Option<String>, value: &Option<String>| asked.is_none() || asked == value;
        let mut found: Vec<&Recording> = recordings
            .iter()
            .filter(|recording| {
                let view = &recording.view;
                let number = match &view.counterpart {
                    Counterpart::Number(number) => Some(number.expose()),
                    Counterpart::Absent(_) => None,
                };
                let wanted_number =
                    self.number.as_ref().map(|text| format!("+81{}", text.replace('-', "").trim_start_matches('0')));
                let is_quarantined = view.state == State::Quarantined;
                let manages: &[&str] = match login {
                    SALES_MANAGER => &["sales"],
                    SUPPORT_MANAGER => &["support", "general"],
                    _ => &[],
                };
                let team = view.team.as_deref();
                let today = now.to_zoned_datetime(tokyo()).date();
                // Staff view their own calls for 7 days.
                let is_own = login == STAFF
                    && view.staff.as_deref() == Some(STAFF)
                    && today <= recording.day.checked_add(7.days()).unwrap();
                let is_visible =
                    login == ADMIN || (!is_quarantined && (is_own || team.is_some_and(|team| manages.contains(&team))));
                let days = match view.class.class() {
                    "contracts" | "quarantine" => 90,
                    _ => 30,
                };
                let last_day = recording.day.checked_add(days.days()).unwrap();
                let seconds = (view.duration_milliseconds > 0).then_some(view.duration_milliseconds / 1_000);
                let is_at_least = |least: &str| seconds.is_some_and(|seconds| seconds >= least.parse().unwrap());
                let is_at_most = |most: &str| seconds.is_some_and(|seconds| seconds <= most.parse().unwrap());
                let begins = |asked: &String| {
                    let digits = asked.replace('-', "");
                    let wanted = digits.strip_prefix('0').map(|rest| format!("+81{rest}")).unwrap_or(digits);
                    number.is_some_and(|number| number.starts_with(&wanted))
                };
                is_visible
                    && (!view.holds.is_empty() || today <= last_day)
                    && self.number_prefix.as_ref().is_none_or(begins)
                    && self
                        .number_suffix
                        .as_ref()
                        .is_none_or(|digits| number.is_some_and(|number| number.ends_with(digits.as_str())))
                    && self.absent.as_ref().is_none_or(
                        |asked| matches!(&view.counterpart, Counterpart::Absent(absent) if absent.as_str() == asked),
                    )
                    && self.direction.as_ref().is_none_or(|asked| view.direction.as_str() == asked)
                    && self.min_seconds.as_deref().is_none_or(is_at_least)
                    && self.max_seconds.as_deref().is_none_or(is_at_most)
                    && self.held.as_ref().is_none_or(|asked| (!view.holds.is_empty()).to_string() == *asked)
                    && view.duplicate_of.is_none()
                    && is_quarantined == (self.state.as_deref() == Some("quarantined"))
                    && from <= view.started_at
                    && view.started_at < to
                    && (wanted_number.is_none() || wanted_number.as_deref() == number)
                    && self
                        .last4
                        .as_ref()
                        .is_none_or(|digits| number.is_some_and(|number| number.ends_with(digits.as_str())))
                    && self
                        .staff
                        .as_ref()
                        .is_none_or(|asked| asked.split(',').any(|one| view.staff.as_deref() == Some(one)))
                    && has(&self.team, &view.team)
                    && has(&self.extension, &view.extension)
                    && has(&self.line, &view.line)
            })
            .collect();
        found.sort_by_key(|recording| {
            (recording.view.started_at.as_millisecond(), recording.view.id.as_str().to_owned())
        });
        if self.sort.as_deref() != Some("oldest") {
            found.reverse();
        }
        found.iter().map(|recording| recording.view.id.as_str().to_owned()).collect()
    }
}
