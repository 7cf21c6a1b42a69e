//! A ZIP file, written as its entries come. They are stored, not deflated: sound does not shrink.

use jiff::civil::DateTime;

use super::zip::Directory;
use crate::context::ClipError;
use crate::output::Output;

/// 32 MiB: the checksum of what is smaller stands before it, where every program looks for it.
pub(super) const MAX_HELD_BYTES: u64 = 32 * 1024 * 1024;

/// An archive that is being written.
pub(super) struct Archive<'a> {
    directory: Directory,
    output: Output<'a>,
    /// The streamed entry: its checksum and size so far.
    streamed: Option<(crc32fast::Hasher, u64)>,
}

impl<'a> Archive<'a> {
    /// An archive whose entries say that they were made at a moment of the company's clock.
    pub(super) fn new(output: Output<'a>, at: DateTime) -> Self {
        Self { directory: Directory::new(at), output, streamed: None }
    }

    /// An entry whose bytes are known.
    pub(super) async fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ClipError> {
        let header = self.directory.known(name, bytes)?;
        self.output.write(&header).await?;
        self.output.write(bytes).await
    }

    /// Begins an entry that is written piece by piece.
    pub(super) async fn begin(&mut self, name: &str) -> Result<(), ClipError> {
        let header = self.directory.begin_streamed(name)?;
        self.streamed = Some((crc32fast::Hasher::new(), 0));
        self.output.write(&header).await
    }

    /// The next bytes of such an entry.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), ClipError> {
        if let Some((hasher, size)) = &mut self.streamed {
            hasher.update(bytes);
            *size += bytes.len() as u64;
        }
        self.output.write(bytes).await
    }

    /// Ends such an entry.
    pub(super) async fn end_entry(&mut self) -> Result<(), ClipError> {
        let Some((hasher, size)) = self.streamed.take() else {
            return Ok(());
        };
        let descriptor = self.directory.end_streamed(hasher.finalize(), size)?;
        self.output.write(&descriptor).await
    }

    /// Ends the archive; the object stands once its output is finished.
    pub(super) async fn end(mut self) -> Result<Output<'a>, ClipError> {
        let directory = self.directory.end()?;
        self.output.write(&directory).await?;
        Ok(self.output)
    }

    /// Gives up.
    pub(super) async fn abort(self) {
        self.output.abort().await;
    }
}
