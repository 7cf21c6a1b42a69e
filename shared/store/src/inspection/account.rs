//! What runs, rings and signs in: Lambda, the schedules, the alarms, the user pool, the key, the logs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Alarms, FunctionDescription, KeyDescription, PoolDescription, Read, SourceDescription, Subscription};
use crate::connect::Connection;
use crate::error::{ErrorKind, StoreError};
use crate::service::{Service, ServiceRequest, percent_encoded};

/// 100 pages of anything: no stack has more, and a service that always names a next page is left.
const PAGES_LIMIT: usize = 100;

/// Lambda's own number where nothing is set.
const DEFAULT_RETRIES: u64 = 2;

/// Reads what belongs to one stack.
pub(super) struct AccountReader {
    stack: String,
    lambda: Service,
    scheduler: Service,
    sns: Service,
    cloudwatch: Service,
    cognito: Service,
    kms: Service,
    logs: Service,
}

impl AccountReader {
    pub(super) fn new(connection: &Connection, stack: &str) -> Self {
        let service = |name| Service::new(&connection.config, name);
        Self {
            stack: stack.to_owned(),
            lambda: service("lambda"),
            scheduler: service("scheduler"),
            sns: service("sns"),
            cloudwatch: service("monitoring"),
            cognito: service("cognito-idp"),
            kms: service("kms"),
            logs: service("logs"),
        }
    }

    pub(super) async fn concurrency_limit(&self) -> Read<u64> {
        const ACT: &str = "read Lambda's quotas";
        let request = ServiceRequest::get("GetAccountSettings", "/2016-08-19/account-settings/".to_owned());
        let answer = self.lambda.ask(ACT, request).await?;
        answer["AccountLimit"]["ConcurrentExecutions"].as_u64().ok_or_else(|| StoreError::lacks(ACT))
    }

    pub(super) async fn function(&self, function: &str) -> Read<FunctionDescription> {
        const ACT: &str = "describe a function";
        let name = format!("{}-{function}", self.stack);
        let get = |operation, path: String| self.lambda.ask(ACT, ServiceRequest::get(operation, path));
        let found = get("GetFunctionConfiguration", format!("/2015-03-31/functions/{name}/configuration")).await?;
        let path = format!("/2015-03-31/event-source-mappings/?FunctionName={}", percent_encoded(&name));
        let sources = get("ListEventSourceMappings", path).await?;
        let mut description = FunctionDescription {
            state: text(&found, "State"),
            last_update: text(&found, "LastUpdateStatus"),
            architecture: found["Architectures"][0].as_str().unwrap_or("x86_64").to_owned(),
            sources: items(&sources, "EventSourceMappings").map(source).collect(),
            ..FunctionDescription::default()
        };
        if function == "jobs" {
            let answer = get("GetFunctionRecursionConfig", format!("/2024-08-31/functions/{name}/recursion-config"));
            description.may_loop = Some(answer.await?["RecursiveLoop"] == "Allow");
        }
        if matches!(function, "jobs" | "sweep") {
            let path = format!("/2019-09-25/functions/{name}/event-invoke-config");
            let retries = match get("GetFunctionEventInvokeConfig", path).await {
                Ok(answer) => answer["MaximumRetryAttempts"].as_u64().unwrap_or(DEFAULT_RETRIES),
                Err(error) if error.kind == ErrorKind::Missing => DEFAULT_RETRIES,
                Err(error) => return Err(error),
            };
            description.run_retries = Some(retries);
        }
        Ok(description)
    }

    pub(super) async fn schedule(&self, schedule: &str) -> Read<String> {
        let request = ServiceRequest::get("GetSchedule", format!("/schedules/{}-{schedule}", self.stack));
        Ok(text(&self.scheduler.ask("describe a schedule", request).await?, "State"))
    }

    pub(super) async fn subscriptions(&self, topic: &str) -> Read<Vec<Subscription>> {
        let mut subscriptions = Vec::new();
        let mut next = String::new();
        for _ in 0..PAGES_LIMIT {
            let parameters = [("TopicArn", topic), ("NextToken", next.as_str())];
            let sent = if next.is_empty() { &parameters[..1] } else { &parameters[..] };
            let request = ServiceRequest::query("ListSubscriptionsByTopic", "2010-03-31", sent);
            let answer = self.sns.ask("list the alarms' subscriptions", request).await?;
            let page = &answer["ListSubscriptionsByTopicResult"];
            subscriptions.extend(items(page, "Subscriptions").map(|each| Subscription {
                endpoint: text(each, "Endpoint"),
                is_confirmed: each["SubscriptionArn"] != "PendingConfirmation",
            }));
            next = text(page, "NextToken");
            if next.is_empty() {
                break;
            }
        }
        Ok(subscriptions)
    }

