//! What the SDK's HTTP client does instead of sending: a request passes its gates, has its effect, and is answered.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    shared::IntoShared as _,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use super::{
    broken::Broken,
    call::{Answer, Call, Footprint, Reply, Service},
    capacity::Units,
    cloud::World,
    cognito::Pools,
    dynamo::Tables,
    faults,
    gate::Moment,
    kind::FaultKind,
    kms, request, s3,
    sqs::Queues,
};

impl World {
    async fn serve(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let asked = Incoming::read(request).await?;
        let (call, footprint) = asked.describe(&self.inner.tables);
        let kind = call.kind();
        let position = self.begin(&call);
        let fate = self.inner.faults.fate_of(&call);

        let gates = &self.inner.gates;
        gates.pass(Moment::Effect, &kind, &footprint).await;
        let body = match &asked {
            Incoming::Json { body, .. } => body,
            Incoming::S3 { .. } => &Value::Null,
        };
        let refused = fate.before_effect.and_then(|fault| faults::refuse(fault, &call, body));
        let outcome = match refused {
            Some(Ok(reply)) => Ok((Outgoing::from(reply), Units::default())),
            Some(Err(lost)) => Err(lost),
            None => Ok(self.apply(asked, fate.before_effect).await),
        };
        if outcome.as_ref().is_ok_and(|(outgoing, _)| outgoing.error.is_none()) {
            self.has_had_effect(&call.operation);
        }
        gates.pass(Moment::Reply, &kind, &footprint).await;

        let (mut outgoing, units) = outcome?;
        self.amend(position, |call| {
            call.read_units = units.read;
            call.write_units = units.write;
            call.index_write_units = units.of_indexes;
        });
        match fate.before_reply {
            Some(FaultKind::TimedOut) => return Err(faults::timed_out()),
            Some(FaultKind::CutShort) => outgoing.cut_short().await,
            _ => {}
        }
        self.amend(position, |call| {
            call.answer = match outgoing.error.take() {
                Some(code) => Answer::Error(code),
                None => Answer::Done,
            };
            call.reply_bytes = outgoing.reply_bytes();
        });
        outgoing.headers.extend(self.date().map(|date| (http::header::DATE, date)));
        outgoing.into_response()
    }

    /// The `Date` of an answer.
    fn date(&self) -> Option<HeaderValue> {
        let ahead = (*self.inner.ahead_seconds.lock().expect("nothing panics while holding it"))?;
        let at = self.now().checked_add(SignedDuration::from_secs(ahead)).ok()?;
        HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
    }

    /// Notes a call; returns its sequence.
    fn begin(&self, call: &Call) -> usize {
        let mut calls = self.call_list();
        calls.made += 1;
        let sequence = calls.made;
        calls.kept.push(Call { sequence, ..call.clone() });
        sequence
    }

    /// Adds to a noted call what has become known, unless it was taken meanwhile.
    fn amend(&self, sequence: usize, change: impl FnOnce(&mut Call)) {
        let mut calls = self.call_list();
        let found = calls.kept.iter_mut().find(|call| call.sequence == sequence);
        if let Some(call) = found {
            change(call);
        }
    }

    async fn apply(&self, asked: Incoming, fault: Option<FaultKind>) -> (Outgoing, Units) {
        let outgoing: Outgoing = match asked {
            Incoming::Json { service: Service::Sqs, operation, body } => {
                let reply = self.inner.queues.apply(&operation, &body, fault);
                reply.into()
            }
            Incoming::Json { service: Service::Cognito, operation, body } => {
                self.inner.pools.apply(&operation, &body, fault).into()
            }
            // What a function starts waits as a message in a queue of its name.
            Incoming::Json { service: Service::Lambda, body, .. } => {
                self.inner.queues.create(&Queues::name_of(&body));
                self.inner.queues.apply("SendMessage", &body, fault).into()
            }
            Incoming::Json { service: Service::Kms, operation, body } => kms::apply(&operation, &body).into(),
            Incoming::Json { service: Service::Ses, body, .. } => self.inner.post.send_mail(&body).into(),
            Incoming::Json { service: Service::EventBridge, body, .. } => self.inner.post.put_events(&body).into(),
            Incoming::Json { operation, mut body, .. } => {
                if let Some(reply) = self.inner.saboteurs.spoil(&operation, &mut body) {
                    return (reply.into(), Units::default());
                }
                let applied = self.inner.tables.apply(&operation, body, fault);
                return (applied.reply.into(), applied.units);
            }
            Incoming::S3 { mut request } => {
                match fault {
                    Some(FaultKind::Unprocessed) => {
                        request.extensions_mut().insert(s3::HalfFails);
                    }
                    Some(FaultKind::ShortPage) => {
                        request.extensions_mut().insert(s3::ShortPage);
                    }
                    _ => {}
                }
                let response = s3::serve(&self.inner.s3, self.now(), request).await;
                Outgoing::from_s3(response).await
            }
        };
        (outgoing, Units::default())
    }
}

impl HttpClient for World {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

impl HttpConnector for World {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.clone();
        HttpConnectorFuture::new(async move { world.serve(request).await })
    }
}

/// A request, read to its end.
enum Incoming {
    Json { service: Service, operation: String, body: Value },
    S3 { request: http::Request<Bytes> },
}

