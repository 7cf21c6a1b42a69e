//! The tests of `check`.

#![allow(clippy::unwrap_used)]
use super::FaultIn::{Policy as P, Staff as S};
use super::*;
use crate::language::Language;
use crate::rulebook::FaultCode;
use crate::rulebook::sample::{POLICY, STAFF, now};

fn faults(policy: &str, staff: &str) -> Vec<Fault> {
    check(policy, staff, now()).err().unwrap_or_default()
}

fn found(policy: &str, staff: &str) -> Vec<(FaultIn, u32, FaultCode)> {
    faults(policy, staff).into_iter().map(|fault| (fault.file, fault.line, fault.code())).collect()
}

/// The one line of a text that holds a piece of it, from 1.
fn line_with(text: &str, piece: &str) -> u32 {
    let lines: Vec<usize> =
        text.lines().enumerate().filter(|(_, line)| line.contains(piece)).map(|(line, _)| line + 1).collect();
    assert_eq!(lines.len(), 1, "`{piece}` is in lines {lines:?}");
    u32::try_from(lines[0]).unwrap()
}

#[test]
fn the_sample_has_no_fault() {
    assert_eq!(faults(POLICY, STAFF), []);
}

/// Each fault, and a piece of the line it is on.
type Expected = &'static [(&'static str, FaultCode)];

