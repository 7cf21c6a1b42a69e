//! Where a browser asked the console from: the console's word is believed where the key of the day proves it.

use std::sync::{Mutex, PoisonError};

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use policy::browser_origin::{BROWSER_ORIGIN_HEADER, BoundRequest, BrowserOrigin, BrowserOriginKey, ClaimedOrigin};
use store::Table;

/// The key of the day that was read last.
#[derive(Debug, Default)]
pub struct OriginKeys(Mutex<Option<(Date, BrowserOriginKey)>>);

impl OriginKeys {
    /// The browser behind a request, where the console proves it.
    pub(crate) async fn browser_of(&self, table: &Table, parts: &Parts, now: Timestamp) -> Option<BrowserOrigin> {
        let claimed = ClaimedOrigin::read(parts.headers.get(BROWSER_ORIGIN_HEADER)?.to_str().ok()?, now)?;
        let token = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let request = BoundRequest { token, method: parts.method.as_str() };
        let key = self.key_of(table, claimed.day()).await?;
        claimed.prove(&key, request)
    }

    async fn key_of(&self, table: &Table, day: Date) -> Option<BrowserOriginKey> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, key)) = known.filter(|(of, _)| *of == day) {
            return Some(key);
        }
        match table.browser_origin_key(day).await {
            Ok(found) => {
                let known = found.clone().map(|key| (day, key));
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
                found
            }
            Err(error) => {
                tracing::warn!(%error, "where a browser asks from can't be proved");
                None
            }
        }
    }
}
