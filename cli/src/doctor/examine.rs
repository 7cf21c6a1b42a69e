//! What is wrong with a stack that was read.

use jiff::{SignedDuration, Timestamp};
use store::StoreError;
use store::inspection::{
    BucketDescription, FunctionDescription, Inspection, PoolDescription, Read, StackDescription, TableDescription,
};

use super::finding::{BucketSetting, Finding, PoolSetting, TableSetting};

/// 25 runs at a time for the API, the pages and the sweep, beside what the queues may take.
const OTHER_RUNS: u64 = 25;

/// 30 seconds: AWS refuses what is signed more than 5 minutes ago, and a clock that drifts does not stop there.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

/// 1,000 messages: some minutes of work. An import is more, and goes down.
const WAITING_LIMIT: u64 = 1_000;

/// 35 days: what people decided is kept as long as the table's own recovery could bring it back.
pub(super) const DECIDED_DAYS: u64 = 35;

/// What lists and searches read, and the sweep.
pub(super) const INDEXES: [&str; 6] = ["by_number", "by_last4", "by_staff", "by_team", "by_time", "by_due"];

/// The functions, each with a log group; the API has one too.
pub(super) const LOG_GROUPS: [&str; 11] =
    ["ingest", "index", "jobs", "retrieve", "cases", "clip", "deliver", "govern", "console", "sweep", "api"];

/// The functions that a queue starts.
const FED_BY_QUEUES: [&str; 4] = ["ingest", "index", "jobs", "clip"];

/// The statements of the buckets' policies, as the template sets them; a test compares the two.
pub(super) const RECORDINGS_STATEMENTS: [&str; 13] = [
    "DenyWithoutTls",
    "DenyPresignedOlderThanFiveMinutes",
    "DenyAudioToAllButTheFunctions",
    "DenyDeletionByKey",
    "DenyDeletionToAllButTheSweep",
    "DenyHoldsToTheSweep",
    "DenyRetention",
    "DenyLockModeHeader",
    "DenyLockDateHeader",
    "DenyLegalHoldHeader",
    "DenyEncryptionByTheSendersKey",
    "DenyEncryptionByAnotherKey",
    "DenyAnotherStorageClass",
];
pub(super) const DERIVED_STATEMENTS: [&str; 6] = [
    "DenyWithoutTls",
    "DenyPresignedOlderThanFiveMinutes",
    "DenyAudioToAllButTheFunctions",
    "DenyWritingToAllButClip",
    "DenyDeletionByKey",
    "DenyDeletionToAllButTheSweep",
];
pub(super) const RULEBOOK_STATEMENTS: [&str; 3] = ["DenyWithoutTls", "DenyDeletion", "DenyWritingToAllButThePublisher"];
pub(super) const DECIDED_STATEMENTS: [&str; 4] =
    ["DenyWithoutTls", "DenyWritingToAllButJobs", "DenyReadingToAllButJobsAndThePublisher", "DenyDeletion"];
/// As infra/backup.yaml sets them.
pub(super) const COPIES_STATEMENTS: [&str; 11] = [
    "ReplicationWrites",
    "TheSweepDeletes",
    "TheSweepLists",
    "JobsLiftsHolds",
    "DenyWithoutTls",
    "DenyAudioToAllButTheReader",
    "DenyWritingToAllButReplication",
    "DenyDeletionByKey",
    "DenyDeletionToAllButTheSweep",
    "DenyHoldsToAllButJobs",
    "DenyRetention",
];
pub(super) const AUDIT_STATEMENTS: [&str; 4] =
    ["DenyWithoutTls", "DenyDeletion", "DenyAnotherRetention", "DenyWritingToAllButTheSweep"];

