//! `rokuban import DIR`: brings an archive of recordings and call logs into the company's recordings bucket.
//! `rokuban check POLICY`: every fault of a rulebook, before it is published.
//! `rokuban doctor`: what is wrong with a deployed stack.
//! `rokuban login`: an access token of the API, for a person at a browser.
//!
//! An import walks the folder twice. First it reports what each name would give, by the same merge that the system
//! runs; recordings past their period on arrival stop it here. Then it walks again and uploads. Neither walk holds
//! more than the names in the folders that it is in.
//!
//! **Resumable without reading the bucket.** Only the functions may read the recordings bucket, even the size of an
//! object, so that an uploader can't find out what is there. Every put is conditional (`If-None-Match: *`), which alone
//! would send every byte again. A journal in the person's state directory therefore notes what was stored, by digests
//! that say nothing about a call; the same command skips those without a request. Where a put finds its key taken, it
//! compares the object, if the role may read it, or the table's entry.

mod ask;
mod check;
mod console;
mod doctor;
mod failure;
#[cfg(test)]
mod folder;
mod import;
mod journal;
mod key;
mod login;
mod prefixes;
mod preview;
mod report;
mod rulebook;
mod scan;
mod stop;
mod upload;
mod walk;

pub mod args;
pub mod connect;

pub use check::check;
pub use console::Show;
pub use doctor::doctor;
pub use failure::Failure;
pub use import::{Cloud, Ending, Options, run};
pub use login::login;
pub use stop::Stop;
