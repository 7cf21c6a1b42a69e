//! Call logs: whatever comes first, a recording and the rows that tell of it find each other; what is
//! missing is reported; what cannot be read is kept aside by its line.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use policy::calllog::Position;
use policy::facts::{Direction, QuarantineReason};
use policy::id::RecordingId;
use policy::recording::State;
use policy::report::completeness;
use serde_json::Value;
use store::{Job, ReportKind, RollUp};
use tests::company::{self, BUCKET, Company, failed, sample};
use tests::monitor::Rule;

const ASTERISK: &str = "calllog/asterisk/Master-20261105.csv";
const FREESWITCH: &str = "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json";
const FUSION: &str = "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav";
const CONNECT: &str =
    "connect/yamada/CallRecordings/2026/11/09/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01_20261109T01:07_UTC.wav";
const CONTACT: &str = "calllog/amazon-connect/6f1b2c1e-8a43-4f0d-9a8d-2f5f9e6f1a01.json";
const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";

type Line = (String, Option<String>, completeness::Tally);

/// What the report says of a day, once it is rolled up.
async fn completeness_of(company: &Company, day: jiff::civil::Date) -> Vec<Line> {
    company.run_job(&Job::RollUp { day }).await;
    let roll_up: RollUp<Line> = company.table().roll_up(ReportKind::Completeness, day).await.unwrap().unwrap();
    roll_up.lines
}

fn contact(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut contact: Value = serde_json::from_slice(&sample(CONTACT)).unwrap();
    change(&mut contact);
    contact.to_string().into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_name_without_a_time_waits_in_quarantine_until_its_log_comes() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(FUSION).await;
    let waiting = company.recording(&id).await;
    assert_eq!(waiting.view.quarantine_reason, Some(QuarantineReason::NoCallFacts));
    company.upload_sample(FREESWITCH).await;
    let found = company.recording(&id).await.view;
    assert_eq!(found.state, State::Active);
    assert_eq!(found.started_at, "2026-11-10T08:59:00+09:00".parse::<Timestamp>().unwrap());
    assert_eq!((found.staff.as_deref(), found.team.as_deref()), (Some("nakamura"), Some("support")));
}

/// Everything that arrives, in every order, comes to the same.
#[tokio::test(start_paused = true)]
async fn five_arrivals_in_every_order_come_to_the_same() {
    let older = contact(|contact| {
        contact["LastUpdateTimestamp"] = "2026-11-09T01:07:40Z".into();
        contact["Agent"]["Username"] = "nakamura".into();
    });
    let arrivals: [(&str, Vec<u8>); 5] = [
        (CONNECT, sample(CONNECT)),
        ("calllog/amazon-connect/older.json", older),
        (CONTACT, sample(CONTACT)),
        ("calllog/amazon-connect/again.json", sample(CONTACT)),
        (FUSION, sample(FUSION)),
    ];
    let mut expected = None;
    for order in permutations(arrivals.len()) {
        let company = Company::with_sample_rulebook(1).await;
        let mut id = None;
        for position in &order {
            let (key, bytes) = &arrivals[*position];
            let arrived = company.upload(key, bytes.clone(), &[]).await;
            if *key == CONNECT {
                id = Some(arrived);
            }
        }
        let view = company.recording(&id.unwrap()).await.view;
        assert_eq!((view.staff.as_deref(), view.team.as_deref()), (Some("suzuki"), Some("support")), "{order:?}");
        let facts = (
            view.state,
            view.call_id,
            view.started_at,
            view.direction,
            view.counterpart,
            view.queue,
            view.line,
            view.our_number,
            view.notice,
            view.class,
            view.periods,
        );
        match &expected {
            None => expected = Some(facts),
            Some(expected) => assert_eq!(&facts, expected, "{order:?}"),
        }
    }
}