/// Everything that is wrong, the worst first.
pub(super) fn examine(inspection: &Inspection) -> Vec<Finding> {
    let mut findings = Findings::default();
    findings.examine_stack(&inspection.stack, inspection.clocks);
    if let Some(key) = findings.read("kms", &inspection.key) {
        match key.state.as_str() {
            "Enabled" if key.rotates => {}
            "Enabled" => findings.push(Finding::KeyRotation),
            state => findings.push(Finding::KeyState(state.to_owned())),
        }
    }
    for (queue, count) in &inspection.queues {
        let queue = (*queue).to_owned();
        match findings.read("sqs", count) {
            Some(&count) if queue.ends_with("-dead-letters") && count > 0 => {
                findings.push(Finding::DeadLetters { queue, count });
            }
            Some(&count) if count > WAITING_LIMIT => findings.push(Finding::Waiting { queue, count }),
            _ => {}
        }
    }
    findings.examine_functions(inspection);
    for (schedule, state) in &inspection.schedules {
        let parameter = |name| inspection.stack.parameter(name);
        let is_off = match *schedule {
            "logins" => parameter("ManageLogins") != Some("true"),
            "notify" => [parameter("Notifications"), parameter("EventBusName")]
                .iter()
                .all(|value| matches!(value, None | Some("OFF" | ""))),
            _ => false,
        };
        if let Some(state) = findings.read("scheduler", state).filter(|state| *state != "ENABLED" && !is_off) {
            findings.push(Finding::Schedule { schedule: (*schedule).to_owned(), state: state.clone() });
        }
    }
    for (bucket, found) in &inspection.buckets {
        if let Some(found) = findings.read("s3", found) {
            findings.examine_bucket(bucket, found, inspection);
        }
    }
    if let Some(table) = findings.read("dynamodb", &inspection.table) {
        findings.examine_table(table);
        findings.examine_feed(table, inspection);
    }
    if findings.read("dynamodb", &inspection.is_rulebook_published) == Some(&false) {
        findings.push(Finding::NeverPublished);
    }
    if let Some(pool) = inspection.pool.as_ref().and_then(|pool| findings.read("cognito-idp", pool)) {
        findings.examine_pool(pool, &inspection.stack);
    }
    findings.examine_alarms(inspection);
    findings.examine_logs(inspection);
    findings.0
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn push(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    /// What was read; what was not is a finding, once for each reason.
    fn read<'r, T>(&mut self, what: &'static str, read: &'r Read<T>) -> Option<&'r T> {
        match read {
            Ok(found) => Some(found),
            Err(error) => {
                self.push(Finding::Unread { what, code: code_of(error) });
                None
            }
        }
    }

    fn examine_stack(&mut self, stack: &StackDescription, clocks: Option<(Timestamp, Timestamp)>) {
        // After a rolled back update what was there before works, and what was deployed is not there.
        if !matches!(stack.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE") {
            self.push(Finding::StackStatus(stack.status.clone()));
        }
        if let Some((theirs, ours)) = clocks {
            let ahead = ours.duration_since(theirs);
            if ahead.abs() > CLOCK_TOLERANCE {
                self.push(Finding::Clock(ahead.as_secs()));
            }
        }
    }

    fn examine_functions(&mut self, inspection: &Inspection) {
        let number = |name| inspection.stack.number(name).unwrap_or_default();
        let of_queues = ["IngestConcurrency", "IndexConcurrency", "JobsConcurrency", "ClipConcurrency"];
        let needed = of_queues.into_iter().map(number).sum::<u64>() + OTHER_RUNS;
        if let Some(&limit) = self.read("lambda", &inspection.concurrency_limit).filter(|limit| **limit < needed) {
            self.push(Finding::Concurrency { limit, needed });
        }
        let mut architectures: Vec<&str> = Vec::new();
        for (function, found) in &inspection.functions {
            if let Some(found) = self.read("lambda", found) {
                self.examine_function(function, found);
                architectures.push(&found.architecture);
            }
        }
        architectures.dedup();
        if architectures.len() > 1 {
            self.push(Finding::Architectures);
        }
    }

    fn examine_function(&mut self, function: &str, found: &FunctionDescription) {
        let function = function.to_owned();
        if !matches!(found.state.as_str(), "Active" | "Inactive") {
            self.push(Finding::Function { function: function.clone(), state: found.state.clone() });
        } else if found.last_update == "Failed" {
            self.push(Finding::Function { function: function.clone(), state: found.last_update.clone() });
        }
        let has_queue = FED_BY_QUEUES.contains(&function.as_str());
        let mut queues = found.sources.iter().filter(|source| source.arn.contains(":sqs:")).peekable();
        let is_without = has_queue && queues.peek().is_none();
        let stopped = queues.map(|queue| &queue.state).find(|state| *state != "Enabled").cloned();
        if let Some(state) = stopped.or_else(|| is_without.then(|| "—".to_owned())) {
            self.push(Finding::Source { function: function.clone(), state });
        }
        if found.may_loop == Some(false) {
            self.push(Finding::Loop);
        }
        if found.run_retries.is_some_and(|retries| retries > 0) {
            self.push(Finding::Retries(function));
        }
    }

    fn examine_bucket(&mut self, role: &str, found: &BucketDescription, inspection: &Inspection) {
        let mut wrong = |setting| self.push(Finding::Bucket { bucket: found.name.clone(), setting });
        // What people decided ends by a rule, and no version of it stays.
        let ends_by_itself = role == "decided";
        if !found.is_versioned && !ends_by_itself {
            wrong(BucketSetting::Versioning);
        }
        if !found.blocks_public_access {
            wrong(BucketSetting::PublicAccess);
        }
        let key = match role {
            "copies" => inspection.stack.parameter("CopyKeyId").unwrap_or_default(),
            _ => inspection.key.as_ref().map_or("", |key| key.arn.as_str()),
        };
        let short = |id: &'_ str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let is_ours = |id: &str| key.is_empty() || short(key) == short(id);
        if !found.key_id.as_deref().is_some_and(is_ours) {
            wrong(BucketSetting::Encryption);
        }
        if matches!(role, "recordings" | "audit" | "copies") && !found.has_object_lock {
            wrong(BucketSetting::ObjectLock);
        }
        let wanted = (role == "audit").then(|| {
            let mode = inspection.stack.parameter("AuditLockMode").unwrap_or("GOVERNANCE").to_owned();
            (mode, inspection.stack.number("AuditLockDays").unwrap_or_default())
        });
        // On the recordings none is right: it would outlast the company's own rules.
        if found.default_retention != wanted {
            let (mode, days) = wanted.unwrap_or_default();
            wrong(BucketSetting::Retention { mode, days });
        }
        let ends_after = match role {
            "recordings" | "copies" => inspection.stack.number("BackstopDays"),
            "decided" => Some(DECIDED_DAYS),
            _ => None,
        };
        match (found.ends_after_days, ends_after) {
            (found, wanted) if found == wanted => {}
            // What people decided is deleted by nobody: text and numbers would stay.
            (Some(found), Some(wanted)) if found < wanted && !ends_by_itself => wrong(BucketSetting::LifecycleDeletes),
            (Some(_), None) => wrong(BucketSetting::LifecycleDeletes),
            (_, Some(days)) => wrong(BucketSetting::LifecycleEnd { days }),
            (None, None) => {}
        }
        if let Some(copies) = inspection.stack.parameter("CopyBucket").filter(|_| role == "recordings")
            && !found.replicated_to.contains(copies)
        {
            wrong(BucketSetting::Replication(copies.to_owned()));
        }
        if !found.lifecycle_ends_uploads {
            wrong(BucketSetting::UnfinishedUploads);
        }
        if role == "recordings" && !found.notifies_a_queue {
            wrong(BucketSetting::Notification);
        }
        let statements: &[&str] = match role {
            "recordings" => &RECORDINGS_STATEMENTS,
            "derived" => &DERIVED_STATEMENTS,
            "rulebook" => &RULEBOOK_STATEMENTS,
            "decided" => &DECIDED_STATEMENTS,
            "copies" => &COPIES_STATEMENTS,
            _ => &AUDIT_STATEMENTS,
        };
        let missing: Vec<&str> = statements.iter().copied().filter(|sid| !found.statements.contains(*sid)).collect();
        if !missing.is_empty() {
            wrong(BucketSetting::Policy(missing.join(", ")));
        }
    }

    fn examine_table(&mut self, found: &TableDescription) {
        let mut wrong = |setting| self.push(Finding::Table { table: found.name.clone(), setting });
        if !found.has_point_in_time_recovery {
            wrong(TableSetting::PointInTimeRecovery);
        }
        if found.time_to_live.as_deref() != Some("expires_epoch_seconds") {
            wrong(TableSetting::TimeToLive);
        }
        if !found.is_protected {
            wrong(TableSetting::DeletionProtection);
        }
        if !found.is_encrypted {
            wrong(TableSetting::Encryption);
        }
        for index in INDEXES.into_iter().filter(|index| !found.active_indexes.contains(*index)) {
            wrong(TableSetting::Index(index.to_owned()));
        }
    }

    /// What people decide comes by the table's stream, which starts `jobs`.
    fn examine_feed(&mut self, table: &TableDescription, inspection: &Inspection) {
        let Some(stream) = &table.stream else {
            self.push(Finding::Table { table: table.name.clone(), setting: TableSetting::Stream });
            return;
        };
        // That the function can't be read is a finding already.
        let Some(Ok(jobs)) = inspection.functions.get("jobs") else { return };
        let state = match jobs.sources.iter().find(|source| source.arn == *stream) {
            None => "—",
            Some(source) if source.state != "Enabled" => &source.state,
            Some(source) if source.last_result.starts_with("PROBLEM") => &source.last_result,
            Some(_) => return,
        };
        self.push(Finding::DecidedUnfed(state.to_owned()));
    }

    fn examine_pool(&mut self, pool: &PoolDescription, stack: &StackDescription) {
        if !pool.only_admins_create {
            self.push(Finding::Pool(PoolSetting::SelfSignUp));
        }
        if pool.one_time_code != "ON" {
            self.push(Finding::Pool(PoolSetting::OneTimeCode));
        }
        if !pool.is_protected {
            self.push(Finding::Pool(PoolSetting::DeletionProtection));
        }
        if let Some(admin) = stack.parameter("AdminLogin").filter(|admin| !pool.users.contains_key(*admin)) {
            self.push(Finding::NoAdminLogin(admin.to_owned()));
        }
        for (login, _) in pool.users.iter().filter(|(_, has_signed_in)| !**has_signed_in) {
            self.push(Finding::NoFirstSignIn(login.clone()));
        }
    }

    fn examine_alarms(&mut self, inspection: &Inspection) {
        if let Some(subscriptions) = self.read("sns", &inspection.subscriptions) {
            if subscriptions.is_empty() {
                self.push(Finding::NobodyIsTold);
            }
            for subscription in subscriptions.iter().filter(|subscription| !subscription.is_confirmed) {
                self.push(Finding::Unconfirmed(subscription.endpoint.clone()));
            }
        }
        if let Some(alarms) = self.read("monitoring", &inspection.alarms) {
            for alarm in &alarms.ringing {
                self.push(Finding::Alarm(alarm.clone()));
            }
            for alarm in &alarms.silenced {
                self.push(Finding::SilencedAlarm(alarm.clone()));
            }
        }
    }

    fn examine_logs(&mut self, inspection: &Inspection) {
        let Some(groups) = self.read("logs", &inspection.logs) else { return };
        let wanted = inspection.stack.number("LogRetentionDays").unwrap_or_default();
        for name in LOG_GROUPS {
            let group = format!("/rokuban/{}/{name}", inspection.stack.name);
            if groups.get(&group).copied().flatten() != Some(wanted) {
                self.push(Finding::LogRetention { group, wanted });
            }
        }
    }
}

fn code_of(error: &StoreError) -> String {
    error.code.clone().unwrap_or_else(|| format!("{:?}", error.kind))
}
