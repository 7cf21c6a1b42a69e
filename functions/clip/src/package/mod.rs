//! A release's package: one file for a recipient outside of the company. The parts under plain names, what proves them,
//! and the page 社外提出記録.

mod archive;
mod custody;
mod manifest;
mod record;
mod release;
mod zip;

pub(crate) use release::make;
