//! The main job, end to end, in one process: taken in, understood, found in the table, deleted on its day.

#![allow(clippy::float_cmp)]

use jiff::SignedDuration;
use policy::facts::QuarantineReason;
use policy::id::RecordingId;
use policy::number::Counterpart;
use policy::recording::{Recording, State};
use serde_json::{Value, json};
use tests::company::{self, BUCKET, Company, expected, failed, morning, sample, sample_rulebook};
use tests::monitor::Rule;

/// A recording in the words of `expected.json`, as far as the line asks.
fn in_the_words_of(line: &Value, recording: &Recording) -> Value {
    let view = &recording.view;
    let mut found = serde_json::Map::new();
    for name in line.as_object().unwrap().keys() {
        let value = match name.as_str() {
            "key" => json!(recording.object.key.expose()),
            "source" => json!(view.source),
            "call_id" => json!(view.call_id),
            "started_at" => {
                let wanted: jiff::Timestamp = line["started_at"].as_str().unwrap().parse().unwrap();
                assert_eq!(view.started_at, wanted, "{line}");
                line["started_at"].clone()
            }
            "direction" => json!(view.direction),
            "counterpart" => match &view.counterpart {
                Counterpart::Number(number) => json!(number.expose()),
                Counterpart::Absent(_) => Value::Null,
            },
            "counterpart_absent" => match &view.counterpart {
                Counterpart::Number(_) => Value::Null,
                Counterpart::Absent(absent) => json!(absent),
            },
            "extension" => json!(view.extension),
            "queue" => json!(view.queue),
            "duration_seconds" => {
                let wanted = line["duration_seconds"].as_f64().unwrap();
                let milliseconds = i32::try_from(view.duration_milliseconds).unwrap();
                let found = f64::from(milliseconds) / 1000.0;
                assert!((found - wanted).abs() <= 0.1, "{found} s for {line}");
                line["duration_seconds"].clone()
            }
            "size" => json!(recording.object.size_bytes),
            "sha256" => json!(recording.sha256),
            "staff" => json!(view.staff),
            "team" => json!(view.team),
            "retention_class" => json!(view.class.class()),
            "quarantine" => json!(view.quarantine_reason),
            "object_metadata" => line["object_metadata"].clone(),
            other => panic!("expected.json has a name this test does not know: {other}"),
        };
        found.insert(name.clone(), value);
    }
    Value::Object(found)
}

#[tokio::test(start_paused = true)]
async fn every_sample_comes_out_as_expected_json_says() {
    let company = Company::with_sample_rulebook(1).await;
    let mut read = Vec::new();
    for line in expected() {
        let key = line["key"].as_str().unwrap();
        let id = company.upload_sample(key).await;
        for sidecar in [format!("{key}.json"), format!("{key}_metadata.json")] {
            if company::samples().join(&sidecar).exists() {
                company.upload_sample(&sidecar).await;
            }
        }
        read.push((line, id));
    }
    for log in company::CALL_LOGS {
        company.upload_sample(log).await;
    }
    assert_eq!(read.len(), 22);
    for (line, id) in read {
        let recording = company.recording(&id).await;
        assert_eq!(in_the_words_of(&line, &recording), line);
        let state = if line["quarantine"].is_null() { State::Active } else { State::Quarantined };
        assert_eq!(recording.view.state, state, "{line}");
    }
}

const SIDECAR_KEY: &str = "other/meeting-room/通話 2026-11-11 (1).m4a";

#[tokio::test(start_paused = true)]
async fn a_sidecar_before_or_after_its_audio_gives_the_same_recording() {
    let mut recordings = Vec::new();
    for audio_first in [true, false] {
        let company = Company::with_sample_rulebook(2).await;
        let sidecar_key = format!("{SIDECAR_KEY}.json");
        let audio = company.put(SIDECAR_KEY, sample(SIDECAR_KEY), &[]);
        let sidecar = company.put(&sidecar_key, sample(&sidecar_key), &[]);
        let mut order = [(SIDECAR_KEY, &audio), (&sidecar_key, &sidecar)];
        if !audio_first {
            order.reverse();
        }
        for (key, version) in order {
            assert_eq!(failed(&company.ingest(key, version).await), 0);
            company.index().await;
        }
        let id = RecordingId::of(BUCKET, SIDECAR_KEY, &audio);
        let recording = company.recording(&id).await;
        assert_eq!(recording.view.state, State::Active);
        let hidden = company.recording(&RecordingId::of(BUCKET, &sidecar_key, &sidecar)).await;
        assert_eq!(hidden.view.state, State::Fragment);
        assert_eq!(hidden.view.call, recording.view.call, "it lives and dies with what it speaks for");
        let call = company.table().call(&recording.view.call).await.unwrap().unwrap();
        assert_eq!(call.legs.len(), 2);
        recordings.push(recording);
    }
    assert_eq!(recordings[0], recordings[1]);
}

