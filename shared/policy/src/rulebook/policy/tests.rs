//! The tests of `policy`.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::facts::Direction;
use crate::rulebook::FaultCode;
use crate::rulebook::sample::POLICY;

fn policy(text: &str) -> Policy {
    let (policy, faults, _) = read(text);
    assert_eq!(faults, []);
    policy
}

#[test]
fn every_decision_is_read() {
    let all = policy(
        r#"
        [company]
        name = "山田商事"
        time_zone = "asia/tokyo"
        country = "JP"
        [purpose]
        default = "handover"
        others = ["evidence", "quality"]
        [quality]
        keep_days = 14
        roles = ["manager", "staff"]
        teams = ["営業１課"]
        [[retention]]
        class = "contracts"
        when = { team = "営業１課", direction = "outbound", line = "代表" }
        keep_days = 90
        retroactive = true
        [[retention]]
        class = "standard"
        keep_days = 36_500
        [keeping]
        settle_hours = 0
        quarantine_days = 30
        late_arrival_days = 0x10
        audit_days = 366
        case_days = 400
        proof_days = 36_500
        register_days = 500
        [limits]
        plays_per_hour = 1
        exports_per_hour = 10_000
        memos_per_hour = 5
        notes_per_hour = 6
        items_per_hour = 50
        [backup]
        region = "ap-northeast-3"
        [access]
        admin_limit = 3
        staff = "own_calls"
        staff_view_days = 30
        age_limit_days = 60
        manager_download = true
        [[handover]]
        from = "sato"
        to = "suzuki"
        since = 2026-12-01
        until = "2027/3/31"
        [[deputy]]
        team = "営業１課"
        member = "suzuki"
        from = "2026/12/28"
        until = 2026-12-31
        [[team]]
        name = "営業２課"
        dissolved = "2026/10/1"
        successor = "営業１課"
        [[line]]
        name = "代表"
        number = "０３（１２３４）５６７８"
        queue = "６００"
        team = "営業１課"
        owner = "line"
        [[notice]]
        line = "代表"
        direction = "inbound"
        placed = "operator"
        text = "録音します。"
        purposes = ["evidence", "quality"]
        from = 2026-04-01
        until = "2026/4/30"
        "#,
    );
    assert_eq!((all.company.as_str(), all.zone_name.as_str(), all.country.as_str()), ("山田商事", "Asia/Tokyo", "JP"));
    assert_eq!(all.purposes, ["handover", "evidence", "quality"]);
    assert_eq!(
        all.quality.as_ref().map(|quality| &quality.value),
        Some(&Quality { keep_days: 14, roles: vec![Role::Manager, Role::Staff], teams: vec!["営業1課".to_owned()] })
    );
    assert_eq!(
        all.retention[0].value,
        RetentionRule {
            class: "contracts".to_owned(),
            keep_days: 90,
            retroactive: true,
            when: When {
                team: Some("営業1課".to_owned()),
                direction: Some(Direction::Outbound),
                line: Some("代表".to_owned()),
            },
        }
    );
    assert_eq!(all.retention[1].value.keep_days, 36_500);
    assert_eq!((all.settle_hours, all.quarantine_days, all.late_arrival_days), (0, 30, 16));
    assert_eq!((all.audit_days, all.case_days, all.proof_days), (366, 400, 36_500));
    assert_eq!(all.register_days, 500);
    let limits = Limits {
        plays_per_hour: 1,
        downloads_per_hour: 20,
        exports_per_hour: 10_000,
        memos_per_hour: 5,
        notes_per_hour: 6,
        items_per_hour: 50,
    };
    assert_eq!(all.limits, limits);
    assert_eq!((all.admin_limit.value, all.manager_download), (3, true));
    assert_eq!((all.staff_hears_own_calls, all.staff_view_days, all.age_limit_days), (true, 30, Some(60)));
    assert_eq!(
        all.handovers[0].value,
        Handover {
            from: "sato".to_owned(),
            to: "suzuki".to_owned(),
            since: jiff::civil::date(2026, 12, 1),
            until: Some(jiff::civil::date(2027, 3, 31)),
        }
    );
    let day = |month, day| jiff::civil::date(2026, month, day);
    let (team, member) = ("営業1課".to_owned(), "suzuki".to_owned());
    assert_eq!(all.deputies[0].value, Deputy { team, member, from: day(12, 28), until: day(12, 31) });
    assert_eq!(
        all.dissolved_teams[0].value,
        DissolvedTeam {
            name: "営業2課".to_owned(),
            dissolved: jiff::civil::date(2026, 10, 1),
            successor: "営業1課".to_owned(),
        }
    );
    assert_eq!(
        all.lines[0].value,
        Line {
            name: "代表".to_owned(),
            number: Some("+81312345678".to_owned().try_into().unwrap()),
            queue: Some("600".to_owned()),
            team: Some("営業1課".to_owned()),
            owned_by_line: true,
        }
    );
    assert_eq!(
        all.notices[0].value,
        Notice {
            line: Some("代表".to_owned()),
            direction: Direction::Inbound,
            placed: NoticeKind::Operator,
            text: "録音します。".to_owned(),
            purposes: vec!["evidence".to_owned(), "quality".to_owned()],
            from: jiff::civil::date(2026, 4, 1),
            until: Some(jiff::civil::date(2026, 4, 30)),
        }
    );
}

