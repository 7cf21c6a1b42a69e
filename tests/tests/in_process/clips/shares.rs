//! The clip of a share: which seconds, which bytes of the recording are read, and who learns of it.

use data_encoding::HEXLOWER;
use policy::audio::Probe;
use policy::case::part::CutFailure;
use policy::case::share::ShareState;
use policy::custody::EventKind;
use policy::id::RecordingId;
use sha2::{Digest, Sha256};
use tests::company::{BUCKET, Company, QUEUE, failed, sample};
use tests::world::Service;

use super::common::{listed, message, objects, open_case, part, put_share, share_now, with_share, write_share};
use crate::api::{Api, SAMPLE};

fn probe(bytes: &[u8]) -> Probe {
    let mut reader = ingest::probe::Reader::new();
    reader.feed(bytes);
    reader.finish()
}

fn milliseconds(bytes: &[u8]) -> u64 {
    let Probe::Audio(audio) = probe(bytes) else { panic!("a clip is audio") };
    audio.duration_milliseconds.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_share_of_five_seconds_is_a_file_of_five_seconds_whose_digest_it_knows() {
    let (api, recording, share) = with_share().await;
    assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 0);
    let ready = share_now(&api.company, &share).await;
    assert_eq!(ready.state, ShareState::Ready);
    let clip = ready.clip.unwrap();
    let objects = objects(api.world());
    let bytes = &objects[&clip.key];
    assert_eq!((objects.len(), bytes.len() as u64, milliseconds(bytes)), (1, clip.size, 5_000));
    assert_eq!((clip.duration_milliseconds, clip.content_type.as_str()), (5_000, "audio/wav"));
    assert_eq!(HEXLOWER.encode(&Sha256::digest(bytes)), clip.sha256);
    assert_eq!(HEXLOWER.encode(&Sha256::digest(sample(SAMPLE))), clip.original_sha256);
    // Seconds 2 to 7 of the original, of which half a second is silent.
    let original = sample(SAMPLE);
    let begins = original.windows(4).position(|name| name == b"data").unwrap() + 8;
    let (samples, cut) = (&original[begins..], &bytes[bytes.len() - 80_000..]);
    assert_eq!(cut[..16_000], samples[32_000..48_000]);
    assert!(cut[16_000..24_000].iter().all(|byte| *byte == 0) && samples[48_000..56_000].iter().any(|byte| *byte != 0));
    assert_eq!(cut[24_000..], samples[56_000..112_000]);
    let events = api.chain(&recording).await;
    let event = &events.last().unwrap().event;
    assert_eq!((event.kind, event.actor.as_str()), (EventKind::ClipMade, "clip"));
    assert!(api.audit().iter().any(|event| event["action"] == "make_clip"));

    // TWICE IS ONCE: the message again, and one for which nothing is stored.
    let before = api.company.snapshot();
    assert_eq!(failed(&api.company.clip(&message(&share), "two").await), 0);
    let nothing = store::ClipMessage::Share { case: share.case.clone(), share: policy::id::ShareId::of("nothing") };
    assert_eq!(failed(&api.company.clip(&nothing, "two").await), 0);
    assert_eq!(before, api.company.snapshot());
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_of_two_hours_are_read_and_the_header_and_nothing_else() {
    let api = Api::new(1).await;
    let company = &api.company;
    let samples = vec![0x55; 2 * 60 * 60 * 8_000];
    // G.711 µ-law of 8,000 samples a second: its tag, one channel, rate, byte rate, block, bits.
    let format = [7, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0];
    let size = u32::try_from(samples.len()).unwrap();
    let sizes = [(size + 36).to_le_bytes(), 16_u32.to_le_bytes(), size.to_le_bytes()];
    let object = [b"RIFF", &sizes[0][..], b"WAVEfmt ", &sizes[1], &format, b"data", &sizes[2], &samples].concat();
    let recording = upload_large(company, object).await;
    let case = open_case(&api).await;
    let share = put_share(company, &case, "long", part(&recording, 3_600_000, 3_610_000, &[])).await;
    company.world.take_calls();
    assert_eq!(failed(&company.clip(&message(&share), "one").await), 0);
    assert_eq!(share_now(company, &share).await.state, ShareState::Ready);
    let reads = company.world.take_calls();
    let reads = reads.iter().filter(|call| call.service == Service::S3 && call.resource == BUCKET);
    let (gets, bytes) = reads.fold((0, 0), |(gets, bytes), call| (gets + 1, bytes + call.reply_bytes));
    assert_eq!((gets, bytes), (2, 4_096 + 10 * 8_000));
}

/// Takes in an object that is larger than the other tests allow.
async fn upload_large(company: &Company, object: Vec<u8>) -> RecordingId {
    let version = company.put(SAMPLE, object, &[]);
    let url = company.world.queue_url(QUEUE);
    let config = ingest::Config::read(|name| match name {
        "TABLE_NAME" => Some(tests::company::TABLE.to_owned()),
        "RECORDINGS_BUCKET" => Some(BUCKET.to_owned()),
        "INDEX_QUEUE_URL" => Some(url.clone()),
        "MAX_OBJECT_BYTES" => Some("2147483648".to_owned()),
        _ => None,
    });
    let context = ingest::Context::new(config.unwrap(), company.connection());
    assert_eq!(failed(&ingest::handle(&context, company.event_of(&[(SAMPLE, &version)])).await), 0);
    company.index().await;
    RecordingId::of(BUCKET, SAMPLE, &version)
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_recording_is_cut_to_the_length_that_is_asked_for_or_says_that_it_cannot_be() {
    let api = Api::new(1).await;
    let case = open_case(&api).await;
    // GSM in blocks of 40 ms; MP3 and FLAC by frame; Opus can't be taken apart.
    for (number, (key, length)) in [
        ("freepbx/2026/11/04/external-202-anonymous-20261104-110000-1793757598.105.WAV", Some(5_000)),
        ("ringcentral/20261109-133555_302_(03)5234-8686_Outgoing_Auto_2243071124051.mp3", Some(5_000)),
        ("other/upload/rec_0001.flac", Some(5_000)),
        (
            "genesys/yamada/year=2026/month=11/day=10/hour=09/conversation_id=b0f6d7a2-5f3e-4e0b-8c39-6f0f6d1c2b02/c7f2a8e1-0001-4aaa-9bbb-1234567890ab",
            None,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let recording = api.company.upload_sample(key).await;
        let part = part(&recording, 2_000, 7_000, &[(3_000, 4_000)]);
        let share = put_share(&api.company, &case, &format!("share-{number}"), part).await;
        assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 0, "{key}");
        let made = share_now(&api.company, &share).await;
        let clip = made.clip.as_ref().map(|clip| objects(api.world())[&clip.key].clone());
        assert_eq!(clip.map(|bytes| milliseconds(&bytes)), length, "{key}");
        if length.is_none() {
            assert_eq!((made.state, made.failure), (ShareState::Failed, Some(CutFailure::NotCuttable)), "{key}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_being_deleted_or_lies_behind_the_end_gets_no_clip() {
    let (api, recording, share) = with_share().await;
    let case = &share.case;
    let behind = put_share(&api.company, case, "behind", part(&recording, 3_600_000, 3_601_000, &[])).await;
    assert_eq!(failed(&api.company.clip(&message(&behind), "one").await), 0);
    assert_eq!(share_now(&api.company, &behind).await.failure, Some(CutFailure::OutOfRange));
    let withdrawn = put_share(&api.company, case, "withdrawn", part(&recording, 0, 1_000, &[])).await;
    write_share(&api.company, &withdrawn.withdraw("kato", api.world().now()), Some(1)).await;
    assert_eq!(failed(&api.company.clip(&message(&withdrawn), "one").await), 0);
    assert_eq!(share_now(&api.company, &withdrawn).await.state, ShareState::Withdrawn);
    api.world().set_now("2026-12-04T00:00:00+09:00".parse().unwrap());
    assert_eq!(failed(&api.company.clip(&message(&share), "one").await), 0);
    assert_eq!(share_now(&api.company, &share).await.failure, Some(CutFailure::Gone));
    assert!(objects(api.world()).is_empty() && listed(api.world()).is_empty());
}