#[test]
fn each_fault_of_a_policy_is_told_with_its_line() {
    use FaultCode as C;
    // What is replaced, by what, and where which fault is: on the line of the first text, some lines down.
    let table: &[(&str, &str, Expected)] = &[
        ("name = \"山田商事\"", "", &[("[company]", C::CompanyUndecided)]),
        ("time_zone = \"Asia/Tokyo\"", "time_zone = \"Asia/Edo\"", &[("Asia/Edo", C::UnknownZone)]),
        ("country = \"JP\"", "country = \"jp\"", &[("country", C::NotACountry)]),
        ("country = \"JP\"", "country = 81", &[("country", C::WrongType)]),
        ("default = \"evidence\"", "", &[("[purpose]", C::PurposeUndecided)]),
        ("default = \"evidence\"", "default = \"fun\"", &[("fun", C::UnknownWord)]),
        (
            "default = \"evidence\"",
            "default = \"evidence\"\nothers = [\"evidence\",\n\"quality\"]",
            &[("others", C::PurposeTwice), ("\"quality", C::QualityUndecided), ("\"quality", C::QualityWithoutNotice)],
        ),
        ("keep_days = 30", "", &[("[[retention]]", C::PeriodUndecided)]),
        ("keep_days = 30", "keep_days = 0", &[("keep_days = 0", C::OutOfRange)]),
        ("keep_days = 30", "keep_days = 36_501", &[("36_501", C::OutOfRange)]),
        ("keep_days = 30", "keep_days = -1", &[("-1", C::OutOfRange)]),
        ("keep_days = 30", "keep_days = 99999999999999999999", &[("9999", C::OutOfRange)]),
        ("keep_days = 30", "keep_days = \"30\"", &[("\"30\"", C::WrongType)]),
        ("keep_days = 30", "keep_days = 30\nretroactive = \"yes\"", &[("retroactive", C::WrongType)]),
        ("class = \"standard\"", "class = \"Standard\"", &[("Standard", C::NotAClassName)]),
        ("class = \"standard\"", "class = \"quarantine\"", &[("quarantine", C::ClassReserved)]),
        ("class = \"standard\"", "class = \"contracts\"", &[("[[retention]]", C::ClassTwice)]),
        (
            "class = \"standard\"",
            "class = \"standard\"\nwhen = { direction = \"inbound\" }",
            &[("[[retention]]", C::NoRuleForAll)],
        ),
        ("when = { team = \"sales\", direction = \"outbound\" }", "", &[("[[retention]]", C::RuleNeverReached)]),
        ("team = \"sales\"", "team = \"sails\"", &[("[[retention]]", C::UnknownTeam)]),
        ("direction = \"outbound\" }", "line = \"裏口\" }", &[("[[retention]]", C::UnknownLine)]),
        ("direction = \"outbound\" }", "direction = \"out\" }", &[("\"out\"", C::UnknownWord)]),
        ("direction = \"outbound\" }", "way = \"outbound\" }", &[("way", C::UnknownKey)]),
        ("staff = \"none\"", "", &[("[access]", C::PermissionUndecided)]),
        ("manager_download = false", "", &[("[access]", C::PermissionUndecided)]),
        ("manager_download = false", "manager_download = \"false\"", &[("manager_download", C::WrongType)]),
        ("staff = \"none\"", "staff = \"own_calls\"", &[]),
        ("staff = \"none\"", "staff = \"own_calls\"\nstaff_view_days = 0", &[("own_calls", C::NeverViewed)]),
        ("[access]", "[access]\nstaff_view_days = 0", &[]),
        ("[access]", "[access]\nstaff_view_days = 3651", &[("3651", C::OutOfRange)]),
        ("[access]", "[access]\nage_limit_days = 0", &[("age_limit", C::OutOfRange)]),
        ("[access]", "[quality]\nkeep_days = 7\nroles = [\"staff\"]\n[access]", &[("[quality]", C::QualityUnused)]),
        ("[access]", "[[handover]]\nfrom = \"sato\"\nto = \"kato\"\nsince = 2026-12-01\n[access]", &[]),
        (
            "[access]",
            "[[handover]]\nfrom = \"satou\"\nto = \"nobody\"\nsince = 2026-12-01\n[access]",
            &[("[[handover]]", C::UnknownMember), ("[[handover]]", C::UnknownMember)],
        ),
        (
            "[access]",
            "[[handover]]\nfrom = \"sato\"\nto = \"ono\"\nsince = 2026-12-01\nuntil = 2026-11-30\n[access]",
            &[("[[handover]]", C::UntilBeforeFrom), ("[[handover]]", C::HandoverToAuditor)],
        ),
        (
            "[access]",
            "[[handover]]\nfrom = \"sato\"\nto = \"sato\"\nsince = 2026-12-01\n[access]",
            &[("[[handover]]", C::OwnSuccessor)],
        ),
        (
            "[access]",
            "[[handover]]\nwhy = \"\"\n[access]",
            &[
                ("[[handover]]", C::MissingKey),
                ("[[handover]]", C::MissingKey),
                ("[[handover]]", C::MissingKey),
                ("why", C::UnknownKey),
            ],
        ),
        (
            "[access]",
            "[[team]]\nname = \"audit\"\ndissolved = 2027-01-01\n[access]",
            &[("[[team]]", C::SuccessorMissing)],
        ),
        (
            "[access]",
            "[[team]]\nsuccessor = \"sales\"\n[access]",
            &[("[[team]]", C::MissingKey), ("[[team]]", C::MissingKey)],
        ),
        (
            "[access]",
            "[[team]]\nname = \"sails\"\ndissolved = 2026-07-01\nsuccessor = \"sale\"\n[access]",
            &[("[[team]]", C::UnknownTeam), ("[[team]]", C::UnknownTeam)],
        ),
        ("staff = \"none\"", "staff = \"all\"", &[("\"all\"", C::UnknownWord)]),
        ("[access]", "[access]\nadmin_limit = 1", &[("[access]", C::TooManyAdmins)]),
        ("[access]", "[access]\nadmin_limit = 0", &[("admin_limit", C::OutOfRange)]),
        ("[access]", "[keeping]\nsettle_hours = 8761\n[access]", &[("8761", C::OutOfRange)]),
        ("[access]", "[keeping]\nquarantine_days = 0\n[access]", &[("quarantine_days", C::OutOfRange)]),
        ("[access]", "[keeping]\nlate_days = 1\n[access]", &[("late_days", C::UnknownKey)]),
        ("[access]", "[keeping]\naudit_days = 366\n[access]", &[]),
        ("[access]", "[keeping]\naudit_days = 365\n[access]", &[("audit_days", C::OutOfRange)]),
        ("[access]", "[limits]\nplays_per_hour = 1\nexports_per_hour = 10_000\n[access]", &[]),
        (
            "[access]",
            "[limits]\nplays_per_hour = 0\ndownloads_per_hour = 10_001\nexports_per_hour = \"20\"\n[access]",
            &[("plays_per", C::OutOfRange), ("downloads_per", C::OutOfRange), ("exports_per", C::WrongType)],
        ),
        ("[access]", "[limits]\nplays_per_hour = 1.5\n[access]", &[("plays_per", C::WrongType)]),
        ("[access]", "[limits]\nplays_per_day = 100\n[access]", &[("plays_per_day", C::UnknownKey)]),
        ("[access]", "limits = 60\n[access]", &[("limits = 60", C::UnknownKey)]),
        ("keep_days = 30", "keep_days = 179", &[]),
        ("keep_days = 30", "keep_days = 180", &[("[[retention]]", C::BackupMissing)]),
        ("keep_days = 30", "keep_days = 180\n[backup]\nregion = \"ap-northeast-3\"", &[]),
        ("keep_days = 30", "keep_days = 180\n[backup]\nbucket = \"yamada.copies-2\"", &[]),
        ("keep_days = 30", "keep_days = 180\n[backup]", &[("[backup]", C::MissingKey)]),
        (
            "keep_days = 30",
            "keep_days = 30\n[[handover]]\nfrom = \"takahashi\"\nto = \"kato\"\nsince = 2026-11-04",
            &[("[[handover]]", C::HandoverOutside)],
        ),
        ("keep_days = 30", "keep_days = 180\n[backup]\nregion = 3", &[("region", C::WrongType)]),
        ("[access]", "[backup]\nregion = \"Osaka\"\n[access]", &[("region", C::NotARegion)]),
        ("[access]", "[backup]\nregion = \"ap-northeast\"\n[access]", &[("region", C::NotARegion)]),
        ("[access]", "[backup]\nbucket = \"Copies\"\n[access]", &[("bucket", C::NotABucket)]),
        ("[access]", "[backup]\nbucket = \"a..b\"\n[access]", &[("bucket", C::NotABucket)]),
        ("[access]", "[backup]\nbucket = \"s3://copies\"\n[access]", &[("bucket", C::NotABucket)]),
        ("[access]", "[backup]\nbucket = \"copies\"\nplace = 1\n[access]", &[("place", C::UnknownKey)]),
        ("[access]", "[acess]\n[access]", &[("[acess]", C::UnknownKey)]),
        ("name = \"代表\"", "", &[("[[line]]", C::MissingKey), ("[[notice]]", C::UnknownLine)]),
        ("name = \"代表\"", "name = \"サポート窓口\"", &[("[[line]]", C::LineTwice), ("[[notice]]", C::UnknownLine)]),
        ("queue = \"600\"", "number = \"0312345678\"", &[("[[line]]", C::NumberTwice)]),
        ("number = \"03-1234-5678\"", "queue = \"６００\"", &[("[[line]]", C::QueueTwice)]),
        ("number = \"03-1234-5678\"", "number = \"312345678\"", &[("312345678", C::LostZero)]),
        ("number = \"03-1234-5678\"", "number = \"代表\"", &[("number", C::NotANumber)]),
        ("number = \"03-1234-5678\"", "number = 312345678", &[("312345678", C::WrongType)]),
        ("team = \"general\"", "team = \"genral\"", &[("[[line]]", C::UnknownTeam)]),
        ("team = \"support\"", "", &[("[[line]]", C::LineWithoutTeam)]),
        ("line = \"代表\"", "line = \"裏口\"", &[("[[notice]]", C::UnknownLine)]),
        ("placed = \"ivr\"", "placed = \"wall\"", &[("wall", C::UnknownWord)]),
        ("placed = \"ivr\"", "", &[("[[notice]]", C::MissingKey)]),
        ("from = \"2026-04-01\"", "from = \"April\"", &[("April", C::NotADay)]),
        ("from = \"2026-04-01\"", "from = 2026-04-01T00:00:00Z", &[("from", C::NotADay)]),
        (
            "from = \"2026-04-01\"",
            "from = \"2026-04-01\"\nuntil = \"2026-03-31\"",
            &[("[[notice]]", C::UntilBeforeFrom)],
        ),
        ("text = \"通話", "text = \" \" # \"通話", &[("text", C::NoText)]),
        ("default = \"evidence\"", "default = evidence", &[("evidence", C::Syntax)]),
        ("[purpose]", "[[purpose]]", &[("[[purpose]]", C::WrongType)]),
        ("[access]", "line = 1\n[access]", &[("line = 1", C::UnknownKey)]),
    ];
    for (piece, replacement, expected) in table {
        // The last of the pieces: the sample has the general rule, line and notice last.
        let start = POLICY.rfind(piece).unwrap();
        let policy = format!("{}{replacement}{}", &POLICY[..start], &POLICY[start + piece.len()..]);
        let lines_down = |marker: &str| {
            let near = |line: &(usize, &str)| line.1.contains(marker);
            let lines: Vec<usize> = policy.lines().enumerate().filter(near).map(|(line, _)| line + 1).collect();
            lines.into_iter().map(|line| u32::try_from(line).unwrap()).collect::<Vec<_>>()
        };
        let all = found(&policy, STAFF);
        assert_eq!(all.len(), expected.len(), "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
        for ((file, line, code), (marker, expected)) in all.iter().zip(*expected) {
            assert_eq!((file, code), (&P, expected), "`{piece}` as `{replacement}`");
            assert!(lines_down(marker).contains(line), "`{piece}` as `{replacement}`: {code:?} in line {line}");
        }
    }
}

/// What is replaced, by what, and on which line of the section, from 0, which fault is.
type OfSection<'t> = (&'t str, &'t str, &'t [(u32, FaultCode)]);

