//! Stopping between two uploads instead of in one.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether the person has asked to stop. Clones are the same.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks to stop: what is being sent is finished, nothing further is begun.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    pub(crate) async fn requested(&self) {
        // The sender is this very value: it can't be gone.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
