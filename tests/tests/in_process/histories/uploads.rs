//! What is uploaded in a history.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use policy::id::RecordingId;
use serde_json::json;
use tests::company::{BUCKET, sample};

use super::company::{Upload, UploadKind};
use super::history::History;
use super::message::Message;
use crate::api::SAMPLE;

const FUSION: &str = "fusionpbx/yamada.example/archive/2026/Nov/10/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.wav";
const FLAC: &str = "other/upload/rec_0001.flac";

impl History {
    fn put(&mut self, kind: UploadKind, key: &str, bytes: Vec<u8>, metadata: Vec<(&'static str, String)>) {
        let borrowed: Vec<(&str, &str)> = metadata.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let version = self.company.put(key, bytes.clone(), &borrowed);
        self.tell(&format!("put {key} {metadata:?}"));
        let id = RecordingId::of(BUCKET, key, &version);
        self.uploads.push(Upload { kind, key: key.to_owned(), id, bytes, metadata });
        self.announce(key, &version);
    }

    /// S3's event for a version, which may be lost: reconciliation brings it then.
    fn announce(&mut self, key: &str, version: &str) {
        if self.random.percent(5) {
            self.tell("its event is lost");
            self.count("event lost");
        } else {
            let event = self.world().s3_event(&[(BUCKET, key, version)]);
            self.waiting.push(Message::Event(key.to_owned(), event));
        }
    }

    /// Bytes that no other upload has.
    fn bytes(&self, key: &str) -> Vec<u8> {
        let mut bytes = sample(key);
        bytes.extend(u32::try_from(self.uploads.len()).unwrap().to_le_bytes());
        bytes
    }

    /// A leg of a call that its metadata describes.
    pub(super) fn put_leg(&mut self, call_id: String, began: String, direction: &str) {
        let metadata = vec![
            ("call-id", call_id),
            ("started-at", began),
            ("direction", direction.to_owned()),
            ("extension", "201".to_owned()),
        ];
        let (key, bytes) = (format!("other/a/{}.flac", self.uploads.len()), self.bytes(FLAC));
        self.put(UploadKind::Metadata, &key, bytes, metadata);
    }

    pub(super) fn put_new(&mut self) {
        let kind = self.one_of(&UploadKind::ALL);
        let number = self.uploads.len();
        // Mostly a call of these days; sometimes one whose period was over before it came.
        let hours = if self.random.percent(4) { 24 * 120 } else { self.random.below(40) };
        let began = self.world().now() - SignedDuration::from_hours(i64::try_from(hours).unwrap() + 1);
        let tokyo = began.to_zoned_datetime(TimeZone::get("Asia/Tokyo").unwrap());
        let wav = self.bytes(SAMPLE);
        match kind {
            UploadKind::Named | UploadKind::Branch => {
                let prefix = if kind == UploadKind::Named { "freepbx" } else { "osaka" };
                // One of the samples, which the sample log has a row for, or a call of its own.
                let key = if kind == UploadKind::Named && self.random.percent(30) {
                    SAMPLE.to_owned()
                } else {
                    let at = tokyo.strftime("%Y/%m/%d/external-201-09012345678-%Y%m%d-%H%M%S");
                    format!("{prefix}/{at}-{}.{number}.wav", began.as_second())
                };
                self.put(kind, &key, wav, Vec::new());
            }
            UploadKind::Metadata => {
                let call_id = self.one_of(&["x", "y", "z"]);
                let direction = self.one_of(&["inbound", "outbound"]);
                self.put_leg(call_id.to_owned(), began.to_string(), direction);
            }
            UploadKind::Bare => {
                let bytes = self.bytes(FLAC);
                self.put(kind, &format!("other/h/{number}.flac"), bytes, Vec::new());
            }
            UploadKind::Pattern => {
                let tail = self.one_of(&["", "-2"]);
                let at = tokyo.strftime("%Y%m%d-%H%M%S");
                let call = self.random.below(3);
                self.put(kind, &format!("rec/{at}-09012345678-201-7{call}{tail}.wav"), wav, Vec::new());
            }
            UploadKind::ByRow => {
                let bytes = self.bytes(FUSION);
                self.put(kind, &FUSION.replace("fusionpbx/", "kyoto/"), bytes, Vec::new());
            }
        }
    }

    /// Other bytes or the same under a key that stands.
    pub(super) fn put_again(&mut self) {
        let Some(upload) = self.one_upload() else { return };
        let mut bytes = upload.bytes;
        if self.random.percent(50) {
            self.count("duplicate");
        } else {
            bytes.extend(u32::try_from(self.uploads.len()).unwrap().to_le_bytes());
        }
        self.put(upload.kind, &upload.key, bytes, upload.metadata);
    }

    pub(super) fn put_sidecar(&mut self) {
        let Some(upload) = self.one_upload() else { return };
        let began = (self.world().now() - SignedDuration::from_hours(2)).to_string();
        let says = match upload.kind {
            // A start without an offset is no start.
            UploadKind::Bare if self.random.percent(50) => {
                json!({"started_at": "2026-11-12 10:00:00", "counterpart": "090-1234-5678"})
            }
            UploadKind::Bare => json!({"started_at": began, "direction": "inbound", "extension": "201"}),
            UploadKind::Metadata if self.random.percent(30) => {
                self.count("linked to another call");
                json!({"linked_id": "linked"})
            }
            _ => json!({"notice": "form"}),
        };
        self.put_text(&format!("{}.json", upload.key), &says.to_string());
    }

    pub(super) fn put_text(&mut self, key: &str, says: &str) {
        let version = self.company.put(key, says, &[]);
        self.tell(&format!("put {key}: {}", &says[..says.len().min(100)]));
        self.announce(key, &version);
    }

    pub(super) fn put_log(&mut self) {
        let (key, log) = self.one_of(&[
            ("calllog/asterisk/Master.csv", "calllog/asterisk/Master-20261105.csv"),
            ("calllog/kyoto/a.json", "calllog/freeswitch/0d0c7d7e-6a5f-4a1b-9c11-7b2a4b5c6d7e.cdr.json"),
        ]);
        self.put_text(key, &String::from_utf8(sample(log)).unwrap());
    }
}