#[test]
fn each_fault_of_a_source_is_told_with_its_line() {
    use FaultCode as C;
    let sources = r#"[[source]]
name = "osaka"
prefix = "osaka/"
pattern = '(?P<type>in|out)_(?P<ext>\d+)_(?P<call_id>\d+)'
zone = "company"
sidecar = { staff = "agent" }
[[source.kind]]
type = "in"
direction = "inbound"
called = "ext"
[[source]]
name = "kyoto"
prefix = "kyoto/"
recorder = "freepbx"
"#;
    assert_eq!(found(&format!("{POLICY}{sources}"), STAFF), []);
    let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
    let table: &[OfSection<'_>] = &[
        ("name = \"osaka\"", "", &[(0, C::MissingKey)]),
        ("name = \"osaka\"", "name = \"Osaka\"", &[(1, C::NotASourceName)]),
        ("name = \"osaka\"", "name = 1", &[(1, C::WrongType)]),
        ("name = \"osaka\"", "name = \"kyoto\"", &[(10, C::SourceTwice)]),
        ("prefix = \"osaka/\"", "prefix = \"kyoto/\"", &[(10, C::PrefixTwice)]),
        ("prefix = \"osaka/\"", "prefix = \"calllog/\"", &[(2, C::NotAPrefix)]),
        ("prefix = \"osaka/\"", "prefix = \"osaka\"", &[(2, C::NotAPrefix)]),
        ("\\d+)_(?P<call", "\\d+_(?P<call", &[(3, C::BadPattern)]),
        ("(?P<call_id>", "(?P<who>", &[(3, C::UnknownPart), (3, C::UselessPattern)]),
        ("(?P<ext>", "(?:", &[(6, C::MissingPart)]),
        ("(?P<type>", "(?:", &[(6, C::MissingPart)]),
        ("pattern = '", "pattern = 5 # '", &[(3, C::WrongType)]),
        ("pattern = '", "# '", &[(0, C::MissingKey)]),
        ("zone = \"company\"", "zone = \"Kansai\"", &[(4, C::UnknownZone)]),
        ("zone = \"company\"", "zone = \"epoch\"", &[(4, C::MissingPart)]),
        ("zone = \"company\"", "recorder = \"freepbx\"", &[(3, C::RecorderAndPattern)]),
        ("zone = \"company\"", "keys = 1", &[(4, C::UnknownKey)]),
        ("staff = \"agent\"", "agent = \"staff\"", &[(5, C::UnknownKey)]),
        ("staff = \"agent\"", "staff = 5", &[(5, C::WrongType)]),
        ("direction = \"inbound\"", "direction = \"in\"", &[(8, C::UnknownWord)]),
        ("called = \"ext\"", "called = \"ext\"\nwho = 1", &[(10, C::UnknownKey)]),
        ("called = \"ext\"", "called = \"ext\"\n[[source.kind]]\ntype = \"in\"", &[(10, C::KindTwice)]),
        ("recorder = \"freepbx\"", "recorder = \"free\"", &[(13, C::UnknownRecorder)]),
    ];
    for (piece, replacement, expected) in table {
        let policy = format!("{POLICY}{}", sources.replacen(piece, replacement, 1));
        let expected: Vec<_> = expected.iter().map(|(line, code)| (P, first + line, *code)).collect();
        assert_eq!(found(&policy, STAFF), expected, "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
    }
    let many: String = (0..101)
        .map(|number| format!("[[source]]\nname = \"n{number}\"\nprefix = \"p{number}/\"\nrecorder = \"3cx\"\n"))
        .collect();
    assert_eq!(found(&format!("{POLICY}{many}"), STAFF), [(P, first, C::TooMany)]);
}

#[test]
fn each_fault_of_a_call_log_is_told_with_its_line() {
    use FaultCode as C;
    let logs = r#"[[call_log]]
source = "freepbx"
prefix = "calllog/osaka/"
format = "csv"
zone = "Asia/Tokyo"
delimiter = "\t"
answered_words = ["応答", "転送"]
[call_log.columns]
call_id = "通話ID"
started_at = 2
answered = "結果"
[[call_log]]
source = "3cx"
prefix = "calllog/kyoto/"
format = "3cx"
fields = ["historyid", "", "time-start", "from-no", "to-no"]
"#;
    assert_eq!(found(&format!("{POLICY}{logs}"), STAFF), []);
    let first = u32::try_from(POLICY.lines().count()).unwrap() + 1;
    let long = "長".repeat(101);
    let table: &[OfSection<'_>] = &[
        ("source = \"freepbx\"", "", &[(0, C::MissingKey)]),
        ("source = \"freepbx\"", "source = 1", &[(1, C::WrongType)]),
        ("source = \"freepbx\"", "source = \"osaka\"", &[(1, C::UnknownSource)]),
        ("prefix = \"calllog/osaka/\"", "", &[(0, C::MissingKey)]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"osaka/\"", &[(2, C::NotAPrefix)]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/\"", &[(2, C::NotAPrefix)]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/kyoto/\"", &[(11, C::PrefixTwice)]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/kyoto/a/\"", &[(0, C::PrefixNested)]),
        ("prefix = \"calllog/kyoto/\"", "prefix = \"calllog/osaka/a/\"", &[(11, C::PrefixNested)]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/freeswitch/osaka/\"", &[(0, C::PrefixNested)]),
        // What ships for the same source, or lies under the same prefix, is replaced: then there is no other.
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/asterisk/osaka/\"", &[]),
        ("prefix = \"calllog/osaka/\"", "prefix = \"calllog/freeswitch/\"", &[]),
        ("format = \"csv\"", "", &[(0, C::MissingKey)]),
        ("format = \"csv\"", "format = \"xml\"", &[(3, C::UnknownWord)]),
        ("format = \"csv\"", "format = \"asterisk\"", &[(5, C::UnknownKey), (6, C::UnknownKey), (7, C::UnknownKey)]),
        ("zone = \"Asia/Tokyo\"", "zone = \"Kansai\"", &[(4, C::UnknownZone)]),
        ("zone = \"Asia/Tokyo\"", "header = true", &[(4, C::UnknownKey)]),
        ("delimiter = \"\\t\"", "delimiter = \"|\"", &[(5, C::UnknownWord)]),
        ("delimiter = \"\\t\"", "delimiter = 9", &[(5, C::WrongType)]),
        ("[\"応答\", \"転送\"]", "[\"応答\",\n\"\"]", &[(6, C::NoText)]),
        ("[\"応答\", \"転送\"]", "[\"応答\",\n1]", &[(7, C::WrongType)]),
        ("[\"応答\", \"転送\"]", "\"応答\"", &[(6, C::WrongType)]),
        ("\"応答\"", &format!("\"{long}\""), &[(6, C::TooLong)]),
        ("call_id = \"通話ID\"", "", &[(7, C::MissingKey)]),
        ("call_id = \"通話ID\"", "call_id = true", &[(8, C::WrongType)]),
        ("call_id = \"通話ID\"", "call_id = \" \"", &[(8, C::NoText)]),
        ("call_id = \"通話ID\"", &format!("call_id = \"{long}\""), &[(8, C::TooLong)]),
        ("started_at = 2", "started_at = 0", &[(9, C::OutOfRange)]),
        ("started_at = 2", "started_at = 1025", &[(9, C::OutOfRange)]),
        ("started_at = 2", "started_at = 2\nmood = 3", &[(10, C::UnknownKey)]),
        ("answered = \"結果\"", "", &[(6, C::MissingKey), (7, C::MissingKey)]),
        ("\"time-start\", ", "", &[(15, C::MissingKey)]),
        ("\"from-no\"", "\"from\"", &[(15, C::UnknownWord)]),
        ("\"from-no\"", "\"to-no\"", &[(15, C::ColumnTwice)]),
    ];
    for (piece, replacement, expected) in table {
        let policy = format!("{POLICY}{}", logs.replacen(piece, replacement, 1));
        let expected: Vec<_> = expected.iter().map(|(line, code)| (P, first + line, *code)).collect();
        assert_eq!(found(&policy, STAFF), expected, "`{piece}` as `{replacement}`: {:#?}", faults(&policy, STAFF));
    }
    let many: String = (0..101)
        .map(|n| format!("[[call_log]]\nsource = \"3cx\"\nprefix = \"calllog/p{n}/\"\nformat = \"3cx\"\n"))
        .collect();
    assert_eq!(found(&format!("{POLICY}{many}"), STAFF), [(P, first, C::TooMany)]);
}

