#![allow(clippy::unwrap_used)]
mod aws;

use jiff::SignedDuration;
use policy::Language;
use serde_json::json;

use self::aws::{Aws, KEY, STREAM, queue, stream};
use super::examine;
use crate::import::Ending;

#[tokio::test]
async fn a_stack_with_nothing_wrong_ends_well_and_nothing_but_reading_is_asked() {
    let aws = Aws::well();
    let (ending, text) = aws.run(Language::English, false).await.unwrap();
    assert_eq!(
        (ending, text.as_str()),
        (Ending::Well, "Stack rokuban in ap-northeast-1, account 123456789012\n\nNothing is wrong.\n")
    );
    let (_, text) = aws.run(Language::Japanese, false).await.unwrap();
    assert!(text.ends_with("問題はありません。\n"), "{text}");
    assert!(aws.asked.lock().unwrap().len() > 50);
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_named() {
    type Break = fn(&mut Aws);
    let cases: &[(&str, Break)] = &[
        ("stack_status", |aws| aws.describe_stack("UPDATE_ROLLBACK_FAILED", &[])),
        ("clock", |aws| aws.ahead = SignedDuration::from_mins(2)),
        ("clock", |aws| aws.ahead = SignedDuration::from_mins(-2)),
        ("concurrency_quota", |aws| {
            aws.set("GET /2016-08-19/account-settings/", &json!({"AccountLimit": {"ConcurrentExecutions": 10}}));
        }),
        ("concurrency_quota", |aws| aws.describe_stack("CREATE_COMPLETE", &[("IngestConcurrency", "951")])),
        ("function_state", |aws| aws.set_function("sweep", "Failed", "x86_64")),
        ("architectures", |aws| aws.set_function("retrieve", "Active", "arm64")),
        ("queue_stopped", |aws| aws.set_sources("index", &json!([queue("Disabled")]))),
        ("queue_stopped", |aws| aws.set_sources("jobs", &json!([stream(STREAM, "Enabled", "OK")]))),
        ("decided_unfed", |aws| aws.set_sources("jobs", &json!([queue("Enabled")]))),
        ("decided_unfed", |aws| {
            let sources = json!([queue("Enabled"), stream(STREAM, "Disabled", "No records processed")]);
            aws.set_sources("jobs", &sources);
        }),
        ("decided_unfed", |aws| {
            let sources = json!([queue("Enabled"), stream(STREAM, "Enabled", "PROBLEM: Function call failed")]);
            aws.set_sources("jobs", &sources);
        }),
        // After a restore the mapping reads the stream of the table before.
        ("decided_unfed", |aws| {
            let before = STREAM.replace("rokuban-Table-1", "rokuban-Table-0");
            aws.set_sources("jobs", &json!([queue("Enabled"), stream(&before, "Enabled", "OK")]));
        }),
        ("table_setting", |aws| {
            aws.set_table(&json!({"DeletionProtectionEnabled": true, "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}, "StreamSpecification": null}));
        }),
        ("table_setting", |aws| {
            aws.set_table(&json!({"DeletionProtectionEnabled": true, "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}, "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}));
        }),
        ("queue_stopped", |aws| aws.set_sources("clip", &json!([]))),
        ("function_state", |aws| aws.set_function("deliver", "Failed", "x86_64")),
        ("concurrency_quota", |aws| aws.describe_stack("CREATE_COMPLETE", &[("ClipConcurrency", "910")])),
        ("bucket_setting", |aws| aws.set_bucket("derived", &examine::DERIVED_STATEMENTS[1..])),
        ("recursive_loop", |aws| {
            aws.set("GET /2024-08-31/functions/rokuban-jobs/recursion-config", &json!({"RecursiveLoop": "Terminate"}));
        }),
        ("run_retries", |aws| {
            let missing = (404, json!({"Type": "User"}).to_string());
            aws.answers.insert("GET /2019-09-25/functions/rokuban-sweep/event-invoke-config".to_owned(), missing);
        }),
        ("schedule_disabled", |aws| aws.set("GET /schedules/rokuban-sweep", &json!({"State": "DISABLED"}))),
        ("schedule_disabled", |aws| aws.describe_stack("CREATE_COMPLETE", &[("ManageLogins", "true")])),
        ("no_alarm_mail", |aws| aws.set_subscriptions(&[])),
        ("alarm_mail_unconfirmed", |aws| {
            aws.set_subscriptions(&[
                "<SubscriptionArn>PendingConfirmation</SubscriptionArn><Endpoint>ops@example.jp</Endpoint>",
            ]);
        }),
        ("alarm_rings", |aws| {
            aws.set_alarms(&["<AlarmName>rokuban-lost-calls</AlarmName><StateValue>ALARM</StateValue>"]);
        }),
        ("alarm_silenced", |aws| {
            aws.set_alarms(&["<AlarmName>rokuban-lost-calls</AlarmName><ActionsEnabled>false</ActionsEnabled>"]);
        }),
        ("admin_login_missing", |aws| aws.set_users(&[("yamada", "CONFIRMED", false)])),
        ("no_first_sign_in", |aws| {
            aws.set_users(&[("yamada", "CONFIRMED", true), ("kato", "FORCE_CHANGE_PASSWORD", true)]);
        }),
        ("user_pool_setting", |aws| {
            let pool = json!({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true}, "MfaConfiguration": "OPTIONAL", "DeletionProtection": "ACTIVE"});
            aws.set("DescribeUserPool", &json!({"UserPool": pool}));
        }),
        ("rulebook_never_published", |aws| aws.set("GetItem", &json!({}))),
        ("key_state", |aws| {
            aws.set("DescribeKey", &json!({"KeyMetadata": {"KeyState": "PendingDeletion", "Arn": KEY}}));
        }),
        ("key_rotation", |aws| aws.set("GetKeyRotationStatus", &json!({"KeyRotationEnabled": false}))),
        ("log_retention", |aws| aws.describe_stack("CREATE_COMPLETE", &[("LogRetentionDays", "30")])),
        ("table_setting", |aws| {
            aws.set_table(&json!({"DeletionProtectionEnabled": false, "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}}));
        }),
        ("table_setting", |aws| {
            aws.set("DescribeTimeToLive", &json!({"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}));
        }),
        ("table_setting", |aws| {
            aws.set("DescribeContinuousBackups", &json!({"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}}));
        }),
        ("bucket_setting", |aws| {
            aws.set_xml(
                "GET recordings ?versioning",
                "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            );
        }),
        ("bucket_setting", |aws| {
            aws.set_xml(
                "GET audit ?object-lock",
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
            );
        }),
        ("bucket_setting", |aws| {
            let missing = "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>".to_owned();
            aws.answers.insert("GET rulebook ?publicAccessBlock".to_owned(), (404, missing));
        }),
        ("bucket_setting", |aws| aws.set_bucket("audit", &examine::AUDIT_STATEMENTS[..3])),
        // Sooner than the backstop, of current and of former versions; no backstop; texts that would stay.
        ("bucket_setting", |aws| aws.set_lifecycle("recordings", Some(30), None)),
        ("bucket_setting", |aws| aws.set_lifecycle("recordings", Some(3_650), Some(30))),
        ("bucket_setting", |aws| aws.set_lifecycle("recordings", None, None)),
        ("bucket_setting", |aws| aws.set_lifecycle("derived", Some(3_650), None)),
        ("bucket_setting", |aws| aws.set_lifecycle("decided", None, None)),
        ("bucket_setting", |aws| aws.set_lifecycle("decided", Some(365), None)),
        ("bucket_setting", |aws| aws.set_xml("GET recordings ?notification", "<NotificationConfiguration/>")),
        ("not_read", |aws| {
            aws.answers.remove("DescribeKey");
        }),
    ];
    for (code, break_it) in cases {
        let mut aws = Aws::well();
        break_it(&mut aws);
        let found = aws.codes().await;
        // A log group each.
        let count = if *code == "log_retention" { examine::LOG_GROUPS.len() } else { 1 };
        assert_eq!(found, vec![(*code).to_owned(); count]);
        let mut texts = Vec::new();
        for language in [Language::English, Language::Japanese] {
            let (ending, text) = aws.run(language, false).await.unwrap();
            assert_eq!(ending, Ending::NotAll);
            texts.push(text);
        }
        assert!(texts[0].contains("     fix   ") && texts[1].contains("     対処 "), "{texts:?}");
        assert!(texts[1].chars().any(|character| ('ぁ'..='ん').contains(&character)), "{texts:?}");
    }
}

#[tokio::test]
async fn a_copy_in_another_region_is_looked_at_where_the_stack_has_one() {
    type Break = fn(&mut Aws);
    let cases: &[(&[&str], Break)] = &[
        (&[], |_| {}),
        (&["bucket_setting"], |aws| aws.set_replication("Disabled", "")),
        (&["bucket_setting"], |aws| aws.set_replication("Enabled", "avaya/")),
        (&["bucket_setting"], |aws| {
            let missing = "<Error><Code>ReplicationConfigurationNotFoundError</Code></Error>".to_owned();
            aws.answers.insert("GET recordings ?replication".to_owned(), (404, missing));
        }),
        (&["bucket_setting"], |aws| aws.set_xml("GET copies ?versioning", "<VersioningConfiguration/>")),
        (&["bucket_setting"], |aws| aws.set_lifecycle("copies", Some(30), Some(30))),
        (&["bucket_setting"], |aws| aws.set_bucket("copies", &examine::COPIES_STATEMENTS[..10])),
        (&["not_read"], |aws| {
            let missing = "<Error><Code>NoSuchBucket</Code></Error>".to_owned();
            aws.answers.insert("GET copies ?versioning".to_owned(), (404, missing));
        }),
    ];
    for (place, (codes, break_it)) in cases.iter().enumerate() {
        let mut aws = Aws::well();
        aws.with_copies();
        break_it(&mut aws);
        assert_eq!(aws.codes().await, *codes, "{place}");
        // Without a copy nobody asks for it.
        aws.describe_stack("UPDATE_COMPLETE", &[]);
        assert_eq!(aws.codes().await, Vec::<String>::new(), "{place}");
    }
}

#[tokio::test]
async fn messages_are_counted_by_queue() {
    let mut aws = Aws::well();
    aws.set("GetQueueAttributes", &json!({"Attributes": {"ApproximateNumberOfMessages": "2000"}}));
    let found = aws.codes().await;
    assert_eq!(found.iter().filter(|code| *code == "dead_letters").count(), 5);
    assert_eq!(found.iter().filter(|code| *code == "messages_waiting").count(), 4);
    let (_, text) = aws.run(Language::English, false).await.unwrap();
    assert!(text.contains("2000 messages that were given up on") && text.contains("SQS, rokuban-runs-dead-letters"));
    aws.set("GetQueueAttributes", &json!({"Attributes": {"ApproximateNumberOfMessages": "1"}}));
    assert_eq!(aws.codes().await, vec!["dead_letters"; 5]);
}

#[tokio::test]
async fn an_issuer_of_ones_own_has_no_pool_to_look_at() {
    let mut aws = Aws::well();
    aws.describe_stack("CREATE_COMPLETE", &[("Issuer", "https://issuer.test")]);
    aws.answers.remove("DescribeUserPool");
    assert_eq!(aws.codes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_stack_that_is_not_there_and_a_clock_far_off_are_said() {
    let error = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
    for (code, said) in [
        ("ValidationError", "There is no such stack"),
        ("AccessDenied", "credentials that may read the stack"),
        ("RequestExpired", "clock"),
    ] {
        let mut aws = Aws::well();
        aws.answers.insert("DescribeStacks".to_owned(), (400, error(code)));
        let failure = aws.run(Language::English, false).await.unwrap_err().to_string();
        assert!(failure.contains(said) && failure.contains("rokuban can't be read"), "{failure}");
    }
}