    pub(super) async fn alarms(&self) -> Read<Alarms> {
        let mut alarms = Alarms::default();
        let mut next = String::new();
        let prefix = format!("{}-", self.stack);
        for _ in 0..PAGES_LIMIT {
            let parameters = [("AlarmNamePrefix", prefix.as_str()), ("NextToken", next.as_str())];
            let sent = if next.is_empty() { &parameters[..1] } else { &parameters[..] };
            let request = ServiceRequest::query("DescribeAlarms", "2010-08-01", sent);
            let answer = self.cloudwatch.ask("read the alarms", request).await?;
            let page = &answer["DescribeAlarmsResult"];
            for alarm in items(page, "MetricAlarms") {
                if alarm["StateValue"] == "ALARM" {
                    alarms.ringing.push(text(alarm, "AlarmName"));
                }
                if alarm["ActionsEnabled"] == "false" {
                    alarms.silenced.push(text(alarm, "AlarmName"));
                }
            }
            next = text(page, "NextToken");
            if next.is_empty() {
                break;
            }
        }
        Ok(alarms)
    }

    pub(super) async fn pool(&self, pool: &str) -> Read<PoolDescription> {
        const TARGET: &str = "AWSCognitoIdentityProviderService";
        const ACT: &str = "describe the user pool";
        let ask = |name, body: Value| self.cognito.ask(ACT, ServiceRequest::json(TARGET, name, &body));
        let answer = ask("DescribeUserPool", json!({"UserPoolId": pool})).await?;
        let found = &answer["UserPool"];
        let mut description = PoolDescription {
            only_admins_create: found["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] == true,
            one_time_code: text(found, "MfaConfiguration"),
            is_protected: found["DeletionProtection"] == "ACTIVE",
            users: BTreeMap::new(),
        };
        let mut body = json!({"UserPoolId": pool, "Limit": 60, "AttributesToGet": []});
        // A pool can have more users than pages that are read: then the first ones stand for all.
        for _ in 0..PAGES_LIMIT {
            let page = ask("ListUsers", body.clone()).await?;
            for user in items(&page, "Users").filter(|user| user["Enabled"] != false) {
                let has_signed_in = user["UserStatus"] != "FORCE_CHANGE_PASSWORD";
                description.users.insert(text(user, "Username"), has_signed_in);
            }
            match page["PaginationToken"].as_str() {
                Some(next) => body["PaginationToken"] = json!(next),
                None => break,
            }
        }
        Ok(description)
    }

    pub(super) async fn key(&self) -> Read<KeyDescription> {
        const TARGET: &str = "TrentService";
        let ask = |name, body: Value| self.kms.ask("describe the key", ServiceRequest::json(TARGET, name, &body));
        let answer = ask("DescribeKey", json!({"KeyId": format!("alias/{}", self.stack)})).await?;
        let found = &answer["KeyMetadata"];
        let mut key = KeyDescription { state: text(found, "KeyState"), arn: text(found, "Arn"), rotates: true };
        // KMS tells nothing of the rotation of a key that is being deleted.
        if key.state == "Enabled" {
            let answer = ask("GetKeyRotationStatus", json!({"KeyId": key.arn})).await?;
            key.rotates = answer["KeyRotationEnabled"] == true;
        }
        Ok(key)
    }

    pub(super) async fn logs(&self) -> Read<BTreeMap<String, Option<u64>>> {
        let mut groups = BTreeMap::new();
        let mut body = json!({"logGroupNamePrefix": format!("/rokuban/{}/", self.stack)});
        for _ in 0..PAGES_LIMIT {
            let request = ServiceRequest::json("Logs_20140328", "DescribeLogGroups", &body);
            let page = self.logs.ask("read the log groups", request).await?;
            for group in items(&page, "logGroups") {
                groups.insert(text(group, "logGroupName"), group["retentionInDays"].as_u64());
            }
            match page["nextToken"].as_str() {
                Some(next) => body["nextToken"] = json!(next),
                None => break,
            }
        }
        Ok(groups)
    }
}

fn source(found: &Value) -> SourceDescription {
    SourceDescription {
        arn: text(found, "EventSourceArn"),
        state: text(found, "State"),
        last_result: text(found, "LastProcessingResult"),
    }
}

fn text(found: &Value, name: &str) -> String {
    found[name].as_str().unwrap_or_default().to_owned()
}

fn items<'a>(found: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    found[name].as_array().into_iter().flatten()
}