#[test]
fn a_call_log_may_name_a_source_of_the_companys_own_and_is_not_blamed_for_one_that_could_not_be_read() {
    let log = "[[call_log]]\nsource = \"osaka\"\nprefix = \"calllog/osaka/\"\nformat = \"asterisk\"\n";
    let source =
        |recorder: &str| format!("[[source]]\nname = \"osaka\"\nprefix = \"osaka/\"\nrecorder = \"{recorder}\"\n");
    let codes = |text: String| found(&format!("{POLICY}{text}"), STAFF).into_iter().map(|(_, _, code)| code);
    assert!(codes(format!("{log}{}", source("freepbx"))).eq([]));
    assert!(codes(format!("{log}{}", source("fax"))).eq([FaultCode::UnknownRecorder]));
    assert!(codes(log.to_owned()).eq([FaultCode::UnknownSource]));
}

/// The sample with quality for managers and the support team, and a notice that says so.
fn with_quality() -> String {
    POLICY
        .replace("default = \"evidence\"", "default = \"evidence\"\nothers = [\"quality\"]")
        .replace("placed = \"ivr\"", "placed = \"ivr\"\npurposes = [\"quality\"]")
        + "[quality]\nkeep_days = 14\nroles = [\"manager\"]\nteams = [\"support\"]\n"
}

