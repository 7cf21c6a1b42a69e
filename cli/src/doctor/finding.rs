//! What can be wrong with a stack.

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The stack's last change failed or goes on.
    StackStatus(String),
    /// This machine's clock, so many seconds ahead of AWS's.
    Clock(i64),
    /// The account runs fewer functions at a time than this stack may start.
    Concurrency { limit: u64, needed: u64 },
    /// A function can't run.
    Function { function: String, state: String },
    /// Functions of two architectures: a part of a deployment.
    Architectures,
    /// A queue starts its function no more.
    Source { function: String, state: String },
    /// The table's stream does not start `jobs`: what people decide is not kept.
    DecidedUnfed(String),
    /// Lambda would stop a job that sends itself the rest.
    Loop,
    /// Lambda repeats a run over the next one.
    Retries(String),
    /// A schedule is off.
    Schedule { schedule: String, state: String },
    /// Nobody gets the alarms.
    NobodyIsTold,
    /// An address did not confirm that it wants the alarms.
    Unconfirmed(String),
    /// An alarm rings.
    Alarm(String),
    /// An alarm that would tell nobody.
    SilencedAlarm(String),
    /// The person who publishes first has no user.
    NoAdminLogin(String),
    /// A user who has not signed in yet.
    NoFirstSignIn(String),
    /// A setting of the user pool.
    Pool(PoolSetting),
    /// No rulebook was ever published.
    NeverPublished,
    /// Work that was given up on.
    DeadLetters { queue: String, count: u64 },
    /// Much work that waits.
    Waiting { queue: String, count: u64 },
    /// The key can't be used.
    KeyState(String),
    /// The key does not rotate.
    KeyRotation,
    /// A setting of a bucket.
    Bucket { bucket: String, setting: BucketSetting },
    /// A setting of the table.
    Table { table: String, setting: TableSetting },
    /// A log group keeps what is logged for another time than is set.
    LogRetention { group: String, wanted: u64 },
    /// What could not be read.
    Unread { what: &'static str, code: String },
}

/// What the user pool must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolSetting {
    SelfSignUp,
    OneTimeCode,
    DeletionProtection,
}

/// What a bucket must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BucketSetting {
    Versioning,
    PublicAccess,
    Encryption,
    ObjectLock,
    Retention {
        mode: String,
        days: u64,
    },
    LifecycleDeletes,
    /// No rule ends what is in it after so many days.
    LifecycleEnd {
        days: u64,
    },
    /// Nothing in it is replicated to the bucket of this name.
    Replication(String),
    UnfinishedUploads,
    Notification,
    /// Statements of its policy that are missing.
    Policy(String),
}

/// What the table must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TableSetting {
    PointInTimeRecovery,
    TimeToLive,
    DeletionProtection,
    Encryption,
    Stream,
    Index(String),
}

impl Finding {
    /// A name for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::StackStatus(_) => "stack_status",
            Self::Clock(_) => "clock",
            Self::Concurrency { .. } => "concurrency_quota",
            Self::Function { .. } => "function_state",
            Self::Architectures => "architectures",
            Self::Source { .. } => "queue_stopped",
            Self::DecidedUnfed(_) => "decided_unfed",
            Self::Loop => "recursive_loop",
            Self::Retries(_) => "run_retries",
            Self::Schedule { .. } => "schedule_disabled",
            Self::NobodyIsTold => "no_alarm_mail",
            Self::Unconfirmed(_) => "alarm_mail_unconfirmed",
            Self::Alarm(_) => "alarm_rings",
            Self::SilencedAlarm(_) => "alarm_silenced",
            Self::NoAdminLogin(_) => "admin_login_missing",
            Self::NoFirstSignIn(_) => "no_first_sign_in",
            Self::Pool(_) => "user_pool_setting",
            Self::NeverPublished => "rulebook_never_published",
            Self::DeadLetters { .. } => "dead_letters",
            Self::Waiting { .. } => "messages_waiting",
            Self::KeyState(_) => "key_state",
            Self::KeyRotation => "key_rotation",
            Self::Bucket { .. } => "bucket_setting",
            Self::Table { .. } => "table_setting",
            Self::LogRetention { .. } => "log_retention",
            Self::Unread { .. } => "not_read",
        }
    }
}
