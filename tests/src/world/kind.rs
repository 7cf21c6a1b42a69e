//! What can go wrong with a call, and how far a read lies behind.

use super::{call::Service, gate::Moment};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Refused for going too fast: `ProvisionedThroughputExceededException`, `SlowDown`,
    /// `RequestThrottled`, `TooManyRequestsException`.
    Throttled,
    /// The service failed: a 500.
    ServerError,
    /// Nothing came back in time.
    TimedOut,
    /// `AccessDenied`.
    AccessDenied,
    /// Another transaction was at one of the items: `TransactionCanceledException` with
    /// `TransactionConflict`, or `TransactionConflictException`.
    Conflict,
    /// A batch carried out in part.
    Unprocessed,
    /// A page that ends after one row, and with a filter that the row does not pass is empty.
    ShortPage,
    /// The reply's body breaks off in the middle.
    CutShort,
}

impl FaultKind {
    /// Whether such a fault can strike this operation at this moment.
    pub fn applies_to(self, moment: Moment, service: Service, operation: &str) -> bool {
        if moment == Moment::Reply {
            return match self {
                Self::TimedOut => true,
                Self::CutShort => operation == "GetObject",
                _ => false,
            };
        }
        match self {
            Self::Throttled | Self::ServerError | Self::TimedOut | Self::AccessDenied => true,
            Self::Conflict => {
                service == Service::DynamoDb
                    && matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems")
            }
            Self::Unprocessed => {
                matches!(operation, "BatchGetItem" | "BatchWriteItem" | "DeleteObjects" | "SendMessageBatch")
            }
            Self::ShortPage => matches!(operation, "Query" | "Scan" | "ListObjectVersions" | "ListUsers"),
            Self::CutShort => false,
        }
    }
}

/// How far eventually consistent reads and index queries may lie behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Of a hundred such reads, how many see an older state.
    pub percent: u8,
    /// The most writes such a read may miss.
    pub writes: usize,
}