#[test]
fn quality_needs_a_notice_that_says_so_an_audience_and_a_period() {
    use FaultCode as C;
    let policy = with_quality();
    assert_eq!(found(&policy, STAFF), []);
    for (piece, replacement, marker, expected) in [
        ("purposes = [\"quality\"]\n", "", "others", C::QualityWithoutNotice),
        ("purposes = [\"quality\"]", "purposes = [\"evidence\"]", "others", C::QualityWithoutNotice),
        ("purposes = [\"quality\"]", "purposes = [\"evidence\", \"quality\", \"fun\"]", "fun", C::UnknownWord),
        ("purposes = [\"quality\"]\ntext", "purposes = \"quality\"\ntext", "purposes", C::WrongType),
        ("keep_days = 14\n", "", "[quality]", C::QualityUndecided),
        ("keep_days = 14", "keep_days = 0", "keep_days = 0", C::OutOfRange),
        ("roles = [\"manager\"]\nteams = [\"support\"]\n", "", "[quality]", C::QualityUndecided),
        ("roles = [\"manager\"]\nteams = [\"support\"]", "roles = []\nteams = []", "[quality]", C::QualityUndecided),
        ("roles = [\"manager\"]", "roles = [\"auditor\"]", "auditor", C::UnknownWord),
        ("teams = [\"support\"]", "teams = [\"suport\"]", "[quality]", C::UnknownTeam),
        ("teams = [\"support\"]", "teams = [1]", "teams = [1]", C::WrongType),
        ("teams = [\"support\"]", "teams = \"support\"", "teams", C::WrongType),
        ("teams = [\"support\"]", "teams = [\" \"]", "teams = [\" \"]", C::NoText),
    ] {
        assert!(policy.contains(piece), "{piece}");
        let faulty = policy.replace(piece, replacement);
        let all = found(&faulty, STAFF);
        let lines: Vec<_> = all.iter().filter(|fault| fault.2 == expected).map(|fault| fault.1).collect();
        let near = |line: u32| faulty.lines().nth(line as usize - 1).unwrap().contains(marker);
        assert_eq!(lines.len(), 1, "{piece} as {replacement}: {all:?}");
        assert!(near(lines[0]), "{piece} as {replacement}: {all:?}");
    }
    let many = policy.replace("teams = [\"support\"]", &format!("teams = [{}]", "\"support\",".repeat(51)));
    assert_eq!(found(&many, STAFF), [(P, line_with(&many, "teams"), C::TooMany)]);
}

#[test]
fn from_180_days_on_permission_must_be_as_strict_as_the_default_or_old_recordings_the_admins() {
    let backup = "[backup]\nregion = \"ap-northeast-3\"\n";
    let codes = |keep_days: u32, access: &str| {
        let policy = POLICY
            .replace("keep_days = 30", &format!("keep_days = {keep_days}"))
            .replace("staff = \"none\"\nmanager_download = false", access);
        found(&format!("{policy}{backup}"), STAFF).into_iter().map(|(_, _, code)| code).collect::<Vec<_>>()
    };
    let too_wide = [FaultCode::PermissionTooWide];
    for (access, is_tight) in [
        ("staff = \"none\"\nmanager_download = false", true),
        ("staff = \"own_calls\"\nmanager_download = false", false),
        ("staff = \"none\"\nmanager_download = true", false),
        ("staff = \"own_calls\"\nmanager_download = true\nage_limit_days = 91", false),
        ("staff = \"own_calls\"\nmanager_download = true\nage_limit_days = 90", true),
    ] {
        assert_eq!(codes(179, access), [], "{access}");
        assert_eq!(codes(180, access), if is_tight { &[][..] } else { &too_wide }, "{access}");
    }
}

#[test]
fn a_handover_is_within_the_days_of_both() {
    let of = |from: &str, to: &str, days: &str| {
        let policy = format!("{POLICY}[[handover]]\nfrom = \"{from}\"\nto = \"{to}\"\n{days}\n");
        found(&policy, STAFF).into_iter().map(|(_, _, code)| code).collect::<Vec<_>>()
    };
    let outside = [FaultCode::HandoverOutside];
    // Tanaka left on 4 November; Takahashi came on the 5th; Nakamura leaves on 31 March.
    assert_eq!(of("tanaka", "takahashi", "since = 2026-11-05"), []);
    assert_eq!(of("tanaka", "takahashi", "since = 2026-11-04"), outside, "the successor is not there yet");
    assert_eq!(of("takahashi", "sato", "since = 2026-11-05"), []);
    assert_eq!(of("takahashi", "sato", "since = 2026-11-04"), outside, "there are no calls yet");
    assert_eq!(of("sato", "tanaka", "since = 2026-11-04"), []);
    assert_eq!(of("sato", "tanaka", "since = 2026-11-05"), outside, "the successor has left");
    assert_eq!(of("sato", "nakamura", "since = 2026-12-01\nuntil = 2027-03-31"), []);
    assert_eq!(of("sato", "nakamura", "since = 2026-12-01\nuntil = 2027-04-01"), outside);
    // Without a last day it ends with the successor.
    assert_eq!(of("sato", "nakamura", "since = 2026-12-01"), []);
}

