//! Stops between two uploads instead of within one.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether the person wants to stop. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Requests a stop: running uploads finish, no further one begins.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the request.
    pub(crate) async fn requested(&self) {
        // This value is the sender: it can't be gone.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
