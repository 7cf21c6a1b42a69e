//! Who looks at a world: after its effects, and at its end.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard};

use super::cloud::{Watchers, World};
use super::ledger::PutVersion;

impl Drop for World {
    fn drop(&mut self) {
        // A test that fails anyway shows its own fault.
        if Arc::strong_count(&self.inner) > 1 || std::thread::panicking() {
            return;
        }
        let look = self.watchers().at_end.take();
        self.unwatch();
        if let Some(look) = look {
            look(self);
        }
    }
}

impl World {
    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.inner.watchers.lock().expect("nothing panics while holding it")
    }

    /// Has somebody look at the world when its last clone is dropped. The first who asks is the one who looks.
    pub fn at_end(&self, look: impl FnOnce(&Self) + Send + 'static) {
        let mut watchers = self.watchers();
        if !watchers.is_over && watchers.at_end.is_none() {
            watchers.at_end = Some(Box::new(look));
        }
    }

    /// Has somebody look at the world after each effect of a handler's call, with the operation's name. The first who
    /// asks is the one who looks.
    pub fn after_effects(&self, look: impl Fn(&Self, &str) + Send + Sync + 'static) {
        self.watchers().after_effects.get_or_insert_with(|| Arc::new(look));
    }

    /// Has nobody look at the world any more.
    pub fn unwatch(&self) {
        let mut watchers = self.watchers();
        (watchers.is_over, watchers.at_end, watchers.after_effects) = (true, None, None);
    }

    pub(super) fn has_had_effect(&self, operation: &str) {
        let look = self.watchers().after_effects.clone();
        if let Some(look) = look {
            look(self, operation);
        }
    }

    /// Leaves a word for the one who looks at the world's end.
    pub fn note(&self, word: String) {
        self.watchers().notes.insert(word);
    }

    /// The words left for the one who looks at the world's end.
    pub fn notes(&self) -> BTreeSet<String> {
        self.watchers().notes.clone()
    }

    /// Keeps what was found wrong after an effect, for the one who looks at the world's end.
    pub fn report(&self, what: String) {
        self.watchers().reports.push(what);
    }

    /// Takes what was found wrong after effects.
    pub fn take_reports(&self) -> Vec<String> {
        std::mem::take(&mut self.watchers().reports)
    }

    /// Every version that was ever put into a bucket, oldest first, whatever became of it.
    pub fn ever_put(&self, bucket: &str) -> Vec<PutVersion> {
        self.inner.buckets.ever_put(bucket)
    }

    /// The versions of a bucket that were fetched by a URL, as a browser does, whatever became of them.
    pub fn fetched(&self, bucket: &str) -> BTreeSet<String> {
        self.inner.buckets.fetched(bucket)
    }

    /// Whether the scenario itself set a saboteur to work.
    pub fn is_sabotaged(&self) -> bool {
        self.inner.saboteurs.are_announced()
    }
}