#[test]
fn a_dissolved_team_ends_in_one_that_there_is_and_nobody_is_in_it_any_more() {
    use FaultCode as C;
    let dissolved = |teams: &[(&str, &str, &str)]| {
        let sections = teams.iter().map(|(name, day, successor)| {
            format!("[[team]]\nname = \"{name}\"\ndissolved = {day}\nsuccessor = \"{successor}\"\n")
        });
        format!("{POLICY}{}", sections.collect::<String>())
    };
    let codes = |teams: &[(&str, &str, &str)], rows: &str| {
        found(&dissolved(teams), &format!("{STAFF}{rows}"))
            .into_iter()
            .map(|fault| (fault.0, fault.2))
            .collect::<Vec<_>>()
    };
    let rows = "a,一,,,,east,staff,,,2026-04-01,2026-06-30\nb,二,,,,west,staff,,,2026-04-01,2026-06-30\n";
    assert_eq!(codes(&[("east", "2026-07-01", "west"), ("west", "2026-07-01", "sales")], rows), []);
    let circle = [("east", "2026-07-01", "west"), ("west", "2026-07-01", "east")];
    assert_eq!(codes(&circle, rows), [(P, C::OwnSuccessor), (P, C::OwnSuccessor)]);
    assert_eq!(codes(&[("east", "2026-07-01", "east")], rows), [(P, C::OwnSuccessor)]);
    let twice = [("east", "2026-07-01", "sales"), ("east", "2026-08-01", "support")];
    assert_eq!(codes(&twice, rows), [(P, C::TeamTwice)]);
    // The last day of the post must be before the first without the team.
    assert_eq!(codes(&[("east", "2026-06-30", "sales")], rows), [(S, C::TeamDissolved)]);
    let staff = format!("{STAFF}a,一,,,,east,staff,,,2026-04-01,\nb,二,,,,east,manager,east,,2026-04-01,2098-12-31\n");
    let policy = dissolved(&[("east", "2099-01-01", "sales")]);
    let faults = found(&policy, &staff);
    assert_eq!(faults, [(S, 11, C::TeamDissolved), (S, 11, C::TeamWithoutManager)], "{faults:?}");
}

#[test]
fn each_fault_of_a_staff_list_is_told_with_its_row() {
    use FaultCode as C;
    let table: &[(&str, &[(u32, C)])] = &[
        ("abe,阿部 学,,203,,sales,staff,,,2026/11/4,", &[(9, C::ExtensionOverlap), (11, C::ExtensionOverlap)]),
        ("abe,阿部 学,,204,,sales,staff,,,2027-03-31,", &[(11, C::ExtensionOverlap)]),
        ("abe,阿部 学,,204,,sales,staff,,,2027-04-01,", &[]),
        ("abe,阿部 学,,２０４,,sales,staff,,,2026-12-01,", &[(11, C::ExtensionOverlap)]),
        ("sato,佐藤 花子,,201,,support,staff,,,2026-04-01,", &[]),
        ("abe,阿部 学,,,+81 90-0000-0201,sales,staff,,,2026-12-01,", &[(11, C::NumberOverlap)]),
        ("abe,阿部 学,sato,,,sales,staff,,,2026-12-01,", &[(11, C::LoginOverlap)]),
        ("abe,阿部 学,sato,,,sales,staff,,,2026-03-01,2026-03-31", &[]),
        ("sato,阿部 学,,,,sales,staff,,,2026-12-01,", &[(11, C::IdOverlap)]),
        ("abe,阿部 学,,,,sales,staff,,業務委託 録番商会,2026-12-01,", &[(11, C::EndMissing)]),
        ("abe,阿部 学,,,,sales,staff,,Outsourced,2026-12-01,", &[(11, C::EndMissing)]),
        ("abe,阿部 学,,,,sales,staff,,出向,2026-12-01,", &[]),
        ("abe,阿部 学,,,,sales,manager,sails,,2026-12-01,", &[(11, C::UnknownTeam)]),
        ("abe,阿部 学,,,,sales,staff,sales,,2026-12-01,", &[(11, C::ManagesWithoutRole)]),
        ("abe,阿部 学,,,9000000201,sales,staff,,,2026-12-01,", &[(11, C::LostZero)]),
        ("abe,阿部 学,,,090-0000-0202;9.0E+09,sales,staff,,,2026-12-01,", &[(11, C::NotANumber)]),
        ("abe,阿部 学,,,,sales,boss,,,2026-12-01,", &[(11, C::UnknownWord)]),
        ("abe,阿部 学,,,,sales,,,,2026-12-01,", &[(11, C::UnknownWord)]),
        (",阿部 学,,,,,staff,,,,", &[(11, C::EmptyCell), (11, C::EmptyCell), (11, C::EmptyCell)]),
        ("abe,阿部 学,,,,sales,staff,,,12/1/2026,2027", &[(11, C::NotADay), (11, C::NotADay)]),
        ("abe,阿部 学,,,,sales,staff,,,2026-12-01,2026-11-30", &[(11, C::UntilBeforeFrom)]),
        ("abe,阿部 学,,,,sales,staff,,,2026-12-01,,,extra", &[(11, C::RowTooLong)]),
        ("abe,阿部 学,,,,sales,staff,,,2026-12-01,,,", &[]),
        ("abe,\"阿部\n学\",,,,sales,staff,,,2026-12-01,", &[(11, C::NoText)]),
        ("abe,\u{fffd}\u{fffd},,,,sales,staff,,,2026-12-01,", &[(11, C::NotText)]),
    ];
    for (row, expected) in table {
        let expected: Vec<_> = expected.iter().map(|(line, code)| (S, *line, *code)).collect();
        let list = format!("{STAFF}{row}\n");
        assert_eq!(found(POLICY, &list), expected, "{row}: {:#?}", faults(POLICY, &list));
    }
}