#[tokio::test(start_paused = true)]
async fn after_its_period_the_audio_is_gone_by_version_and_a_tombstone_stays() {
    let company = Company::with_sample_rulebook(3).await;
    let line = expected().remove(0);
    let key = line["key"].as_str().unwrap();
    let id = company.upload_sample(key).await;
    let recording = company.recording(&id).await;
    // 30 days after the day of the call, 3 November, at midnight in Tokyo.
    let expiry: jiff::Timestamp = "2026-12-04T00:00:00+09:00".parse().unwrap();

    company.world.set_now(expiry - SignedDuration::from_secs(1));
    assert_eq!(company.sweep().await.unwrap(), sweep::Summary::default());
    assert!(!company.versions().is_empty(), "NEVER EARLY");

    company.world.set_now(expiry);
    let report = company.sweep().await.unwrap();
    assert_eq!((report.claimed, report.deleted, report.overdue), (1, 1, 0));
    assert_eq!(company.versions().len(), 0, "no version and no delete marker");
    let tombstone = company.tombstone(&id).await.expect("a tombstone stays");
    assert_eq!(tombstone.version_id, recording.object.version_id);
    assert_eq!(tombstone.sha256, recording.sha256);
    assert_eq!(tombstone.deleted_at, expiry);
    let custody = company.table().custody(&id, 1, 100).await.unwrap();
    assert_eq!(policy::custody::verify(&id, &custody).unwrap().number, 2);
    let left = serde_json::to_string(&company.snapshot()).unwrap();
    assert!(!left.contains("9012345678"), "QUIET: no number stays");
    assert!(!left.contains("external-201"), "QUIET: no object key stays");

    let snapshot = company.snapshot();
    assert_eq!(company.sweep().await.unwrap(), sweep::Summary::default());
    assert_eq!(company.snapshot(), snapshot, "TWICE IS ONCE");
}

