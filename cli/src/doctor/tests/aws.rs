//! AWS, as far as the doctor asks it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use policy::Language;
use store::Connection;

use super::super::{doctor, examine};
use crate::args::{Account, Doctor};
use crate::failure::Failure;
use crate::import::Ending;

pub(super) const STREAM: &str =
    "arn:aws:dynamodb:ap-northeast-1:123456789012:table/rokuban-Table-1/stream/2026-11-01T00:00:00.000";

/// What starts a function by its queue.
pub(super) fn queue(state: &str) -> Value {
    json!({"State": state, "EventSourceArn": "arn:aws:sqs:ap-northeast-1:123456789012:rokuban-q"})
}

/// What starts a function by a stream.
pub(super) fn stream(arn: &str, state: &str, result: &str) -> Value {
    json!({"State": state, "EventSourceArn": arn, "LastProcessingResult": result})
}

pub(super) const COPY_KEY: &str = "22222222";

pub(super) const KEY: &str = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111";

/// AWS, as far as the doctor asks it: an answer for each operation, and what was asked.
#[derive(Clone, Debug)]
pub(super) struct Aws {
    pub(super) answers: BTreeMap<String, (u16, String)>,
    /// How far AWS's clock is ahead of this machine's.
    pub(super) ahead: SignedDuration,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation_of(&request);
        // Only what reads may be asked.
        let reads = ["Describe", "List", "Get", "GET "].iter().any(|verb| operation.starts_with(verb));
        assert!(reads, "{operation} is not a reading");
        self.asked.lock().unwrap().push(operation.clone());
        let (status, body) = self
            .answers
            .get(&operation)
            .cloned()
            .unwrap_or_else(|| (400, json!({"__type": "AccessDeniedException", "message": operation}).to_string()));
        let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
        let date = (Timestamp::now() + self.ahead).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.headers_mut().insert("date", date);
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// `DescribeKey`, `GET /schedules/rokuban-sweep`, `GET rokuban-audit ?versioning`.
fn operation_of(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap().to_owned();
    }
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    if let Some(action) = body.strip_prefix("Action=") {
        return action.split('&').next().unwrap().to_owned();
    }
    let uri: http::Uri = request.uri().parse().unwrap();
    match uri.host().unwrap().split_once(".s3.") {
        Some((bucket, _)) => {
            let role = bucket.trim_start_matches("rokuban-");
            format!("GET {role} ?{}", uri.query().unwrap().split(['&', '=']).next().unwrap())
        }
        None => format!("GET {}", uri.path_and_query().unwrap()),
    }
}

/// A list in the XML of the query protocol.
fn members(items: &[&str]) -> String {
    items.iter().map(|item| format!("<member>{item}</member>")).collect()
}

fn pairs(key: &str, value: &str, of: &[(&str, &str)]) -> String {
    let items: Vec<String> =
        of.iter().map(|(name, text)| format!("<{key}>{name}</{key}><{value}>{text}</{value}>")).collect();
    members(&items.iter().map(String::as_str).collect::<Vec<_>>())
}

