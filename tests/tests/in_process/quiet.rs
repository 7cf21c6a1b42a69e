//! QUIET: whatever goes wrong, the log holds nothing private.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use policy::id::RecordingId;
use serde_json::json;
use tests::world::{Fault, FaultKind, Moment, Service, Which};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::api::{ADMIN, Api, ApiRequest, SALES_MANAGER, SAMPLE, evidence};
use tests::company::{RULEBOOK_BUCKET, sample_rulebook};

/// The log, as the functions write it: everything from `INFO` up, whoever says it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// Everything that was logged.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// One request to every route, each with something private in it.
fn requests(id: &RecordingId) -> Vec<ApiRequest> {
    let (policy, staff) = sample_rulebook();
    let rulebook = json!({"policy": policy.replace("admin_limit = 2", "admin_limit = 3"), "staff": staff});
    vec![
        ApiRequest::get("/me").by(SALES_MANAGER),
        ApiRequest::get("/me").by("stranger@example.com").header("authorization", "Bearer e30.e30.c2ln"),
        ApiRequest::get("/recordings?number=090-1234-5678").by(SALES_MANAGER),
        ApiRequest::get("/recordings?number=090-1234-5678").header("accept", "text/csv").by(SALES_MANAGER),
        ApiRequest::get(&format!("/recordings/{id}")).by(SALES_MANAGER),
        ApiRequest::get("/recordings/09012345678").by(SALES_MANAGER),
        ApiRequest::get(&format!("/recordings/{id}/custody")).by(SALES_MANAGER),
        ApiRequest::post(&format!("/recordings/{id}/play"), &evidence()).by(SALES_MANAGER),
        ApiRequest::post(&format!("/recordings/{id}/play"), &json!({"reason": "見積", "number": "09012345678"}))
            .by(ADMIN),
        ApiRequest::get("/rulebook").by(ADMIN),
        ApiRequest::put("/rulebook", &rulebook).by(ADMIN),
        ApiRequest::put("/rulebook", &json!({"policy": staff, "staff": policy})).by(ADMIN),
        ApiRequest::delete("/rulebook/pending").by(ADMIN),
    ]
}

#[tokio::test(start_paused = true)]
async fn no_fault_brings_anything_private_into_the_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (service, operation, kind) in [
        (Service::DynamoDb, "Query", FaultKind::AccessDenied),
        (Service::DynamoDb, "GetItem", FaultKind::AccessDenied),
        (Service::DynamoDb, "PutItem", FaultKind::Throttled),
        (Service::DynamoDb, "TransactWriteItems", FaultKind::Conflict),
        (Service::DynamoDb, "TransactWriteItems", FaultKind::TimedOut),
        (Service::S3, "GetObject", FaultKind::AccessDenied),
        (Service::S3, "PutObject", FaultKind::ServerError),
    ] {
        let (api, id) = Api::with_sample(1).await;
        // Another instance, that has read nothing yet; and the first, that has.
        let cold = Api::over(api.world());
        api.warm().await;
        api.world().set_fault(Fault { which: Which::EveryOf(service, operation), moment: Moment::Effect, kind });
        for ask in requests(&id) {
            cold.ask(&ask).await;
            api.ask(&ask).await;
        }
    }
    // A stored rulebook that is not one, and so holds anything.
    let (api, id) = Api::with_sample(1).await;
    let key = api.world().object_keys(RULEBOOK_BUCKET).remove(0);
    api.world().put_object(RULEBOOK_BUCKET, &key, "09012345678,山田 太郎", &[]);
    Api::over(api.world()).get(ADMIN, &format!("/recordings/{id}")).await;

    let log = log.text();
    for said in ["answered 500", "answered 503", "the rulebook can't be read", "AccessDenied"] {
        assert!(log.contains(said), "`{said}` was to be logged: {log}");
    }
    let folder = SAMPLE.split_once('/').unwrap().0;
    for private in ["9012345678", "1234-5678", "見積", "山田", "stranger", "e30", "X-Amz", "number=", folder] {
        assert!(!log.contains(private), "`{private}` is in the log: {log}");
    }
}
