//! Faults: calls that fail before their effect, or after it with the reply lost.

use std::sync::Mutex;

use aws_smithy_runtime_api::client::result::ConnectorError;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    call::{Call, Reply, Service},
    dynamo,
    gate::Moment,
    kind::FaultKind,
    random::Random,
};

/// Every fault there is, as `for_every_fault` takes them.
pub const EVERY_FAULT: &[(Moment, FaultKind)] = &[
    (Moment::Effect, FaultKind::Throttled),
    (Moment::Effect, FaultKind::ServerError),
    (Moment::Effect, FaultKind::TimedOut),
    (Moment::Effect, FaultKind::AccessDenied),
    (Moment::Effect, FaultKind::Conflict),
    (Moment::Effect, FaultKind::Unprocessed),
    (Moment::Effect, FaultKind::ShortPage),
    (Moment::Reply, FaultKind::TimedOut),
    (Moment::Reply, FaultKind::CutShort),
];

/// Which call fails, counted from 1 and from when the fault was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The n-th call of all.
    Nth(usize),
    /// The n-th call of one operation.
    NthOf(Service, &'static str, usize),
    /// Every call of one operation.
    EveryOf(Service, &'static str),
    /// Every call to one resource, such as a bucket.
    EveryOn(Service, &'static str),
}

/// One call that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which call.
    pub which: Which,
    /// Before its effect, or before its reply.
    pub moment: Moment,
    /// How.
    pub kind: FaultKind,
}

/// What goes wrong by chance, seeded: of a hundred calls that it can strike, how many. Nothing, by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// [`FaultKind::Throttled`]
    pub throttled: u8,
    /// [`FaultKind::ServerError`]
    pub server_error: u8,
    /// [`FaultKind::TimedOut`], before the effect.
    pub never_arrived: u8,
    /// [`FaultKind::TimedOut`], before the reply: applied all the same.
    pub reply_lost: u8,
    /// [`FaultKind::Conflict`]
    pub conflict: u8,
    /// [`FaultKind::Unprocessed`]
    pub unprocessed: u8,
    /// [`FaultKind::ShortPage`]
    pub short_page: u8,
}

pub(crate) struct Faults(Mutex<State>);

struct State {
    set: Vec<(Fault, usize)>,
    fired: usize,
    chances: Chances,
    random: Random,
}

/// What is to happen to one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) before_effect: Option<FaultKind>,
    pub(crate) before_reply: Option<FaultKind>,
}

impl Faults {
    pub(crate) fn new(chances: Chances, random: Random) -> Self {
        Self(Mutex::new(State { set: Vec::new(), fired: 0, chances, random }))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while holding it")
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.lock().set.push((fault, 0));
    }

    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.set.clear();
        state.chances = Chances::default();
    }

    pub(crate) fn fired(&self) -> usize {
        self.lock().fired
    }

    pub(crate) fn fate_of(&self, call: &Call) -> Fate {
        let mut state = self.lock();
        let state = &mut *state;
        let mut fate = Fate::default();
        for (fault, seen) in &mut state.set {
            let strikes = match &fault.which {
                Which::Nth(n) => {
                    *seen += 1;
                    *seen == *n
                }
                Which::NthOf(service, operation, n) => {
                    *seen += usize::from(call.service == *service && call.operation == *operation);
                    call.service == *service && call.operation == *operation && *seen == *n
                }
                Which::EveryOf(service, operation) => call.service == *service && call.operation == *operation,
                Which::EveryOn(service, resource) => call.service == *service && call.resource == *resource,
            };
            let applies = fault.kind.applies_to(fault.moment, call.service, &call.operation);
            if strikes && applies {
                state.fired += 1;
                match fault.moment {
                    Moment::Effect => fate.before_effect = Some(fault.kind),
                    Moment::Reply => fate.before_reply = Some(fault.kind),
                }
            }
        }
        let chances = state.chances;
        for (percent, moment, kind) in [
            (chances.throttled, Moment::Effect, FaultKind::Throttled),
            (chances.server_error, Moment::Effect, FaultKind::ServerError),
            (chances.never_arrived, Moment::Effect, FaultKind::TimedOut),
            (chances.reply_lost, Moment::Reply, FaultKind::TimedOut),
            (chances.conflict, Moment::Effect, FaultKind::Conflict),
            (chances.unprocessed, Moment::Effect, FaultKind::Unprocessed),
            (chances.short_page, Moment::Effect, FaultKind::ShortPage),
        ] {
            if kind.applies_to(moment, call.service, &call.operation) && state.random.percent(percent) {
                let slot = match moment {
                    Moment::Effect => &mut fate.before_effect,
                    Moment::Reply => &mut fate.before_reply,
                };
                state.fired += usize::from(slot.is_none());
                slot.get_or_insert(kind);
            }
        }
        fate
    }
}

