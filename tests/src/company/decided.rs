//! A company whose table has a stream, of which what people decided is kept.

use serde_json::json;

use super::{Company, TABLE};
use crate::world::Builder;

/// 100 records: what the template's mapping brings at once.
const RECORDS_AT_ONCE: usize = 100;

impl Company {
    /// A world whose table has a stream.
    pub fn builder_with_stream(seed: u64) -> Builder {
        Self::builder(seed).streamed(TABLE)
    }

    /// Lets `jobs` keep what the table's stream says since it was last asked, every batch twice: Lambda may bring one again.
    pub async fn keep_decided(&self) {
        let context = self.jobs_context();
        for records in self.world.take_stream(TABLE).chunks(RECORDS_AT_ONCE) {
            for _ in 0..2 {
                let event = serde_json::from_value(json!({"Records": records})).unwrap();
                jobs::answer(&context, event, self.stop_at()).await.unwrap();
            }
        }
    }
}
