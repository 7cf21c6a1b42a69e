//! The project's tests, and [`world`]: the cloud in one process that they run against.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test's support ends the test when the test itself is wrong"
)]

pub mod world;