#[test]
fn a_team_of_staff_has_a_manager_every_day_from_today_on() {
    // Today is 20 November 2026; a team of its own, with these rows.
    let of = |rows: &[&str]| {
        let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
        found(POLICY, &format!("{STAFF}{rows}"))
    };
    let without = |line: u32| vec![(S, line, FaultCode::TeamWithoutManager)];
    let member = "abe,阿部 学,,,,shop,staff,,,2026-04-01,";
    let manager = |days: &str| format!("ito,伊藤 葵,,,,management,manager,shop,,{days}");
    assert_eq!(of(&[member]), without(11));
    assert_eq!(of(&["b,備 前,,,,shop,staff,,,2026-05-01,", member]), without(11), "one fault for a team");
    assert_eq!(of(&[member, &manager("2026-11-20,")]), []);
    assert_eq!(of(&[member, &manager("2026-11-21,")]), without(11));
    assert_eq!(of(&[member, &manager("2026-04-01,2026-12-31")]), without(11));
    assert_eq!(of(&[&format!("{member}2026-12-31"), &manager("2026-04-01,2026-12-31")]), []);
    assert_eq!(of(&[&format!("{member}2027-01-01"), &manager("2026-04-01,2026-12-31")]), without(11));
    // Whoever left before today needs none, nor does a team without staff.
    assert_eq!(of(&[&format!("{member}2026-11-19")]), []);
    assert_eq!(of(&["c,千 葉,,,,shop,auditor,,,2026-04-01,"]), []);
    // One after the other, without a day between, in any order.
    let next = "ueda,上田 樹,,,,management,責任者,sales;shop,,2027-01-01,";
    assert_eq!(of(&[next, member, &manager("2026-04-01,2026-12-31")]), []);
    assert_eq!(of(&[next, member, &manager("2026-04-01,2026-12-30")]), without(12));
    let fault = faults(POLICY, &format!("{STAFF}{member}\n{next}\n")).remove(0);
    let reason = fault.wrong.explain(Language::English).reason;
    assert!(reason.contains("From 2026-11-20 on") && reason.contains("`shop`"), "{reason}");
    // An admin who is no manager manages nothing.
    assert_eq!(of(&[member, "yamada,山田 太郎,,,,management,admin,shop,,2026-04-01,"]), without(11));
    // Where a row could not be read, it may be the manager's.
    let unread = of(&[member, "ito,伊藤 葵,,,,management,boss,shop,,2026-04-01,"]);
    assert_eq!(unread, [(S, 12, FaultCode::UnknownWord)]);
}

#[test]
fn every_fault_of_both_files_is_told_at_once() {
    let policy = POLICY.replace("keep_days = 30", "keep_days = 0").replace("\"none\"", "\"all\"");
    let staff = STAFF.replace(",staff,", ",clerk,");
    let codes = found(&policy, &staff);
    assert_eq!(
        codes,
        [
            (P, line_with(&policy, "keep_days = 0"), FaultCode::OutOfRange),
            (P, line_with(&policy, "\"all\""), FaultCode::UnknownWord),
            (S, 7, FaultCode::UnknownWord),
            (S, 8, FaultCode::UnknownWord),
            (S, 9, FaultCode::UnknownWord),
            (S, 10, FaultCode::UnknownWord),
        ]
    );
}

#[test]
fn nothing_decided_is_a_fault_for_each_decision_and_for_nobody_who_could_decide() {
    assert_eq!(
        found("", ""),
        [
            (P, 1, FaultCode::CompanyUndecided),
            (P, 1, FaultCode::PurposeUndecided),
            (P, 1, FaultCode::PeriodUndecided),
            (P, 1, FaultCode::PermissionUndecided),
            (S, 1, FaultCode::MissingKey),
        ]
    );
}

#[test]
fn a_list_under_which_nobody_could_publish_is_refused() {
    let without = |edit: &dyn Fn(&str) -> String| {
        let list: String =
            STAFF.lines().map(|row| if row.contains(",admin,") { edit(row) } else { row.to_owned() } + "\n").collect();
        found(POLICY, &list)
    };
    let no_admin = vec![(S, 1, FaultCode::NoAdmin)];
    assert_eq!(without(&|row| row.replace("admin", "auditor")), no_admin);
    // Today is 20 November: one who left yesterday, leaves today, or comes tomorrow can't publish both days.
    assert_eq!(without(&|row| format!("{row}2026-11-19")), no_admin);
    assert_eq!(without(&|row| format!("{row}2026-11-20")), no_admin);
    assert_eq!(without(&|row| row.replace("2026-04-01", "2026-11-21")), no_admin);
    assert_eq!(without(&|row| format!("{row}2026-11-21")), []);
    // One after the other, without a gap.
    let handed_over = STAFF.replace("admin,,,2026-04-01,\nhayashi", "admin,,,2026-04-01,2026-11-20\nhayashi").replace(
        "hayashi,林 由美,,101,,management,admin,,,2026-04-01,",
        "hayashi,林 由美,,101,,management,admin,,,2026-11-21,",
    );
    assert_eq!(found(POLICY, &handed_over), []);
}

#[test]
fn the_days_of_admins_are_counted_in_the_companys_zone() {
    let staff = STAFF.replace("admin,,,2026-04-01,", "admin,,,2026-04-01,2026-11-21");
    let ends: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
    assert!(check(POLICY, &staff, ends - jiff::SignedDuration::from_secs(1)).is_ok());
    assert!(check(POLICY, &staff, ends).is_err(), "it is the 21st in Tokyo, and nobody is there tomorrow");
}

#[test]
fn more_than_two_admins_on_one_day_to_come_need_the_number_said_aloud() {
    let third = |from: &str, until: &str| {
        format!(
            "{STAFF}abe,阿部 学,,302,,management,管理者,,,{from},{until}\nabe,阿部 学,,302,,sales,staff,,,2026-01-01,\n"
        )
    };
    let line = line_with(POLICY, "[access]");
    assert_eq!(found(POLICY, &third("2026-12-01", "")), [(P, line, FaultCode::TooManyAdmins)]);
    assert_eq!(found(POLICY, &third("2026-04-01", "2026-11-20")), [(P, line, FaultCode::TooManyAdmins)]);
    assert_eq!(found(POLICY, &third("2026-04-01", "2026-11-19")), []);
    let said = POLICY.replace("[access]", "[access]\nadmin_limit = 3");
    assert_eq!(found(&said, &third("2026-12-01", "")), []);
    // A second post of one admin is no second admin.
    let twice = format!("{STAFF}yamada,山田 太郎,,,,sales,admin,,,2026-04-01,\n");
    assert_eq!(found(POLICY, &twice), []);
}