impl Incoming {
    async fn read(mut request: HttpRequest) -> Result<Self, ConnectorError> {
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
        let body =
            ByteStream::new(request.take_body()).collect().await.map_err(|error| wrong(error.into()))?.into_bytes();
        let request = request.try_into_http1x().map_err(|error| wrong(error.into()))?.map(|_| body);
        let target = request
            .headers()
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok())
            .and_then(|target| target.split_once('.'));
        if let Some(function) = request.uri().path().strip_prefix("/2015-03-31/functions/") {
            let function = function.trim_end_matches("/invocations");
            let queue = format!("https://world.test/000000000000/started-{function}");
            let event = String::from_utf8_lossy(request.body());
            let body = serde_json::json!({"QueueUrl": queue, "MessageBody": event});
            return Ok(Self::Json { service: Service::Lambda, operation: "Invoke".to_owned(), body });
        }
        if request.uri().path() == "/v2/email/outbound-emails" {
            let body = serde_json::from_slice(request.body()).map_err(|error| wrong(error.into()))?;
            return Ok(Self::Json { service: Service::Ses, operation: "SendEmail".to_owned(), body });
        }
        let Some((prefix, operation)) = target else {
            return Ok(Self::S3 { request });
        };
        let service = match prefix {
            "AmazonSQS" => Service::Sqs,
            "AWSCognitoIdentityProviderService" => Service::Cognito,
            "TrentService" => Service::Kms,
            "AWSEvents" => Service::EventBridge,
            _ => Service::DynamoDb,
        };
        Ok(Self::Json {
            service,
            operation: operation.to_owned(),
            body: serde_json::from_slice(request.body()).map_err(|error| wrong(error.into()))?,
        })
    }

    fn describe(&self, tables: &Tables) -> (Call, Footprint) {
        let (service, operation, resource, index, footprint) = match self {
            Self::Json { service: service @ (Service::Sqs | Service::Lambda), operation, body } => {
                let queue = Queues::name_of(body);
                let places = vec![format!("sqs/{queue}")];
                let footprint = Footprint::Places { writes: true, places };
                (*service, operation.clone(), queue, None, footprint)
            }
            Self::Json { service: Service::Cognito, operation, body } => {
                let pool = Pools::id_of(body);
                let footprint =
                    Footprint::Places { writes: operation != "ListUsers", places: vec![format!("cognito/{pool}")] };
                (Service::Cognito, operation.clone(), pool, None, footprint)
            }
            Self::Json { service: service @ (Service::Ses | Service::EventBridge), operation, .. } => {
                let footprint = Footprint::Places { writes: true, places: vec![service.to_string()] };
                (*service, operation.clone(), String::new(), None, footprint)
            }
            Self::Json { service: Service::Kms, operation, body } => {
                let footprint = Footprint::Places { writes: false, places: vec!["kms".to_owned()] };
                let key = body["KeyId"].as_str().unwrap_or_default().to_owned();
                (Service::Kms, operation.clone(), key, None, footprint)
            }
            Self::Json { service, operation, body } => (
                *service,
                operation.clone(),
                Tables::tables_of(operation, body).join("+"),
                body["IndexName"].as_str().map(str::to_owned),
                tables.footprint(operation, body),
            ),
            Self::S3 { request } => {
                let (operation, bucket, key) = request::classify(request);
                let place = if key.is_empty() { format!("s3/{bucket}") } else { format!("s3/{bucket}/{key}") };
                let footprint = Footprint::Places {
                    writes: !matches!(
                        operation,
                        "GetObject" | "HeadObject" | "GetObjectLegalHold" | "ListObjectVersions"
                    ),
                    places: vec![place],
                };
                (Service::S3, operation.to_owned(), bucket, None, footprint)
            }
        };
        let call = Call {
            sequence: 0,
            service,
            operation,
            resource,
            index,
            read_units: 0.0,
            write_units: 0.0,
            index_write_units: BTreeMap::new(),
            answer: Answer::Nothing,
            reply_bytes: 0,
        };
        (call, footprint)
    }
}

/// A reply as the SDK takes it: S3's bodies stay streams.
struct Outgoing {
    status: StatusCode,
    headers: HeaderMap,
    body: SdkBody,
    error: Option<String>,
}

impl From<Reply> for Outgoing {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, headers: reply.headers, body: SdkBody::from(reply.body), error: reply.error }
    }
}

impl Outgoing {
    async fn from_s3(response: http::Response<s3s::Body>) -> Self {
        if response.status().is_success() {
            let (parts, body) = response.into_parts();
            return Self {
                status: parts.status,
                headers: parts.headers,
                body: SdkBody::from_body_1_x(body),
                error: None,
            };
        }
        let (parts, body) = s3::collect(response).await.into_parts();
        let text = String::from_utf8_lossy(&body);
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map_or_else(|| parts.status.to_string(), |(code, _)| code.to_owned());
        Self { status: parts.status, headers: parts.headers, body: SdkBody::from(body), error: Some(code) }
    }

    fn reply_bytes(&self) -> u64 {
        let length = self.headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        length.and_then(|length| length.parse().ok()).unwrap_or_default()
    }

    /// Lets the first half of the body through, then breaks the connection.
    async fn cut_short(&mut self) {
        let body = std::mem::replace(&mut self.body, SdkBody::taken());
        if let Ok(whole) = ByteStream::new(body).collect().await {
            let whole = whole.into_bytes();
            self.body = SdkBody::from_body_1_x(Broken::after(whole.slice(..whole.len() / 2)));
        }
    }

    fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        HttpResponse::try_from(response).map_err(|error| ConnectorError::user(error.into()))
    }
}
