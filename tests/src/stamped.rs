//! A company with very many recordings: copies of one, as items of the table alone.

use policy::id::{CallId, RecordingId};
use policy::recording::Recording;
use serde_json::{Value, json};

use crate::company::{BUCKET, Company, TABLE, sample, sample_rulebook};
use crate::world::Call;

/// What a sweep asked, and one after it with nothing due.
#[derive(Debug)]
pub struct SweepCalls {
    /// The one with calls due.
    pub due: Vec<Call>,
    /// The idle one.
    pub idle: Vec<Call>,
}

impl Company {
    /// Sweeps so many due calls of one leg among so many stored that are not due.
    pub async fn sweep_among(stored: usize, due: u32) -> SweepCalls {
        let company = Self::unwatched(Self::builder(1).build());
        let (policy, staff) = sample_rulebook();
        company.publish(&policy, &staff).await;
        for number in 0..due {
            company.take_in(&format!("due-{number}"), &format!("2026-11-11T10:00:00.{number:03}+09:00")).await;
        }
        company.world.set_now("2026-12-10T12:00:00+09:00".parse().unwrap());
        let kept = company.take_in("kept", "2026-12-10T10:00:00+09:00").await;
        let kept = company.recording(&kept).await;
        company.store_copies(&kept, stored);
        company.world.set_now("2026-12-14T00:00:00+09:00".parse().unwrap());
        company.approve_every_deletion().await;
        company.world.take_calls();
        assert_eq!(company.sweep().await.unwrap().deleted, u64::from(due));
        let due = company.world.take_calls();
        assert_eq!(company.sweep().await.unwrap(), sweep::Summary::default());
        SweepCalls { due, idle: company.world.take_calls() }
    }

    async fn take_in(&self, call_id: &str, started_at: &str) -> RecordingId {
        let metadata = [
            ("call-id", call_id),
            ("started-at", started_at),
            ("direction", "inbound"),
            ("counterpart", "090-1234-5678"),
            ("extension", "201"),
        ];
        self.upload(&format!("other/a/{call_id}.flac"), sample("other/upload/rec_0001.flac"), &metadata).await
    }

    /// Stores a recording that many times more, each in a call of its own on the same day, in all shards.
    pub fn store_copies(&self, recording: &Recording, copies: usize) {
        let id = recording.view.id.to_string();
        let call = recording.view.call.id.to_string();
        let key = recording.object.key_id().to_string();
        let version = &recording.object.version_id;
        let is_of_it = |text: &str| [&id, &call, &key].iter().any(|name| text.contains(*name));
        let items = self.world.table_image(TABLE);
        let texts: Vec<String> = items.iter().map(Value::to_string).filter(|text| is_of_it(text)).collect();
        assert!(texts.len() >= 4, "{BUCKET}: a recording, its call, an event and a fragment, not {}", texts.len());
        for number in 0..copies {
            let (new_id, new_call, new_key) = (name('r', number), name('c', number), name('k', number));
            let shard = new_call.parse::<CallId>().unwrap().shard();
            let copy = |text: &String| {
                let text = text.replace(&id, &new_id).replace(&call, &new_call).replace(&key, &new_key);
                let text = text.replace(version.as_str(), &format!("copy-{number}"));
                let mut item: Value = serde_json::from_str(&text).unwrap();
                let due_key = item.pointer("/due_key/S").and_then(Value::as_str).and_then(|key| key.rsplit_once('#'));
                if let Some((revision, _)) = due_key {
                    item["due_key"] = json!({"S": format!("{revision}#{shard}")});
                }
                item
            };
            self.world.put_items(TABLE, texts.iter().map(copy));
        }
    }
}

/// 26 characters of base32: a letter and a number.
fn name(kind: char, number: usize) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digit = |place: u32| char::from(DIGITS[(number >> (5 * place)) % 32]);
    std::iter::once(kind).chain(std::iter::repeat_n('a', 19)).chain((0..6).rev().map(digit)).collect()
}
