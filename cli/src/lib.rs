//! `rokuban import DIR`: brings an archive of recordings and call logs into the company's recordings bucket.
//!
//! An import looks twice. First it walks the folder and says what each name would give, by the very merge that the
//! system itself runs; what would be past its period on arrival stops it here. Then it walks again and uploads. Neither
//! walk holds a list of the files.
//!
//! **Resumable without asking the bucket.** Nobody but the functions may read the recordings bucket, not even the
//! size of an object, so that an uploader can't ask what is there. Every put is conditional (`If-None-Match: *`), which
//! alone would send every byte again; so what was stored is noted in a journal beside the person's other state, by
//! digests that say nothing about a call. Run again, the same command skips those without a request. A conditional put
//! that finds its key taken looks, where the role may, at what lies there, and else asks the table.

mod ask;
mod console;
mod failure;
#[cfg(test)]
mod folder;
mod import;
mod journal;
mod key;
mod preview;
mod report;
mod scan;
mod stop;
mod upload;
mod walk;

pub mod args;
pub mod connect;

pub use console::Show;
pub use failure::Failure;
pub use import::{Cloud, Ending, Options, run};
pub use stop::Stop;
