//! The order in which a stack is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::account::AccountReader;
use super::data::DataReader;
use super::{Inspection, StackDescription};
use crate::aws_date::AwsDate;
use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};
use crate::service::{Service, ServiceRequest};
use crate::table::Table;

/// The functions of the stack.
const FUNCTIONS: [&str; 10] =
    ["ingest", "index", "jobs", "retrieve", "cases", "clip", "deliver", "govern", "console", "sweep"];

/// Its schedules.
const SCHEDULES: [&str; 5] = ["sweep", "roll-up", "reconcile", "logins", "notify"];

/// Its queues.
const QUEUES: [&str; 9] = [
    "ingest",
    "index",
    "jobs",
    "clip",
    "ingest-dead-letters",
    "index-dead-letters",
    "jobs-dead-letters",
    "clip-dead-letters",
    "runs-dead-letters",
];

/// Its buckets, and the output that names each.
const BUCKETS: [(&str, &str); 5] = [
    ("recordings", "RecordingsBucket"),
    ("derived", "DerivedBucket"),
    ("rulebook", "RulebookBucket"),
    ("decided", "DecidedBucket"),
    ("audit", "AuditBucket"),
];

impl Inspection {
    /// Reads a stack.
    ///
    /// # Errors
    /// The stack itself can't be read.
    pub async fn of(connection: &Connection, name: &str) -> Result<Self, StoreError> {
        let (stack, date) = describe(connection, name).await?;
        let clocks = date.map(|date| (date, connection.now()));
        let account = AccountReader::new(connection, name);
        let contents = DataReader::new(connection);
        let mut inspection = Self {
            clocks,
            concurrency_limit: account.concurrency_limit().await,
            functions: BTreeMap::new(),
            schedules: BTreeMap::new(),
            subscriptions: account.subscriptions(stack.output("AlarmTopic")).await,
            alarms: account.alarms().await,
            pool: None,
            is_rulebook_published: Table::new(connection, stack.output("Table"))
                .rulebook_pointer(&AwsDate::default())
                .await
                .map(|(_, generation)| generation > 0),
            queues: BTreeMap::new(),
            key: account.key().await,
            buckets: BTreeMap::new(),
            table: contents.table(stack.output("Table")).await,
            logs: account.logs().await,
            stack,
        };
        if inspection.stack.parameter("Issuer").is_none() {
            inspection.pool = Some(account.pool(inspection.stack.output("UserPoolId")).await);
        }
        for function in FUNCTIONS {
            inspection.functions.insert(function, account.function(function).await);
        }
        for schedule in SCHEDULES {
            inspection.schedules.insert(schedule, account.schedule(schedule).await);
        }
        for queue in QUEUES {
            inspection.queues.insert(queue, contents.waiting(&format!("{name}-{queue}")).await);
        }
        for (bucket, output) in BUCKETS {
            inspection.buckets.insert(bucket, contents.bucket(inspection.stack.output(output)).await);
        }
        if let Some(copies) = inspection.stack.parameter("CopyBucket").map(str::to_owned) {
            let region = inspection.stack.parameter("CopyRegion").unwrap_or_default();
            inspection.buckets.insert("copies", contents.in_region(region).bucket(&copies).await);
            match contents.replicated_to(inspection.stack.output("RecordingsBucket")).await {
                Ok(names) => {
                    if let Some(Ok(recordings)) = inspection.buckets.get_mut("recordings") {
                        recordings.replicated_to = names;
                    }
                }
                Err(error) => {
                    inspection.buckets.insert("recordings", Err(error));
                }
            }
        }
        Ok(inspection)
    }
}

/// The stack, and the time by AWS's clock.
async fn describe(connection: &Connection, name: &str) -> Result<(StackDescription, Option<Timestamp>), StoreError> {
    const ACT: &str = "describe the stack";
    let request = ServiceRequest::query("DescribeStacks", "2010-05-15", &[("StackName", name)]);
    let reply =
        Service::new(&connection.config, "cloudformation").ask_with_date(ACT, request).await.map_err(|error| {
            // CloudFormation says "ValidationError" of a stack that is not there.
            let is_missing = error.code.as_deref() == Some("ValidationError");
            if is_missing { StoreError { kind: ErrorKind::Missing, ..error } } else { error }
        })?;
    let found = &reply.body["DescribeStacksResult"]["Stacks"][0];
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let id = text("StackId");
    let mut parts = id.split(':').skip(3);
    let pairs = |list: &str, key: &str, value: &str| {
        let pair = |each: &Value| Some((each[key].as_str()?.to_owned(), each[value].as_str()?.to_owned()));
        found[list].as_array().into_iter().flatten().filter_map(pair).collect()
    };
    let stack = StackDescription {
        name: name.to_owned(),
        region: parts.next().unwrap_or_default().to_owned(),
        account: parts.next().unwrap_or_default().to_owned(),
        status: text("StackStatus"),
        parameters: pairs("Parameters", "ParameterKey", "ParameterValue"),
        outputs: pairs("Outputs", "OutputKey", "OutputValue"),
    };
    if stack.account.is_empty() || stack.status.is_empty() {
        return Err(StoreError::lacks(ACT));
    }
    let date = reply.date.and_then(|date| rfc2822::parse(&date).ok()).map(|date| date.timestamp());
    Ok((stack, date))
}
