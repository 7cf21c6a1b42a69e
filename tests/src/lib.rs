//! What the project's tests run against: [`world`], the cloud in one process, and [`company`], a company in it,
//! and [`monitor`], which looks at every company at its end.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test's support ends the test when the test itself is wrong"
)]

pub mod company;
pub mod monitor;
pub mod stamped;
pub mod world;
