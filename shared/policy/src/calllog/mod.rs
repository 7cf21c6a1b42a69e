//! Call logs (CDR): what a PBX says of its calls, beside the recordings.
//!
//! A log is data, as a [source](crate::source) is: a prefix under `calllog/`, a format, a zone, and where
//! its columns are the administrator's own, their order or names. [`Reader`] turns the bytes of a file of any
//! size into [`Row`]s in bounded memory; it stops after any row and goes on from a [`Position`] as if it had
//! never stopped. A row is raw: whose number is whose is decided by the rulebook of the day, later.
//!
//! What a row's times mean: `started_at` is when the call was dialled or arrived. A recording may begin
//! there, or only at the answer, or when a queue was left: [`Row::covers`] says whether it can be of that call.
//!
//! No format has comment lines. Blank lines, cells that are all empty, and the NULs a copied log can end with are
//! passed over; so is a heading, where the format may have one.

mod definition;
mod fact;
mod frame;
mod json;
mod letters;
mod pack;
mod reader;
mod row;
mod table;
mod text;
mod xml;

pub(crate) use definition::{COLUMN_LIMIT, PREFIX_LIMIT_BYTES, WORD_LIMIT_CHARACTERS, WORDS_LIMIT};
pub use definition::{
    Column, Format, Log, LogDefinition, LogFault, LogZone, ThreeCxField, built_in, find, with_built_in,
};
pub use fact::{BadRow, Fact, Reason};
pub use reader::{Encoding, Line, Position, Reader, RowCount};
pub use row::{LOST_ZERO_MEND, Row};
pub use text::LengthUnit;
pub(crate) use text::{Moment, epoch};