fn permutations(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(length - 1) {
        for place in 0..length {
            let mut longer = shorter.clone();
            longer.insert(place, length - 1);
            all.push(longer);
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_log_fills_what_is_missing_and_moves_nothing_that_stands() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    let before = company.recording(&id).await;
    let hostile = "\"\",\"09099999999\",\"301\",\"external\",\"x\",\"PJSIP/a\",\"PJSIP/301-1\",\"Dial\",\"x\",\
                   \"2020-01-01 00:00:00\",\"2020-01-01 00:00:02\",\"2020-01-01 00:00:36\",\"36\",\"34\",\"ANSWERED\",\
                   \"DOCUMENTATION\",\"1793682300.101\",\"\"\n";
    company.upload("calllog/asterisk/hostile.csv", hostile, &[]).await;
    let after = company.recording(&id).await;
    assert_eq!(after.view, before.view, "nothing that stands moves");
}

#[tokio::test(start_paused = true)]
async fn the_report_finds_the_one_lost_call_and_not_the_unanswered_one() {
    let company = Company::with_sample_rulebook(1).await;
    for line in company::expected() {
        company.upload_sample(line["key"].as_str().unwrap()).await;
    }
    company.upload_sample(ASTERISK).await;
    let lines = completeness_of(&company, date(2026, 11, 5)).await;
    let lost: Vec<&String> = lines.iter().flat_map(|(_, _, tally)| &tally.lost.ids).collect();
    assert_eq!(lost, ["1793867398.108"]);
    let (_, team, _) = lines.iter().find(|(_, _, tally)| tally.lost.count > 0).unwrap();
    assert_eq!(team.as_deref(), Some("sales"), "the extension's team on the day");
    for day in [date(2026, 11, 3), date(2026, 11, 4)] {
        for (source, team, tally) in completeness_of(&company, day).await {
            assert_eq!(tally.answered, tally.recorded, "{source} {team:?}");
            assert_eq!(
                (tally.lost.count, tally.orphan.count, tally.length_mismatch.count, tally.duplicate.count),
                (0, 0, 0, 0),
                "{source} {team:?}: {tally:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_ended_is_not_lost_afterwards() {
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(SALES).await;
    company.upload_sample(ASTERISK).await;
    company.world.set_now("2026-12-05T09:00:00+09:00".parse().unwrap());
    assert!(company.sweep().await.unwrap().deleted >= 1);
    let lines = completeness_of(&company, date(2026, 11, 3)).await;
    let of_sales: Vec<_> =
        lines.iter().filter(|(_, _, tally)| tally.lost.ids.contains(&"1793682300.101".to_owned())).collect();
    assert!(of_sales.is_empty(), "{of_sales:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_log_told_of_a_call_ends_with_its_recording() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload_sample(SALES).await;
    company.upload_sample(ASTERISK).await;
    let numbers = || {
        let items = company.snapshot();
        items.iter().filter(|item| item.to_string().contains("09012345678")).count()
    };
    assert!(numbers() > 0);
    let rows_of = |items: &[Value], ends: bool| {
        items
            .iter()
            .filter(|item| {
                item["pk"].as_str().unwrap().starts_with("L#") && item["sk"].as_str().unwrap().starts_with("R#")
            })
            .filter(|item| item["expires_epoch_seconds"].is_null() != ends)
            .count()
    };
    assert_eq!(rows_of(&company.snapshot(), false), 1, "the row of the recording has no end of its own");
    assert_eq!(rows_of(&company.snapshot(), true), 9, "the others end by themselves");
    company.world.set_now("2026-12-05T09:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    assert!(company.tombstone(&id).await.is_some());
    assert_eq!(rows_of(&company.snapshot(), false), 0);
    company.world.set_now("2027-02-20T09:00:00+09:00".parse().unwrap());
    company.sweep().await.unwrap();
    company.world.sweep_time_to_live();
    assert_eq!(numbers(), 0, "the log itself, and every row");
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_names_its_line_and_the_good_ones_go_in() {
    let company = Company::with_sample_rulebook(1).await;
    let mut log = String::from_utf8(sample(ASTERISK)).unwrap();
    log.insert_str(0, "\"cut\",\"off\"\n");
    let id = company.upload("calllog/asterisk/bad.csv", log, &[]).await;
    let items = company.snapshot();
    let bad: Vec<&Value> = items.iter().filter(|item| item["pk"] == format!("B#{id}")).collect();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0]["view"]["line"], 1);
    let rows = items.iter().filter(|item| item["pk"].as_str().unwrap().starts_with("L#")).count();
    assert_eq!(rows, 10);
}

#[tokio::test(start_paused = true)]
async fn a_log_is_read_in_slices_that_go_on_where_the_last_ended_and_a_slice_again_changes_nothing() {
    let row = String::from_utf8(sample(ASTERISK)).unwrap().lines().next().unwrap().to_owned();
    let log: String = (0..1000)
        .map(|number| format!("{}\n", row.replace("1793682300.101", &format!("1793682300.{number}"))))
        .collect();
    let whole = Company::with_sample_rulebook(1).await;
    whole.upload(ASTERISK, log.clone(), &[]).await;
    let sliced = Company::with_sample_rulebook(1).await;
    let version = sliced.put(ASTERISK, log, &[]);
    sliced.ingest(ASTERISK, &version).await;
    let id = RecordingId::of(BUCKET, ASTERISK, &version);
    let key_id = policy::id::KeyId::of(BUCKET, ASTERISK);
    let first = Job::ReadCallLog { key_id, id, position: Position::default() };
    let mut count = 0;
    let mut waiting = vec![first];
    while let Some(job) = waiting.pop() {
        count += 1;
        assert!(count < 50, "the log never ends");
        // No time at all: each slice ends after the first piece it read. Twice, as a retry would.
        for _ in 0..2 {
            sliced.run_job_until(&job, sliced.world.now()).await;
        }
        let mut next: Vec<Job> = sliced.take_jobs();
        assert!(next.windows(2).all(|pair| pair[0] == pair[1]));
        waiting.extend(next.pop());
    }
    let rows = |company: &Company| -> Vec<Value> {
        let items = company.snapshot();
        items.into_iter().filter(|item| item["sk"].as_str().unwrap().starts_with("R#")).collect()
    };
    assert!(count > 2, "{count}");
    assert_eq!(rows(&sliced).len(), 1000);
    let keys = |rows: Vec<Value>| -> Vec<Value> { rows.into_iter().map(|row| row["pk"].clone()).collect() };
    assert_eq!(keys(rows(&sliced)), keys(rows(&whole)));
}

#[tokio::test(start_paused = true)]
async fn a_log_under_no_known_prefix_waits_in_quarantine_with_its_reason() {
    let company = Company::with_sample_rulebook(1).await;
    let id = company.upload("calllog/unknown/log.csv", sample(ASTERISK), &[]).await;
    let recording = company.recording(&id).await;
    assert_eq!(recording.view.state, State::Quarantined);
    assert_eq!(recording.view.quarantine_reason, Some(QuarantineReason::NoSourceMatches));
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_one_call_by_its_linked_id_and_the_longest_period_counts() {
    let company = Company::with_sample_rulebook(1).await;
    let leg = |number: u8, direction: &str, extension: &str| {
        format!(
            r#"{{"call_id": "leg-{number}", "linked_id": "transfer-1", "started_at": "2026-11-11T11:1{number}:00+09:00",
               "direction": "{direction}", "counterpart": "03-1234-0000", "extension": "{extension}"}}"#
        )
    };
    let mut ids = Vec::new();
    for (number, direction, extension) in [(1, "inbound", "202"), (2, "outbound", "201")] {
        let key = format!("other/pbx/leg{number}.wav");
        let id = company.upload(&key, sample(SALES)[..20_000 + usize::from(number)].to_vec(), &[]).await;
        company.upload(&format!("{key}.json"), leg(number, direction, extension), &[]).await;
        ids.push(id);
    }
    let (one, two) = (company.recording(&ids[0]).await.view, company.recording(&ids[1]).await.view);
    assert_eq!(one.call, two.call);
    assert_eq!((one.team.as_deref(), two.team.as_deref()), (Some("support"), Some("sales")), "each leg has its own");
    assert_eq!((one.class.class(), two.class.class()), ("standard", "contracts"));
    assert_eq!(one.periods, two.periods);
    assert_eq!(one.direction, Direction::Inbound);
    // Thirty days and then some: the first leg alone would be due.
    company.world.set_now(company.world.now() + SignedDuration::from_hours(24 * 45));
    assert_eq!(company.sweep().await.unwrap().deleted, 0);
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_is_linked_elsewhere_later_keeps_the_period_it_had() {
    let company = Company::with_sample_rulebook(1).await;
    company.leaves(Rule::NeverLate, "the call that was left keeps the period of the leg that left it");
    let sidecar = |direction: &str, extension: &str, linked: &str| {
        format!(
            r#"{{"call_id": "one-call", "started_at": "2026-11-11T11:11:00+09:00", "direction": "{direction}",
               "counterpart": "03-1234-0000", "extension": "{extension}"{linked}}}"#
        )
    };
    let mut ids = Vec::new();
    for (number, direction, extension) in [(1, "inbound", "202"), (2, "outbound", "201")] {
        let key = format!("other/pbx/leg{number}.wav");
        let id = company.upload(&key, sample(SALES)[..20_000 + number].to_vec(), &[]).await;
        company.upload(&format!("{key}.json"), sidecar(direction, extension, ""), &[]).await;
        ids.push(id);
    }
    let before = company.recording(&ids[0]).await.view;
    assert_eq!(before.call, company.recording(&ids[1]).await.view.call);
    // A second sidecar, a lesser one, says that the first leg belongs elsewhere.
    let linked = sidecar("inbound", "202", r#", "linked_id": "another-call""#);
    company.upload("other/pbx/leg1.wav.json", linked, &[]).await;
    let after = company.recording(&ids[0]).await.view;
    assert_ne!(after.call, before.call);
    assert_eq!(after.periods, before.periods);
    company.world.set_now(company.world.now() + SignedDuration::from_hours(24 * 45));
    company.sweep().await.unwrap();
    assert!(company.tombstone(&ids[0]).await.is_none(), "its own thirty days alone are over");
}

/// NOTHING LOST: a log is overwritten every hour for as long as its versions live.
#[tokio::test(start_paused = true)]
async fn a_call_log_is_read_however_many_versions_lie_under_its_key_at_the_cost_of_one() {
    const LOG: &str = "calllog/asterisk/Master.csv";
    let company = Company::with_sample_rulebook(1).await;
    for number in 0..1_000 {
        let version = company.put(LOG, format!("\"broken {number}\"\n"), &[]);
        assert_eq!(failed(&company.ingest(LOG, &version).await), 0);
        company.world.advance(std::time::Duration::from_secs(1));
    }
    company.world.take_messages(company::QUEUE);
    let version = company.put(LOG, sample(ASTERISK), &[]);
    assert_eq!(failed(&company.ingest(LOG, &version).await), 0);
    company.world.take_calls();
    company.index().await;
    let calls = company.world.take_calls().len();
    assert!(calls < 100, "{calls}");
    let rows = company.snapshot().iter().filter(|item| item["view"]["row"]["source"] == "freepbx").count();
    assert!(rows > 0);
    let id = RecordingId::of(BUCKET, LOG, &version);
    assert!(company.table().recording(&id).await.unwrap().is_some(), "it has a period of its own");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_says_nothing_new_has_no_recording_merged_again() {
    let company = Company::with_sample_rulebook(1).await;
    company.upload_sample(SALES).await;
    company.upload_sample(ASTERISK).await;
    let again = "calllog/asterisk/Master-again.csv";
    let version = company.put(again, sample(ASTERISK), &[]);
    let id = RecordingId::of(BUCKET, again, &version);
    let key_id = policy::id::KeyId::of(BUCKET, again);
    assert_eq!(failed(&company.ingest(again, &version).await), 0);
    company.world.take_messages(company::QUEUE);
    let job = Job::ReadCallLog { key_id, id, position: Position::default() };
    company.run_job_until(&job, company.world.now() + SignedDuration::from_mins(4)).await;
    assert!(company.world.take_messages(company::QUEUE).is_empty());
}

/// A file that a cron drops into the wrong folder costs no more than its first rows.
#[tokio::test(start_paused = true)]
async fn a_log_of_nothing_but_bad_rows_stops_and_waits_in_quarantine() {
    let company = Company::with_sample_rulebook(1).await;
    company.world.take_calls();
    let id = company.upload("calllog/amazon-connect/wrong.json", "{}\n".repeat(20_000), &[]).await;
    let view = company.recording(&id).await.view;
    assert_eq!((view.state, view.quarantine_reason), (State::Quarantined, Some(QuarantineReason::NotThisFormat)));
    let kept = |company: &Company| company.snapshot().iter().filter(|item| item["pk"] == format!("B#{id}")).count();
    assert_eq!(kept(&company), 100);
    let calls = company.world.take_calls().len();
    assert!(calls < 200, "{calls} calls");
    // A message that comes again reads nothing.
    let key_id = policy::id::KeyId::of(BUCKET, "calllog/amazon-connect/wrong.json");
    let job = Job::ReadCallLog { key_id, id: id.clone(), position: Position::default() };
    company.run_job(&job).await;
    assert!(company.world.take_calls().len() < 10);
    assert_eq!(kept(&company), 100);
}

#[tokio::test(start_paused = true)]
async fn bad_rows_beyond_a_hundred_cost_nothing_and_the_good_ones_go_in() {
    let company = Company::with_sample_rulebook(1).await;
    let log = format!("{}{}", "\"cut\",\"off\"\n".repeat(999), String::from_utf8(sample(ASTERISK)).unwrap());
    let id = company.upload("calllog/asterisk/half.csv", log, &[]).await;
    assert_eq!(company.recording(&id).await.view.state, State::Fragment);
    let items = company.snapshot();
    assert_eq!(items.iter().filter(|item| item["pk"] == format!("B#{id}")).count(), 100);
    assert_eq!(items.iter().filter(|item| item["sk"].as_str().unwrap().starts_with("R#")).count(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_could_not_be_read_is_read_again_under_another_rulebook() {
    let company = Company::with_sample_rulebook(1).await;
    let key = "calllog/asterisk/early.csv";
    let id = company.upload(key, "\"cut\",\"off\"\n".repeat(1_000), &[]).await;
    assert_eq!(company.recording(&id).await.view.quarantine_reason, Some(QuarantineReason::NotThisFormat));
    let key_id = policy::id::KeyId::of(BUCKET, key);
    let fragment = company.table().call_log_fragment(&key_id, &id).await.unwrap().unwrap();
    assert!(fragment.unread_under.is_some());
    // As it would stand after the publication of another one.
    let before = policy::fragment::TextFragment { unread_under: Some(0), ..fragment.clone() };
    company.table().note_log_read(&before).await.unwrap();
    company.run_job(&Job::ReadCallLog { key_id: key_id.clone(), id: id.clone(), position: Position::default() }).await;
    assert_eq!(company.table().call_log_fragment(&key_id, &id).await.unwrap(), Some(fragment));
}