#[test]
fn the_limits_hold_and_what_is_within_them_passes() {
    let long = |characters: usize| POLICY.replace("山田商事", &"録".repeat(characters));
    assert_eq!(found(&long(100), STAFF), []);
    assert_eq!(found(&long(101), STAFF), [(P, 2, FaultCode::TooLong)]);
    let comment = format!("{POLICY}#{}", "x".repeat(256 * 1024));
    assert_eq!(found(&comment, STAFF), [(P, 1, FaultCode::TooLong)]);
    let members = |count: usize| {
        let rows: Vec<String> =
            (0..count).map(|number| format!("m{number},録 番,,,,sales,staff,,,2026-04-01,\n")).collect();
        format!("{STAFF}{}", rows.concat())
    };
    assert_eq!(found(POLICY, &members(20_000 - 9)), []);
    assert_eq!(found(POLICY, &members(20_000 - 8)), [(S, 20_002, FaultCode::TooMany)]);
    assert_eq!(found(POLICY, &format!("{STAFF}{}", "\n".repeat(4 * 1024 * 1024))), [(S, 1, FaultCode::TooLong)]);
    let bad_rows = format!("{STAFF}{}", "x\n".repeat(1_000));
    assert_eq!(found(POLICY, &bad_rows).len(), FAULTS_LIMIT);
}

/// The rows that begin while a row of somebody else runs, by comparing all with all: slow, and plainly right.
fn overlaps_by_pairs(posts: &[(u8, u32, Option<u32>)]) -> Vec<usize> {
    let runs = |later: usize, (owner, from, _): &(u8, u32, Option<u32>)| {
        posts.iter().enumerate().any(|(earlier, (other, other_from, other_until))| {
            let began_before = (other_from, earlier) < (from, later);
            owner != other && began_before && *from <= other_until.unwrap_or(99)
        })
    };
    posts.iter().enumerate().filter(|(row, post)| runs(*row, post)).map(|(row, _)| row).collect()
}

proptest::proptest! {
    #[test]
    fn the_first_day_that_nobody_manages_is_the_one_found_by_looking_at_each_day(
        spans in proptest::collection::vec((1_i8..28, 0_i8..6), 0..6), from in 1_i8..28, length in 0_i8..20
    ) {
        let day = |day: i8| Date::constant(2026, 6, day.min(30));
        let spans: Vec<_> = spans.into_iter().map(|(first, length)| (day(first), day(first + length))).collect();
        let is_in = |asked: Date| spans.iter().any(|(first, last)| (*first..=*last).contains(&asked));
        let until = (from + length).min(30);
        let expected = (from..=until).map(day).find(|day| !is_in(*day));
        proptest::prop_assert_eq!(first_day_without(&joined(spans.clone()), day(from), day(until)), expected);
    }

    #[test]
    fn an_extension_shared_on_a_day_is_found_however_the_rows_lie(
        posts in proptest::collection::vec((0_u8..4, 1_u32..25, proptest::option::of(0_u32..9)), 0..7)
    ) {
        let posts: Vec<_> = posts.into_iter().map(|(owner, from, length)| (owner, from, length.map(|length| (from + length).min(30)))).collect();
        let rows: Vec<String> = posts
            .iter()
            .map(|(owner, from, until)| {
                let until = until.map_or_else(String::new, |until| format!("2026-06-{until}"));
                format!("member{owner},member {owner},,900,,sales,staff,,,2026-06-{from},{until}\n")
            })
            .collect();
        let all = found(POLICY, &format!("{STAFF}{}", rows.concat()));
        let expected: Vec<_> = overlaps_by_pairs(&posts)
            .into_iter()
            .map(|row| (S, u32::try_from(row + 11).unwrap(), FaultCode::ExtensionOverlap))
            .collect();
        proptest::prop_assert_eq!(all, expected);
    }

    #[test]
    fn nothing_written_makes_the_check_panic(policy in ".{0,200}", staff in ".{0,200}") {
        proptest::prop_assert!(check(&policy, &staff, now()).is_err());
    }

    #[test]
    fn a_rulebook_with_pieces_cut_out_is_checked_to_the_end(start in 0_usize..800, length in 1_usize..80) {
        let cut = |text: &str| {
            let kept: Vec<char> = text.chars().collect();
            let start = start.min(kept.len());
            let end = (start + length).min(kept.len());
            kept[..start].iter().chain(&kept[end..]).collect::<String>()
        };
        let _ = check(&cut(POLICY), STAFF, now());
        for fault in faults(POLICY, &cut(STAFF)) {
            proptest::prop_assert!(fault.line >= 1);
        }
    }
}

#[test]
fn characters_that_were_lost_on_the_way_are_a_fault_of_their_line() {
    let policy = POLICY.replace("山田商事", "\u{fffd}R\u{fffd}c").replace("録音させて", "\u{fffd}\u{fffd}");
    let lines: Vec<u32> =
        found(&policy, STAFF).iter().filter(|fault| fault.2 == FaultCode::NotText).map(|fault| fault.1).collect();
    assert_eq!(lines, [line_with(&policy, "R\u{fffd}"), line_with(&policy, "text = ")]);
}

#[test]
fn teams_that_are_joined_by_another_sign_are_explained() {
    let staff = STAFF.replace("support;general", "support、general");
    let wrong: Vec<Wrong> = faults(POLICY, &staff).into_iter().map(|fault| fault.wrong).collect();
    assert!(wrong.contains(&Wrong::TeamsNotSeparated { written: "support、general".to_owned() }), "{wrong:?}");
}