#[tokio::test(start_paused = true)]
async fn what_arrives_near_its_end_is_kept_until_it_has_settled() {
    let company = Company::with_sample_rulebook(4).await;
    // An hour before its expiry.
    company.world.set_now("2026-12-03T23:00:00+09:00".parse().unwrap());
    let line = expected().remove(0);
    company.upload_sample(line["key"].as_str().unwrap()).await;
    company.world.advance(std::time::Duration::from_secs(72 * 3600 - 1));
    assert_eq!(company.sweep().await.unwrap().claimed, 0, "NEVER EARLY: settle");
    company.world.advance(std::time::Duration::from_secs(1));
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_past_its_period_waits_in_quarantine() {
    let company = Company::with_sample_rulebook(4).await;
    company.world.set_now("2027-01-15T00:00:00Z".parse().unwrap());
    let line = expected().remove(0);
    let id = company.upload_sample(line["key"].as_str().unwrap()).await;
    assert_eq!(company.recording(&id).await.view.quarantine_reason, Some(QuarantineReason::ExpiredOnArrival));
    company.world.advance(std::time::Duration::from_hours(24 * 89));
    assert_eq!(company.sweep().await.unwrap().claimed, 0, "NEVER EARLY");
    company.world.advance(std::time::Duration::from_hours(48));
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_quarantine_and_what_waits_ends_after_quarantine_days() {
    let company = Company::with_sample_rulebook(5).await;
    let quarantined = company.upload_sample("freepbx/2026/11/12/voicemail greeting.wav").await;
    let waiting = company.upload("other/never.wav.json", "{}", &[]).await;
    let log = company.upload_sample("calllog/asterisk/Master-20261105.csv").await;
    // Taken in on 13 November in Tokyo; 90 days after is 11 February.
    company
        .world
        .set_now("2027-02-12T00:00:00+09:00".parse::<jiff::Timestamp>().unwrap() - SignedDuration::from_secs(1));
    assert_eq!(company.sweep().await.unwrap().claimed, 0);
    company.world.set_now("2027-02-12T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 3);
    for id in [quarantined, waiting, log] {
        assert!(company.tombstone(&id).await.is_some());
    }
    assert!(company.versions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_upload_of_the_same_bytes_is_hidden_and_dies_with_the_first() {
    let company = Company::with_sample_rulebook(6).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let first = company.upload_sample(&key).await;
    company.world.advance(std::time::Duration::from_hours(1));
    let second = company.upload_sample(&key).await;
    assert_ne!(first, second);
    let hidden = company.recording(&second).await;
    assert_eq!(hidden.view.duplicate_of.as_ref(), Some(&first));
    assert_eq!(hidden.view.call, company.recording(&first).await.view.call);
    let listed: Vec<Value> = company.snapshot().into_iter().filter(|item| item.get("time_key").is_some()).collect();
    assert_eq!(listed.len(), 1, "the duplicate is in no search index");
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 2);
    assert!(company.versions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_overwritten_key_is_a_new_version_and_a_new_recording() {
    let company = Company::with_sample_rulebook(7).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let other = expected()[1]["key"].as_str().unwrap().to_owned();
    let first = company.upload_sample(&key).await;
    let second = company.upload(&key, sample(&other), &[]).await;
    let (first, second) = (company.recording(&first).await, company.recording(&second).await);
    assert_eq!(second.view.duplicate_of, None);
    assert_ne!(first.sha256, second.sha256);
    assert_eq!(first.view.call, second.view.call, "one name, one call: two legs");
    let call = company.table().call(&first.view.call).await.unwrap().unwrap();
    assert_eq!(call.legs.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_longest_period_of_any_leg_counts_for_all() {
    let company = Company::with_sample_rulebook(8).await;
    // One call id, two directions: `standard` keeps 30 days, `contracts` 90.
    let metadata = |direction| {
        [
            ("call-id", "transferred"),
            ("started-at", "2026-11-12T10:00:00+09:00"),
            ("direction", direction),
            ("counterpart", "090-3333-4444"),
            ("extension", "201"),
        ]
    };
    let audio = sample("other/upload/rec_0001.flac");
    let short = company.upload("other/a/1.flac", audio.clone(), &metadata("inbound")).await;
    let long = company.upload("other/a/2.flac", audio, &metadata("outbound")).await;
    let (short, long) = (company.recording(&short).await, company.recording(&long).await);
    assert_eq!(short.view.call, long.view.call);
    assert_eq!((short.view.class.class(), long.view.class.class()), ("standard", "contracts"));
    assert_eq!(short.view.periods, long.view.periods, "the copy on the first leg was refreshed");
    company.world.set_now("2026-12-20T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().claimed, 0, "NEVER EARLY: the other leg has 90 days");
    company.world.set_now("2027-02-11T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 2);
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_arrives_after_the_claim_opens_a_new_call() {
    let company = Company::with_sample_rulebook(9).await;
    // One call id, two directions: `standard` keeps 30 days, `contracts` 90.
    let metadata = |direction| {
        [
            ("call-id", "transferred"),
            ("started-at", "2026-11-12T10:00:00+09:00"),
            ("direction", direction),
            ("extension", "201"),
        ]
    };
    let audio = sample("other/upload/rec_0001.flac");
    let first = company.upload("other/a/1.flac", audio.clone(), &metadata("inbound")).await;
    company.world.set_now("2026-12-13T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    let late = company.upload("other/a/2.flac", audio, &metadata("outbound")).await;
    let late = company.recording(&late).await;
    assert_eq!(late.view.call.incarnation, 1);
    assert!(company.tombstone(&first).await.is_some());
    company.world.set_now("2027-02-11T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_legal_hold_on_a_version_keeps_it_and_the_call_stays_claimed() {
    let company = Company::with_sample_rulebook(10).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let id = company.upload_sample(&key).await;
    let version = company.recording(&id).await.object.version_id;
    let s3 = aws_sdk_s3::Client::new(&company.world.sdk_config());
    let hold = |status| {
        s3.put_object_legal_hold()
            .bucket(BUCKET)
            .key(&key)
            .version_id(&version)
            .legal_hold(aws_sdk_s3::types::ObjectLockLegalHold::builder().status(status).build())
            .send()
    };
    hold(aws_sdk_s3::types::ObjectLockLegalHoldStatus::On).await.unwrap();
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    let report = company.sweep().await.unwrap();
    assert_eq!((report.deleted, report.refused), (0, 1), "the second wall");
    assert_eq!(company.versions().len(), 1);
    assert!(company.tombstone(&id).await.is_none(), "no proof of what did not happen");
    hold(aws_sdk_s3::types::ObjectLockLegalHoldStatus::Off).await.unwrap();
    assert_eq!(company.sweep().await.unwrap().deleted, 1, "the next run finishes what it claimed");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_again_after_the_end_brings_nothing_back() {
    let company = Company::with_sample_rulebook(11).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let version = company.put(&key, sample(&key), &[]);
    let event = company.world.s3_event(&[(BUCKET, &key, &version)]);
    let ingest = async || {
        let batch = serde_json::from_value(event.clone()).unwrap();
        assert_eq!(failed(&ingest::handle(&company.ingest_context(), batch).await), 0);
    };
    ingest().await;
    let messages = company.world.take_messages(company::QUEUE);
    let index = async || {
        let batch = company.index_batch(&messages);
        assert_eq!(failed(&index::handle(&company.index_context(), batch).await), 0);
    };
    index().await;
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    assert_eq!(company.sweep().await.unwrap().deleted, 1);
    let snapshot = company.snapshot();
    ingest().await;
    index().await;
    assert_eq!(company.snapshot(), snapshot);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_s3_does_not_give_waits_in_quarantine_and_has_an_end() {
    let company = Company::with_sample_rulebook(12).await;
    for key in ["freepbx/archived.wav", "calllog/asterisk/archived.csv"] {
        let version = company.put(key, vec![0; 100], &[]);
        let mut stored = company.world.remove_version(BUCKET, key, &version);
        stored.is_archived = true;
        company.world.restore_version(BUCKET, key, stored);
        assert_eq!(failed(&company.ingest(key, &version).await), 0, "{key}");
        company.index().await;
        // A log without a row is not asked for: its fragment stays.
        if key.starts_with("freepbx") {
            let view = company.recording(&RecordingId::of(BUCKET, key, &version)).await.view;
            assert_eq!((view.state, view.quarantine_reason), (State::Quarantined, Some(QuarantineReason::Unreadable)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_over_the_limit_is_not_read_and_waits_in_quarantine() {
    let company = Company::with_sample_rulebook(12).await;
    let id = company.upload("freepbx/large.wav", vec![0; 2_000_001], &[]).await;
    let recording = company.recording(&id).await;
    assert_eq!(recording.view.quarantine_reason, Some(QuarantineReason::TooLarge));
    assert_eq!(recording.sha256, None);
    let reads = company.world.calls().iter().filter(|call| call.operation == "GetObject").count();
    assert_eq!(reads, 1, "the rulebook's body, not the object");
}

#[tokio::test(start_paused = true)]
async fn a_batch_fails_per_message_and_the_test_message_is_neither_record_nor_poison() {
    let company = Company::with_sample_rulebook(13).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let version = company.put(&key, sample(&key), &[]);
    let good = serde_json::to_string(&company.world.s3_notification(&[(BUCKET, &key, &version)])).unwrap();
    let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"recordings"}"#.to_owned();
    let batch = serde_json::from_value(company.world.sqs_event("events", &["{".to_owned(), test, good])).unwrap();
    let response = ingest::handle(&company.ingest_context(), batch).await;
    assert_eq!(failed(&response), 1);
    assert_eq!(company.world.take_messages(company::QUEUE).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn taking_in_costs_three_calls_an_object() {
    let company = Company::with_sample_rulebook(14).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    let version = company.put(&key, sample(&key), &[]);
    company.world.take_calls();
    company.ingest(&key, &version).await;
    let calls: Vec<String> = company.world.take_calls().iter().map(|call| call.operation.clone()).collect();
    assert_eq!(calls, ["GetObject", "PutItem", "SendMessage"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_readable_rulebook_nothing_is_deleted_and_taking_in_goes_on() {
    let company = Company::with_sample_rulebook(15).await;
    company.leaves(Rule::LivesOn, "no rulebook can be read");
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    company.upload_sample(&key).await;
    for body in company.world.object_keys(company::RULEBOOK_BUCKET) {
        company.world.put_object(company::RULEBOOK_BUCKET, &body, b"{}".to_vec(), &[]);
    }
    company.world.set_now("2027-06-01T00:00:00Z".parse().unwrap());
    assert!(company.sweep().await.is_err());
    assert_eq!(company.versions().len(), 1);
    let other = expected()[1]["key"].as_str().unwrap().to_owned();
    let version = company.put(&other, sample(&other), &[]);
    assert_eq!(failed(&company.ingest(&other, &version).await), 0);
    assert!(morning() < company.world.now());
}

#[tokio::test(start_paused = true)]
async fn an_error_printed_in_any_way_names_no_key_and_no_number() {
    use tests::world::{Fault, FaultKind, Moment, Service, Which};

    let company = Company::with_sample_rulebook(16).await;
    let key = expected()[0]["key"].as_str().unwrap().to_owned();
    company.upload_sample(&key).await;
    company.world.set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    for (operation, service) in
        [("Query", Service::DynamoDb), ("UpdateItem", Service::DynamoDb), ("DeleteObjects", Service::S3)]
    {
        for kind in [FaultKind::ServerError, FaultKind::TimedOut, FaultKind::AccessDenied] {
            let fault = Fault { which: Which::EveryOf(service, operation), moment: Moment::Effect, kind };
            company.world.set_fault(fault);
            let Err(error) = company.sweep().await else {
                assert_eq!((operation, kind), ("DeleteObjects", FaultKind::AccessDenied), "refused, not failed");
                company.world.clear_faults();
                continue;
            };
            company.world.clear_faults();
            let printed = format!("{error} {error:?} {error:#?}");
            assert!(!printed.contains("9012345678") && !printed.contains("freepbx"), "{printed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_team_gets_one_by_a_later_list_for_good_and_keeps_its_class_and_period() {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    let of_sato = staff.lines().find(|line| line.starts_with("sato,")).unwrap();
    company.publish(&policy, &staff.replace(&format!("{of_sato}\n"), "")).await;
    let id =
        company.upload_sample("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav").await;
    company.run_schedule("roll_up").await;
    let before = company.recording(&id).await;
    assert_eq!((&before.view.team, &before.view.staff), (&None, &None));
    // The list is fixed; by the new policy the call would be a contract, kept for longer.
    let longer = policy.replace("when = { team = \"sales\", direction = \"outbound\" }", "when = { team = \"sales\" }");
    assert_ne!(longer, policy);
    company.publish(&longer, &staff).await;
    company.run_schedule("roll_up").await;
    let teamed = company.recording(&id).await;
    assert_eq!((teamed.view.team.as_deref(), teamed.view.staff.as_deref()), (Some("sales"), Some("sato")));
    assert_eq!(teamed.teamed_by_version, Some(2));
    assert_eq!((&teamed.view.class, &teamed.view.periods), (&before.view.class, &before.view.periods));
    assert_eq!(teamed.rulebook_version, before.rulebook_version);
    // Whoever had the extension by a still later list: the call is not given away again.
    company.publish(&policy, &staff.replace(",201,090-0000-0201,sales,", ",201,090-0000-0201,support,")).await;
    company.run_schedule("roll_up").await;
    assert_eq!(company.recording(&id).await, teamed);
    let sidecar = r#"{"queue": "600"}"#;
    company
        .upload("freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav.json", sidecar, &[])
        .await;
    assert_eq!(company.recording(&id).await.view.team.as_deref(), Some("sales"));
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_another_publication_is_merged_by_the_rules_the_call_is_pinned_to() {
    let company = Company::with_sample_rulebook(1).await;
    let key = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
    let id = company.upload_sample(key).await;
    let before = company.recording(&id).await;
    let (policy, staff) = sample_rulebook();
    company.publish(&policy, &staff.replace(",201,090-0000-0201,sales,", ",201,090-0000-0201,support,")).await;
    company.upload(&format!("{key}.json"), r#"{"notice": "form"}"#, &[]).await;
    let after = company.recording(&id).await;
    assert_eq!((after.rulebook_version, after.view.team.as_deref()), (1, Some("sales")));
    assert_ne!((&after.view.notice, &after.conflicts), (&before.view.notice, &before.conflicts));
}
