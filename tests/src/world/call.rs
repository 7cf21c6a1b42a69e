//! One call to the cloud: what was asked, of what, at which cost, with which answer.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A service the world stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// `DynamoDB`
    DynamoDb,
    /// S3
    S3,
    /// SQS
    Sqs,
    /// Cognito user pools
    Cognito,
    /// KMS
    Kms,
    /// Lambda: what functions start
    Lambda,
    /// SES: mails
    Ses,
    /// `EventBridge`
    EventBridge,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "dynamodb",
            Self::S3 => "s3",
            Self::Sqs => "sqs",
            Self::Cognito => "cognito",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
            Self::Ses => "ses",
            Self::EventBridge => "events",
        })
    }
}

/// What the caller was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the reply was lost, or the caller died waiting for it.
    Nothing,
    /// Success.
    Done,
    /// An error, by its code, such as `ConditionalCheckFailedException`.
    Error(String),
}

/// One attempt of one SDK call, in the order the attempts began.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// From 1, over the life of the world.
    pub sequence: usize,
    /// The service asked.
    pub service: Service,
    /// As AWS names it: `Query`, `DeleteObject`.
    pub operation: String,
    /// The table, bucket, queue or pool; the tables joined by `+` when there are several.
    pub resource: String,
    /// The index a `Query` or `Scan` read.
    pub index: Option<String>,
    /// Read capacity units consumed.
    pub read_units: f64,
    /// Write capacity units consumed.
    pub write_units: f64,
    /// Of those, each index's.
    pub index_write_units: BTreeMap<String, f64>,
    /// What the caller was told.
    pub answer: Answer,
    /// Bytes of an S3 reply's body, as its header says: what was read of an object.
    pub reply_bytes: u64,
}

impl Call {
    /// Service, operation and resource in one line: what must be equal when two requests must not
    /// be told apart by the calls they make.
    pub fn kind(&self) -> String {
        match &self.index {
            Some(index) => format!("{} {} {}/{index}", self.service, self.operation, self.resource),
            None => format!("{} {} {}", self.service, self.operation, self.resource),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>3} {}", self.sequence, self.kind())?;
        if self.read_units > 0.0 {
            write!(f, " {}r", self.read_units)?;
        }
        if self.write_units > 0.0 {
            write!(f, " {}w", self.write_units)?;
        }
        match &self.answer {
            Answer::Done => Ok(()),
            Answer::Nothing => f.write_str(" ? no answer"),
            Answer::Error(code) => write!(f, " ! {code}"),
        }
    }
}

/// What a call touches: two calls that touch different places, or only read, can change places
/// without anyone noticing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Footprint {
    /// Unknown, so anything.
    Everything,
    /// `service/resource`, or `service/resource/item` where the item is known.
    Places {
        /// Whether it changes them.
        writes: bool,
        /// The places.
        places: Vec<String>,
    },
}

impl Footprint {
    pub(crate) fn conflicts_with(&self, other: &Self) -> bool {
        let (Self::Places { writes, places }, Self::Places { writes: other_writes, places: other_places }) =
            (self, other)
        else {
            return true;
        };
        (*writes || *other_writes) && places.iter().any(|place| other_places.iter().any(|other| overlap(place, other)))
    }
}

fn overlap(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A reply on its way back to the SDK.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The error's code, for the list of calls.
    pub(crate) error: Option<String>,
}

impl Reply {
    /// Success in the JSON protocols.
    pub(crate) fn json(body: &Value) -> Self {
        Self {
            status: StatusCode::OK,
            headers: content_type("application/x-amz-json-1.0"),
            body: body.to_string().into(),
            error: None,
        }
    }

    /// An error in the JSON protocols; `kind` may carry its namespace before a `#`.
    pub(crate) fn json_error(status: StatusCode, kind: &str, message: &str) -> Self {
        let mut body = json!({ "__type": kind });
        body["message"] = message.into();
        Self::json_error_body(status, &body)
    }

    /// An error in the JSON protocols whose body says more than a message.
    pub(crate) fn json_error_body(status: StatusCode, body: &Value) -> Self {
        let kind = body["__type"].as_str().unwrap_or("unknown");
        let code = kind.rsplit('#').next().unwrap_or(kind).to_owned();
        Self { status, error: Some(code), ..Self::json(body) }
    }

    /// An error in S3's XML.
    pub(crate) fn xml_error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        Self { status, headers: content_type("application/xml"), body: body.into(), error: Some(code.to_owned()) }
    }
}

fn content_type(value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touches(writes: bool, places: &[&str]) -> Footprint {
        Footprint::Places { writes, places: places.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn two_reads_never_conflict_and_a_write_conflicts_with_what_holds_its_item() {
        let item = touches(true, &["dynamodb/t/1"]);
        assert!(item.conflicts_with(&touches(false, &["dynamodb/t"])));
        assert!(item.conflicts_with(&touches(false, &["s3/b/x", "dynamodb/t/1"])));
        assert!(!item.conflicts_with(&touches(true, &["dynamodb/t/10"])));
        assert!(!touches(false, &["dynamodb/t"]).conflicts_with(&touches(false, &["dynamodb/t"])));
        assert!(Footprint::Everything.conflicts_with(&touches(false, &[])));
    }
}