#[test]
fn what_is_not_said_is_the_strict_default() {
    let all = policy(POLICY);
    assert_eq!((all.settle_hours, all.quarantine_days, all.late_arrival_days), (72, 90, 366));
    assert_eq!((all.audit_days, all.case_days, all.proof_days), (1_096, 365, 1_096));
    assert_eq!(all.register_days, 1_095);
    assert_eq!(all.limits, Limits::default());
    let limits = Limits {
        plays_per_hour: 60,
        downloads_per_hour: 20,
        exports_per_hour: 20,
        memos_per_hour: 20,
        notes_per_hour: 100,
        items_per_hour: 5_000,
    };
    assert_eq!(all.limits, limits);
    assert_eq!(all.admin_limit.value, 2);
    assert_eq!(all.purposes, ["evidence"]);
    assert_eq!((all.staff_hears_own_calls, all.staff_view_days, all.age_limit_days), (false, 7, None));
    assert!(
        all.quality.is_none() && all.handovers.is_empty() && all.deputies.is_empty() && all.dissolved_teams.is_empty()
    );
    assert!(!all.retention[0].value.retroactive);
    assert!(!all.lines[0].value.owned_by_line);
    assert_eq!(all.notices[0].value.until, None);
}

#[test]
fn a_policy_reads_the_same_with_a_byte_order_mark_and_crlf() {
    let faulty = POLICY.replace("keep_days = 30", "keep_days = 0");
    let (_, plain, _) = read(&faulty);
    let as_windows = format!("\u{feff}{}", faulty.replace('\n', "\r\n"));
    let (_, windows, _) = read(&as_windows);
    assert_eq!(plain.len(), 1);
    assert_eq!(plain, windows);
    assert_eq!(policy(&format!("\u{feff}{}", POLICY.replace('\n', "\r\n"))).company, "山田商事");
}

#[test]
fn a_policy_with_faults_is_never_looser_than_the_strict_default() {
    let (unreadable, faults, _) = read("[company");
    assert!(!faults.is_empty());
    assert!(!unreadable.manager_download && !unreadable.staff_hears_own_calls);
    assert!(unreadable.purposes.is_empty() && unreadable.retention.is_empty());
}

#[test]
fn what_a_fault_of_writing_makes_seem_missing_is_not_told() {
    let (_, faults, _) = read(&POLICY.replace("[purpose]", "[purpose"));
    assert_eq!(faults[0].line, 6);
    assert!(faults.iter().all(|fault| fault.code() == FaultCode::Syntax), "{faults:#?}");
}

#[test]
fn deep_nesting_ends_in_a_fault() {
    let (_, faults, _) = read(&format!("a = {}", "[".repeat(100_000)));
    assert!(faults.iter().any(|fault| fault.code() == FaultCode::Syntax));
}

#[test]
fn closed_days_and_the_weekend_are_the_companys_own() {
    use jiff::civil::{Weekday, date};

    use crate::rulebook::calendar::{Calendar, ClosedDays};
    assert_eq!(policy(POLICY).calendar, Calendar::default());
    let written = "[calendar]\nweekend = [\"日\", \"friday\"]\n[[closed_days]]\nfrom = 2026-12-29\nuntil = \"2027-01-03\"\n\
        [[closed_days]]\nfrom = \"2026/11/23\"\n";
    let calendar = policy(&format!("{POLICY}{written}")).calendar;
    let days = |from, until| ClosedDays { from, until };
    assert_eq!(calendar.weekend, [Weekday::Sunday, Weekday::Friday]);
    let one = date(2026, 11, 23);
    assert_eq!(calendar.closed, [days(date(2026, 12, 29), date(2027, 1, 3)), days(one, one)]);
    assert_eq!(policy(&format!("{POLICY}[calendar]\nweekend = []\n")).calendar.weekend, []);
    for (wrong, code) in [
        ("[calendar]\nweekend = [\"holiday\"]\n", FaultCode::UnknownWord),
        ("[calendar]\nholidays = true\n", FaultCode::UnknownKey),
        ("[[closed_days]]\nuntil = 2027-01-03\n", FaultCode::MissingKey),
        ("[[closed_days]]\nfrom = \"年末\"\n", FaultCode::NotADay),
        ("[[closed_days]]\nfrom = 2027-01-03\nuntil = 2027-01-02\n", FaultCode::UntilBeforeFrom),
    ] {
        let (_, faults, _) = read(&format!("{POLICY}{wrong}"));
        assert_eq!(faults.iter().map(Fault::code).collect::<Vec<_>>(), [code], "{wrong}");
    }
}
