//! Many versions under one key: a message costs the same however many there are, and none is lost.

use policy::facts::QuarantineReason;
use policy::fragment::{ObjectKey, ObjectKind};
use policy::id::RecordingId;
use policy::placement::VERSIONS_MAX;
use policy::recording::{Recording, State};
use store::IndexMessage;
use tests::company::{BUCKET, Company, QUEUE, failed, sample};
use tests::monitor::Rule;

const KEY: &str = "other/meeting-room/latest.wav";
const SALES: &str = "freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav";
const FACTS: &str =
    r#"{"started_at": "2026-11-12T10:00:00+09:00", "direction": "inbound", "counterpart": "0312345678"}"#;

/// Bytes that differ from version to version: what is the same is a duplicate.
fn bytes(number: usize) -> Vec<u8> {
    let mut bytes = sample(SALES);
    let last = bytes.len() - 8;
    bytes[last..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Puts versions of a key and lets `ingest` take them in; `index` has a message of each.
async fn take_in(company: &Company, key: &str, versions: impl Iterator<Item = Vec<u8>>) -> Vec<RecordingId> {
    let mut ids = Vec::new();
    for bytes in versions {
        let version = company.put(key, bytes, &[]);
        assert_eq!(failed(&company.ingest(key, &version).await), 0);
        ids.push(RecordingId::of(BUCKET, key, &version));
    }
    ids
}

/// Runs `index` for some of the waiting messages, each by itself: a hundred of each would take minutes. The calls that
/// each cost.
async fn index_some(company: &Company, numbers: &[usize]) -> Vec<usize> {
    let context = company.index_context();
    let waiting = company.world.take_messages(QUEUE);
    let mut costs = Vec::new();
    for number in numbers {
        company.world.take_calls();
        let batch = company.index_batch(std::slice::from_ref(&waiting[*number]));
        assert_eq!(failed(&index::handle(&context, batch).await), 0);
        costs.push(company.world.take_calls().len());
    }
    costs
}

/// The first and the last that have room, the first and a later one that have none.
const NUMBERS: [usize; 4] = [0, VERSIONS_MAX - 1, VERSIONS_MAX, VERSIONS_MAX + 9];

async fn reasons(company: &Company, ids: &[RecordingId]) -> Vec<Option<QuarantineReason>> {
    let mut reasons = Vec::new();
    for number in NUMBERS {
        reasons.push(company.recording(&ids[number]).await.view.quarantine_reason);
    }
    reasons
}

#[tokio::test(start_paused = true)]
async fn recordings_beyond_the_first_hundred_of_a_key_wait_in_quarantine_and_cost_a_few_calls_each() {
    let company = Company::with_sample_rulebook(1).await;
    take_in(&company, &format!("{KEY}.json"), std::iter::once(FACTS.into())).await;
    company.index().await;
    let ids = take_in(&company, KEY, (0..VERSIONS_MAX + 10).map(bytes)).await;
    let costs = index_some(&company, &NUMBERS).await;
    assert_eq!(company.recording(&ids[0]).await.view.state, State::Active, "the sidecar speaks for the first");
    let found = reasons(&company, &ids).await;
    // The sidecar's facts are the first one's alone: the others have a reason of their own, which comes first.
    assert!(found[0].is_none() && found[1..].iter().all(Option::is_some), "{found:?}");
    assert!(costs.iter().all(|calls| *calls < 40), "{costs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_version_with_facts_of_its_own_waits_for_its_key_alone() {
    let company = Company::with_sample_rulebook(1).await;
    take_in(&company, &format!("{SALES}.json"), std::iter::once(b"{}".to_vec())).await;
    company.index().await;
    let ids = take_in(&company, SALES, (0..VERSIONS_MAX + 10).map(bytes)).await;
    index_some(&company, &NUMBERS).await;
    let surplus = Some(QuarantineReason::TooManyVersions);
    let expected = vec![None, None, surplus, surplus];
    assert_eq!(reasons(&company, &ids).await, expected);
    // What is understood stays so: the messages come again.
    for number in NUMBERS {
        let Recording { object, .. } = company.recording(&ids[number]).await;
        let body = serde_json::to_string(&IndexMessage::of(&object)).unwrap();
        assert_eq!(failed(&index::handle(&company.index_context(), company.index_batch(&[body])).await), 0);
    }
    assert_eq!(reasons(&company, &ids).await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_sidecars_of_one_recording_cost_no_more_the_more_there_are_and_all_have_an_end() {
    let company = Company::with_sample_rulebook(1).await;
    company.leaves(Rule::EndsWithItsRecording, "a sidecar without room waits in quarantine, for a time of its own");
    take_in(&company, KEY, std::iter::once(bytes(1))).await;
    company.index().await;
    let sidecar = format!("{KEY}.json");
    let ids = take_in(&company, &sidecar, std::iter::repeat_n(FACTS.into(), VERSIONS_MAX + 10)).await;
    let costs = index_some(&company, &NUMBERS).await;
    // The first message places all that have room, and reads each before each of five plans.
    assert!(costs[0] < 6 * (VERSIONS_MAX + 20) && costs[1] < 2 * VERSIONS_MAX, "{costs:?}");
    assert!(costs[2..].iter().all(|calls| *calls < 10), "{costs:?}");
    for (number, is_surplus) in NUMBERS.into_iter().zip([false, false, true, true]) {
        let view = company.recording(&ids[number]).await.view;
        assert_eq!(view.quarantine_reason == Some(QuarantineReason::TooManyVersions), is_surplus, "{number}");
        assert_eq!(view.state == State::Quarantined, is_surplus, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sidecars_message_without_its_order_comes_again_and_is_not_dropped() {
    let company = Company::with_sample_rulebook(1).await;
    let id = RecordingId::of(BUCKET, &format!("{KEY}.json"), "version");
    let key_id = ObjectKey::new(format!("{KEY}.json")).key_id(BUCKET);
    let message = IndexMessage { kind: ObjectKind::Sidecar, key_id, id, sequencer: None };
    let batch = company.index_batch(&[serde_json::to_string(&message).unwrap()]);
    assert_eq!(failed(&index::handle(&company.index_context(), batch).await), 1);
}
