//! SDK errors, sorted once.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Come back later.
    Throttled,
    /// Perhaps applied, perhaps not.
    TimedOut,
    /// The service failed, or could not be reached.
    Unavailable,
    /// This role may not.
    Refused,
    /// There is no such thing.
    Missing,
    /// What was read is not what we wrote.
    Garbled,
    /// The request itself is wrong.
    Invalid,
}

/// A call of AWS failed. Its text names the act and AWS's error code, never a key, a number or a URL.
#[derive(thiserror::Error)]
#[error("cannot {act}: {kind:?}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct StoreError {
    /// What was tried.
    pub act: &'static str,
    /// What can be done.
    pub kind: ErrorKind,
    /// AWS's error code.
    pub code: Option<String>,
    /// The SDK's error: for a debugger, not for a log.
    #[source]
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// QUIET: a runtime prints the `Debug` of what a handler returns, and the SDK's error holds the whole
/// answer, with the object's key in it.
impl fmt::Debug for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StoreError({self})")
    }
}

impl StoreError {
    /// Sorts an SDK error.
    pub(crate) fn sort<E>(act: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = error.as_service_error().and_then(|service| service.code().map(str::to_owned));
        let kind = match &error {
            // A reply that can't be read says as little as one that never came.
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => ErrorKind::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => ErrorKind::TimedOut,
            SdkError::ConstructionFailure(_) => ErrorKind::Invalid,
            SdkError::ServiceError(service) => match code.as_deref() {
                Some(
                    "ThrottlingException"
                    | "ProvisionedThroughputExceededException"
                    | "RequestLimitExceeded"
                    | "TransactionInProgressException"
                    | "TransactionConflictException"
                    | "SlowDown"
                    | "ThrottledException"
                    | "TooManyRequestsException"
                    | "LimitExceededException"
                    | "RequestThrottled",
                ) => ErrorKind::Throttled,
                Some("AccessDenied" | "AccessDeniedException") => ErrorKind::Refused,
                Some("NoSuchKey" | "NoSuchVersion" | "NotFound" | "ResourceNotFoundException") => ErrorKind::Missing,
                _ if service.raw().status().as_u16() == 404 => ErrorKind::Missing,
                _ if service.raw().status().as_u16() >= 500 => ErrorKind::Unavailable,
                _ => ErrorKind::Invalid,
            },
            _ => ErrorKind::Unavailable,
        };
        Self { act, kind, code, source: Some(Box::new(error)) }
    }

    /// Whether S3 keeps the object, and will never give its bytes as it lies: it is archived, or encrypted with a key
    /// that the request must bring.
    pub fn is_unreadable_object(&self) -> bool {
        matches!(self.code.as_deref(), Some("InvalidObjectState" | "InvalidRequest")) && self.kind == ErrorKind::Invalid
    }

    /// The same error once more, without the SDK's own.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { act: self.act, kind: self.kind, code: self.code.clone(), source: None }
    }

    /// What was read is not what we wrote.
    pub(crate) fn garbled(act: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { act, kind: ErrorKind::Garbled, code: None, source: Some(Box::new(source)) }
    }

    /// What was read lacks something we always write.
    pub(crate) fn lacks(act: &'static str) -> Self {
        Self { act, kind: ErrorKind::Garbled, code: None, source: None }
    }

    /// An error without a cause of AWS's.
    pub(crate) fn plain(act: &'static str, kind: ErrorKind) -> Self {
        Self { act, kind, code: None, source: None }
    }
}
