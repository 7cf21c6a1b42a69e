//! The world's clock, and what every part of it is reached by.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use aws_smithy_async::time::TimeSource;
use jiff::Timestamp;

/// The only region of the world.
pub const REGION: &str = "ap-northeast-1";
pub(super) const DOMAIN: &str = "world.test";
pub(super) const ENDPOINT: &str = "https://world.test";
pub(super) const ACCESS_KEY: &str = "test";
pub(super) const SECRET_KEY: &str = "test";

/// The world's clock: it stands still until it is set.
pub(super) struct Clock(pub(super) Mutex<Timestamp>);

impl Clock {
    pub(super) fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.0.lock().expect("nothing panics while holding it")
    }

    pub(super) fn now(&self) -> Timestamp {
        *self.lock()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[derive(Debug)]
pub(super) struct SharedClock(pub(super) Arc<Clock>);

impl TimeSource for SharedClock {
    fn now(&self) -> SystemTime {
        system_time(self.0.now())
    }
}

pub(super) fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::try_from(at).expect("a time this machine knows")
}

impl dynoxide::storage_backend::Clock for Clock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.now().as_duration().as_secs_f64()
    }
}