impl Aws {
    /// A stack with nothing wrong.
    pub(super) fn well() -> Self {
        let mut aws = Self { answers: BTreeMap::new(), ahead: SignedDuration::ZERO, asked: Arc::default() };
        aws.describe_stack("UPDATE_COMPLETE", &[]);
        aws.set_subscriptions(&["<SubscriptionArn>arn:aws:sns:a</SubscriptionArn><Endpoint>ops@example.jp</Endpoint>"]);
        aws.set_alarms(&[
            "<AlarmName>rokuban-api-slow</AlarmName><StateValue>OK</StateValue><ActionsEnabled>true</ActionsEnabled>",
        ]);
        aws.set("GET /2016-08-19/account-settings/", &json!({"AccountLimit": {"ConcurrentExecutions": 1_000}}));
        for function in
            ["ingest", "index", "jobs", "retrieve", "cases", "clip", "deliver", "govern", "console", "sweep"]
        {
            aws.set_function(function, "Active", "x86_64");
            let has_queue = matches!(function, "ingest" | "index" | "jobs" | "clip");
            let sources = if has_queue { json!([queue("Enabled")]) } else { json!([]) };
            aws.set_sources(function, &sources);
        }
        aws.set_sources("jobs", &json!([queue("Enabled"), stream(STREAM, "Enabled", "OK")]));
        aws.set("GET /2024-08-31/functions/rokuban-jobs/recursion-config", &json!({"RecursiveLoop": "Allow"}));
        for function in ["jobs", "sweep"] {
            let path = format!("GET /2019-09-25/functions/rokuban-{function}/event-invoke-config");
            aws.set(&path, &json!({"MaximumRetryAttempts": 0}));
        }
        for (schedule, state) in [
            ("sweep", "ENABLED"),
            ("roll-up", "ENABLED"),
            ("reconcile", "ENABLED"),
            ("logins", "DISABLED"),
            ("notify", "DISABLED"),
        ] {
            aws.set(&format!("GET /schedules/rokuban-{schedule}"), &json!({"State": state}));
        }
        aws.set(
            "DescribeUserPool",
            &json!({"UserPool": {
                "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true},
                "MfaConfiguration": "ON", "DeletionProtection": "ACTIVE",
            }}),
        );
        aws.set_users(&[("yamada", "CONFIRMED", true)]);
        aws.set("DescribeKey", &json!({"KeyMetadata": {"KeyState": "Enabled", "Arn": KEY}}));
        aws.set("GetKeyRotationStatus", &json!({"KeyRotationEnabled": true}));
        let groups =
            ["ingest", "index", "jobs", "retrieve", "cases", "clip", "deliver", "govern", "console", "sweep", "api"];
        let groups =
            groups.map(|name| json!({"logGroupName": format!("/rokuban/rokuban/{name}"), "retentionInDays": 90}));
        aws.set("DescribeLogGroups", &json!({"logGroups": groups}));
        aws.set("GetQueueUrl", &json!({"QueueUrl": "https://sqs.ap-northeast-1.amazonaws.com/123456789012/q"}));
        aws.set("GetQueueAttributes", &json!({"Attributes": {"ApproximateNumberOfMessages": "0"}}));
        aws.set_table(&json!({"DeletionProtectionEnabled": true, "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}}));
        aws.set(
            "DescribeContinuousBackups",
            &json!({"ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            }}),
        );
        let time_to_live = json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_epoch_seconds"});
        aws.set("DescribeTimeToLive", &json!({"TimeToLiveDescription": time_to_live}));
        aws.set("GetItem", &json!({"Item": {"pk": {"S": "RULEBOOK"}, "generation": {"N": "1"}, "pointer": {"M": {}}}}));
        for (bucket, policy) in [
            ("recordings", &examine::RECORDINGS_STATEMENTS[..]),
            ("derived", &examine::DERIVED_STATEMENTS[..]),
            ("rulebook", &examine::RULEBOOK_STATEMENTS[..]),
            ("decided", &examine::DECIDED_STATEMENTS[..]),
            ("audit", &examine::AUDIT_STATEMENTS[..]),
            ("copies", &examine::COPIES_STATEMENTS[..]),
        ] {
            aws.set_bucket(bucket, policy);
        }
        aws.set_replication("Enabled", "");
        aws
    }

    pub(super) fn set(&mut self, operation: &str, answer: &Value) {
        self.answers.insert(operation.to_owned(), (200, answer.to_string()));
    }

    pub(super) fn set_xml(&mut self, operation: &str, content: &str) {
        self.answers.insert(operation.to_owned(), (200, format!("<?xml version=\"1.0\"?>{content}")));
    }

    pub(super) fn describe_stack(&mut self, status: &str, changed: &[(&str, &str)]) {
        let mut parameters = BTreeMap::from([
            ("AdminLogin", "yamada"),
            ("IngestConcurrency", "50"),
            ("IndexConcurrency", "20"),
            ("JobsConcurrency", "5"),
            ("ClipConcurrency", "2"),
            ("LogRetentionDays", "90"),
            ("AuditLockMode", "GOVERNANCE"),
            ("AuditLockDays", "400"),
            ("BackstopDays", "3650"),
            ("ManageLogins", "false"),
            ("Issuer", ""),
        ]);
        parameters.extend(changed.iter().copied());
        let parameters: Vec<(&str, &str)> = parameters.into_iter().collect();
        let outputs = [
            ("Table", "rokuban-Table-1"),
            ("UserPoolId", "ap-northeast-1_a"),
            ("AlarmTopic", "arn:aws:sns:ap-northeast-1:123456789012:rokuban-alarms"),
            ("RecordingsBucket", "rokuban-recordings"),
            ("DerivedBucket", "rokuban-derived"),
            ("RulebookBucket", "rokuban-rulebook"),
            ("DecidedBucket", "rokuban-decided"),
            ("AuditBucket", "rokuban-audit"),
        ];
        let stack = format!(
            "<StackName>rokuban</StackName>\
             <StackId>arn:aws:cloudformation:ap-northeast-1:123456789012:stack/rokuban/1</StackId>\
             <StackStatus>{status}</StackStatus><Parameters>{}</Parameters><Outputs>{}</Outputs>",
            pairs("ParameterKey", "ParameterValue", &parameters),
            pairs("OutputKey", "OutputValue", &outputs),
        );
        let stacks = members(&[&stack]);
        let content = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks>{stacks}</Stacks></DescribeStacksResult>\
             </DescribeStacksResponse>"
        );
        self.set_xml("DescribeStacks", &content);
    }

    pub(super) fn set_subscriptions(&mut self, subscriptions: &[&str]) {
        let content = format!(
            "<R><ListSubscriptionsByTopicResult><Subscriptions>{}</Subscriptions></ListSubscriptionsByTopicResult></R>",
            members(subscriptions)
        );
        self.set_xml("ListSubscriptionsByTopic", &content);
    }

    pub(super) fn set_alarms(&mut self, alarms: &[&str]) {
        let alarms = members(alarms);
        let content =
            format!("<R><DescribeAlarmsResult><MetricAlarms>{alarms}</MetricAlarms></DescribeAlarmsResult></R>");
        self.set_xml("DescribeAlarms", &content);
    }

    pub(super) fn set_function(&mut self, function: &str, state: &str, architecture: &str) {
        let answer = json!({"State": state, "LastUpdateStatus": "Successful", "Architectures": [architecture]});
        self.set(&format!("GET /2015-03-31/functions/rokuban-{function}/configuration"), &answer);
    }

    pub(super) fn set_sources(&mut self, function: &str, sources: &Value) {
        let path = format!("GET /2015-03-31/event-source-mappings/?FunctionName=rokuban-{function}");
        self.set(&path, &json!({"EventSourceMappings": sources}));
    }

    pub(super) fn set_users(&mut self, users: &[(&str, &str, bool)]) {
        let user = |(login, status, enabled): &(&str, &str, bool)| json!({"Username": login, "UserStatus": status, "Enabled": enabled});
        self.set("ListUsers", &json!({"Users": users.iter().map(user).collect::<Vec<_>>()}));
    }

    pub(super) fn set_table(&mut self, settings: &Value) {
        let index = |name| json!({"IndexName": name, "IndexStatus": "ACTIVE"});
        let mut table = json!({
            "TableName": "rokuban-Table-1", "GlobalSecondaryIndexes": examine::INDEXES.map(index), "LatestStreamArn": STREAM,
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        table.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.set("DescribeTable", &json!({"Table": table}));
    }

    pub(super) fn set_bucket(&mut self, bucket: &str, policy: &[&str]) {
        let key = if bucket == "copies" { COPY_KEY } else { KEY };
        let mut set = |what: &str, content: &str| self.set_xml(&format!("GET {bucket} ?{what}"), content);
        set("versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
        set(
            "publicAccessBlock",
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
             <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
             </PublicAccessBlockConfiguration>",
        );
        set(
            "encryption",
            &format!(
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                 <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>\
                 </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            ),
        );
        let rule = match bucket {
            "audit" => "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>400</Days></DefaultRetention></Rule>",
            _ => "",
        };
        let lock = format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
        );
        set("object-lock", &lock);
        let statements: Vec<Value> = policy.iter().map(|sid| json!({"Sid": sid, "Effect": "Deny"})).collect();
        // As the template has them.
        match bucket {
            "recordings" | "copies" => self.set_lifecycle(bucket, Some(3_650), Some(3_650)),
            "decided" => self.set_lifecycle(bucket, Some(35), None),
            _ => self.set_lifecycle(bucket, None, None),
        }
        self.set(&format!("GET {bucket} ?policy"), &json!({"Statement": statements}));
        self.set_xml(
            &format!("GET {bucket} ?notification"),
            "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:a:1:q</Queue><Event>s3:ObjectCreated:*</Event>\
             </QueueConfiguration></NotificationConfiguration>",
        );
    }

    /// What ends in a bucket, and after how many days: objects, and versions that are not the current one.
    pub(super) fn set_lifecycle(&mut self, bucket: &str, days: Option<u32>, former: Option<u32>) {
        let days = days.map(|days| format!("<Expiration><Days>{days}</Days></Expiration>")).unwrap_or_default();
        let ends = "NoncurrentVersionExpiration";
        let former = former.map(|days| format!("<{ends}><NoncurrentDays>{days}</NoncurrentDays></{ends}>"));
        let rule = |content: &str| format!("<Rule><Status>Enabled</Status>{content}</Rule>");
        let uploads = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
        let rules = [rule(&format!("{days}{}", former.unwrap_or_default())), rule(uploads)].concat();
        let content = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        self.set_xml(&format!("GET {bucket} ?lifecycle"), &content);
    }

    /// Where recordings are replicated to.
    pub(super) fn set_replication(&mut self, status: &str, prefix: &str) {
        let content = format!(
            "<ReplicationConfiguration><Role>r</Role><Rule><Status>{status}</Status><Filter><Prefix>{prefix}</Prefix></Filter>\
             <Destination><Bucket>arn:aws:s3:::rokuban-copies</Bucket></Destination></Rule></ReplicationConfiguration>"
        );
        self.set_xml("GET recordings ?replication", &content);
    }

    /// Recordings are copied to another Region.
    pub(super) fn with_copies(&mut self) {
        let parameters = [("CopyBucket", "rokuban-copies"), ("CopyKeyId", COPY_KEY), ("CopyRegion", "ap-northeast-3")];
        self.describe_stack("UPDATE_COMPLETE", &parameters);
    }

    pub(super) async fn run(&self, language: Language, json: bool) -> Result<(Ending, String), Failure> {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.clone())
            .retry_config(RetryConfig::disabled())
            .build();
        let arguments = Doctor {
            stack: "rokuban".to_owned(),
            account: Account { profile: None, region: None, endpoint_url: None },
            lang: Some(language),
            json,
        };
        let mut out = Vec::new();
        let ending = doctor(&arguments, &Connection::of(config), &mut out).await?;
        Ok((ending, String::from_utf8(out).unwrap()))
    }

    /// The codes of what is found.
    pub(super) async fn codes(&self) -> Vec<String> {
        let (_, text) = self.run(Language::English, true).await.unwrap();
        let found: Value = serde_json::from_str(&text).unwrap();
        found["findings"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap().to_owned()).collect()
    }
}
