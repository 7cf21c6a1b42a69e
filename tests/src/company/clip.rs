//! What the company cuts out of its recordings, and what ends both.

use store::BatchResponse;

use super::{AUDIT_BUCKET, BUCKET, CLIP_QUEUE, Company, DATA_KEY, DERIVED_BUCKET};

impl Company {
    /// A function's context, as its `main` builds it.
    pub fn sweep_context(&self) -> sweep::Context {
        let config = sweep::Config {
            rulebooks: Self::rulebooks_config(),
            recordings_bucket: BUCKET.to_owned(),
            audit_bucket: AUDIT_BUCKET.to_owned(),
            derived_bucket: DERIVED_BUCKET.to_owned(),
            copies: self.copies_config(),
            data_key: DATA_KEY.to_owned(),
            function_name: "sweep".to_owned(),
            runs_at_once: 4,
        };
        sweep::Context::new(config, self.connection())
    }

    /// A function's context, as its `main` builds it.
    pub fn clip_context(&self) -> ::clip::Context {
        let config = ::clip::Config {
            rulebooks: Self::rulebooks_config(),
            derived_bucket: DERIVED_BUCKET.to_owned(),
            recordings_bucket: BUCKET.to_owned(),
        };
        ::clip::Context::new(config, self.connection())
    }

    /// Runs `clip` once for a message, as one invocation.
    pub async fn clip(&self, message: &store::ClipMessage, attempt: &str) -> BatchResponse {
        let body = serde_json::to_string(message).unwrap();
        Box::pin(::clip::handle(&self.clip_context(), self.batch(CLIP_QUEUE, &[body]), attempt)).await
    }
}