/// The reply of a call that failed before its effect; nothing for the kinds that shape a success.
pub(crate) fn refuse(kind: FaultKind, call: &Call, body: &Value) -> Option<Result<Reply, ConnectorError>> {
    let reply = match kind {
        FaultKind::TimedOut => return Some(Err(timed_out())),
        FaultKind::Unprocessed | FaultKind::ShortPage | FaultKind::CutShort => return None,
        FaultKind::Conflict => conflict(&call.operation, body),
        FaultKind::Throttled => error(
            call.service,
            StatusCode::SERVICE_UNAVAILABLE,
            [
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "SlowDown",
                "com.amazonaws.sqs#RequestThrottled",
                "TooManyRequestsException",
            ],
            "Please reduce your request rate.",
        ),
        FaultKind::ServerError => error(
            call.service,
            StatusCode::INTERNAL_SERVER_ERROR,
            [
                "com.amazonaws.dynamodb.v20120810#InternalServerError",
                "InternalError",
                "com.amazonaws.sqs#InternalFailure",
                "InternalErrorException",
            ],
            "We encountered an internal error.",
        ),
        FaultKind::AccessDenied => error(
            call.service,
            StatusCode::FORBIDDEN,
            [
                "com.amazon.coral.service#AccessDeniedException",
                "AccessDenied",
                "com.amazon.coral.service#AccessDeniedException",
                "AccessDeniedException",
            ],
            "Access Denied",
        ),
    };
    Some(Ok(reply))
}

pub(crate) fn timed_out() -> ConnectorError {
    ConnectorError::timeout("no reply in time".into())
}

/// `codes` are those of `DynamoDB`, S3, SQS, and of all others.
fn error(service: Service, status: StatusCode, codes: [&str; 4], message: &str) -> Reply {
    match service {
        // Its errors are 400, but for its own failures.
        Service::DynamoDb if !status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE => {
            Reply::json_error(StatusCode::BAD_REQUEST, codes[0], message)
        }
        Service::DynamoDb => Reply::json_error(status, codes[0], message),
        Service::S3 => Reply::xml_error(status, codes[1], message),
        Service::Sqs => Reply::json_error(status, codes[2], message),
        Service::Cognito | Service::Kms | Service::Lambda | Service::Ses | Service::EventBridge
            if status == StatusCode::INTERNAL_SERVER_ERROR =>
        {
            Reply::json_error(status, codes[3], message)
        }
        Service::Cognito | Service::Kms | Service::Lambda | Service::Ses | Service::EventBridge => {
            Reply::json_error(StatusCode::BAD_REQUEST, codes[3], message)
        }
    }
}

fn conflict(operation: &str, body: &Value) -> Reply {
    const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810";
    if operation != "TransactWriteItems" {
        return Reply::json_error(
            StatusCode::BAD_REQUEST,
            &format!("{NAMESPACE}#TransactionConflictException"),
            "Transaction is ongoing for the item",
        );
    }
    let actions = dynamo::list(&body["TransactItems"]).len();
    let codes: Vec<&str> =
        (0..actions).map(|position| if position == 0 { "TransactionConflict" } else { "None" }).collect();
    let reasons: Vec<Value> = codes
        .iter()
        .map(|code| match *code {
            "None" => json!({ "Code": code }),
            _ => json!({ "Code": code, "Message": "Transaction is ongoing for the item" }),
        })
        .collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    Reply::json_error_body(
        StatusCode::BAD_REQUEST,
        &json!({
            "__type": format!("{NAMESPACE}#TransactionCanceledException"),
            "Message": message,
            "CancellationReasons": reasons,
        }),
    )
}
