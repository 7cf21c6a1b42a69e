//! Where a browser asks from, as the console passes it on to the API: proved by the key of the day, which the console makes.

use jiff::Timestamp;
use jiff::civil::Date;
use oidc::random;
use policy::browser_origin::{BoundRequest, BrowserOrigin, BrowserOriginKey};
use store::Table;
use tokio::sync::Mutex;

use crate::gateway::Request;
use crate::problems::Problem;

/// The key of the day, once it was read.
#[derive(Debug, Default)]
pub(crate) struct OriginKeys(Mutex<Option<(Date, BrowserOriginKey)>>);

impl OriginKeys {
    /// The value of the header for a request that is passed on. `None`: the request goes without it, and the audit names the
    /// console's own address.
    pub(crate) async fn header_of(
        &self,
        table: &Table,
        request: &Request,
        token: &str,
        now: Timestamp,
    ) -> Option<String> {
        let origin = BrowserOrigin { address: request.address().parse().ok()?, user_agent: request.browser() };
        let bound = BoundRequest { token, method: request.method() };
        match self.of(table, BrowserOriginKey::day_of(now)).await {
            Ok(key) => Some(key.sign(&origin, bound, now)),
            Err(problem) => {
                tracing::warn!(?problem, "the API is not told where the browser asks from");
                None
            }
        }
    }

    async fn of(&self, table: &Table, day: Date) -> Result<BrowserOriginKey, Problem> {
        let mut known = self.0.lock().await;
        if let Some((of, key)) = &*known
            && *of == day
        {
            return Ok(key.clone());
        }
        let key = read_or_make(table, day).await?;
        *known = Some((day, key.clone()));
        Ok(key)
    }
}

/// TWICE IS ONCE: of two that make the key of a day, the first one's stands.
async fn read_or_make(table: &Table, day: Date) -> Result<BrowserOriginKey, Problem> {
    if let Some(key) = table.browser_origin_key(day).await? {
        return Ok(key);
    }
    table.put_browser_origin_key(day, &BrowserOriginKey::new(random()?)).await?;
    table.browser_origin_key(day).await?.ok_or(Problem::Failed)
}
