//! Why an import could not begin or stopped early, and why a file failed: the cause and the fix.

use std::fmt;
use std::io;

use store::{ErrorKind, StoreError};

/// What ends an import.
#[derive(Debug)]
pub struct Failure {
    cause: String,
    fix: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A cause, and what to do about it.
    pub(crate) fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into(), source: None }
    }

    /// What was asked for could not be written to standard output.
    pub fn unwritten(error: io::Error) -> Self {
        Self::new("standard output can't be written", "Give it a terminal, a pipe or a file.").because(error)
    }

    /// The same with the error behind it.
    pub(crate) fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause)?;
        if let Some(source) = &self.source {
            write!(formatter, ": {source}")?;
        }
        write!(formatter, "\n  {}", self.fix)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Why one file, or one folder, failed; the rest goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileFailure {
    /// Its name can't be a key.
    #[error("its name is not UTF-8")]
    NotUtf8,
    /// Its name can't be a key.
    #[error("its key would have {0} bytes, and 1,024 is S3's limit")]
    KeyTooLong(usize),
    /// Its name can't be a key that every tool reads.
    #[error("its name holds a control character")]
    ControlCharacter,
    /// The disk did not give it.
    #[error("it can't be read: {0}")]
    Unreadable(#[source] io::Error),
    /// Its length or time changed.
    #[error("it changed while it was read")]
    Changed,
    /// More than 10,000 pieces.
    #[error("it is larger than 80 GiB")]
    TooLarge,
    /// It came between looking and uploading.
    #[error("it is past its period, and was not there when the import looked")]
    Expired,
    /// Its key is taken by other bytes.
    #[error("another object has this key")]
    OtherObject,
    /// S3's answer had another checksum.
    #[error("S3 did not confirm its checksum")]
    NotConfirmed,
    /// AWS failed for longer than patience lasts, or refused.
    #[error("{0}")]
    Cloud(#[source] StoreError),
    /// It was under way when the import was stopped.
    #[error("the import was stopped before it was uploaded")]
    Stopped,
}

impl From<StoreError> for FileFailure {
    fn from(error: StoreError) -> Self {
        if error.kind == ErrorKind::Garbled { Self::NotConfirmed } else { Self::Cloud(error) }
    }
}

impl FileFailure {
    /// What a person can do about it.
    pub(crate) fn fix(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "Give it a UTF-8 name (convmv -f cp932 -t utf8), then run the same command again.",
            Self::KeyTooLong(_) => "Shorten its name or its folders' (a Japanese character has three bytes).",
            Self::ControlCharacter => "Rename it without the control character.",
            Self::Unreadable(_) => "Check its permissions and the disk, then run the same command again.",
            Self::Changed => "Wait until its recorder is done with it, then run the same command again.",
            Self::TooLarge => "Split it: no call is that long.",
            Self::Expired => "Run the same command again: it will be told first.",
            Self::OtherObject => {
                "Compare the two. If both are wanted, give this one another name; nothing that is there is overwritten."
            }
            Self::NotConfirmed => {
                "What lies under its key may not be this file: look for the recording, and upload it under another name."
            }
            Self::Cloud(error) => match error.kind {
                ErrorKind::Refused => {
                    "This role may not write there: take the uploader role of the key's first folder."
                }
                ErrorKind::Missing => "There is no such bucket: check --bucket and --region.",
                ErrorKind::Throttled | ErrorKind::TimedOut | ErrorKind::Unavailable => {
                    "Check the line. Run the same command again, with fewer --jobs if it is slow."
                }
                ErrorKind::Garbled | ErrorKind::Invalid => "Look the code up in S3's list of errors.",
            },
            Self::Stopped => "Run the same command again.",
        }
    }

    /// Whether the cause is AWS, the network or the role's permission, and not the file.
    pub(crate) fn is_the_clouds(&self) -> bool {
        matches!(self, Self::Cloud(_))
    }

    /// Whether a later try could succeed.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Cloud(error) => {
                matches!(error.kind, ErrorKind::Throttled | ErrorKind::TimedOut | ErrorKind::Unavailable)
            }
            _ => false,
        }
    }
}
