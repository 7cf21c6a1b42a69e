//! What is not as the template sets it, in words.

use store::inspection::StackDescription;

use super::both::{Both, say};
use super::finding::{BucketSetting, Finding, TableSetting};

/// What is not as the template sets it.
pub(super) fn drift(finding: &Finding, stack: &StackDescription) -> Both {
    let key = format!("alias/{}", stack.name);
    match finding {
        Finding::KeyState(state) => say(
            format!("KMS, {key}"),
            (
                format!("The key of all recordings is {state}: nothing can be read or written, and once it is deleted all is lost."),
                "aws kms cancel-key-deletion --key-id ID, then aws kms enable-key --key-id ID (docs/guides/runbooks.md).".to_owned(),
            ),
            (
                format!("すべての録音を暗号化している鍵の状態が {state} です。読み書きできません。鍵が削除されると録音はすべて失われます。"),
                "aws kms cancel-key-deletion --key-id ID、続いて aws kms enable-key --key-id ID(docs/guides/runbooks.md)。".to_owned(),
            ),
        ),
        Finding::KeyRotation => {
            let command = "aws kms enable-key-rotation --key-id ID".to_owned();
            say(
                format!("KMS, {key}"),
                ("The key is not renewed each year.".to_owned(), command.clone()),
                ("鍵の年次ローテーションが無効です。".to_owned(), command),
            )
        }
        Finding::Bucket { bucket, setting } => of_bucket(bucket, setting),
        Finding::Table { table, setting } => of_table(table, setting),
        Finding::LogRetention { group, wanted } => {
            let command = format!("aws logs put-retention-policy --log-group-name {group} --retention-in-days {wanted}");
            say(
                format!("CloudWatch Logs, {group}"),
                (format!("The log is not kept for {wanted} days, as LogRetentionDays says."), command.clone()),
                (format!("ログの保存日数が LogRetentionDays({wanted} 日)と異なります。"), command),
            )
        }
        Finding::Unread { what, code } => say(
            format!("AWS, {what}"),
            (
                format!("This could not be looked at ({code})."),
                "Use credentials that may read it (docs/guides/deploy.md#doctor), and run it again.".to_owned(),
            ),
            (
                format!("確認できませんでした({code})。"),
                "参照できる権限の認証情報を使い(docs/guides/deploy.md#doctor)、もう一度実行してください。".to_owned(),
            ),
        ),
        other => say(other.code().to_owned(), (other.code().to_owned(), String::new()), (other.code().to_owned(), String::new())),
    }
}

fn of_bucket(bucket: &str, setting: &BucketSetting) -> Both {
    let put = |call: &str, rest: &str| format!("aws s3api {call} --bucket {bucket}{rest}");
    let (english, japanese, command) = match setting {
        BucketSetting::Versioning => (
            "Versions are not kept: an upload can overwrite a recording.".to_owned(),
            "バージョニングが無効です。アップロードで録音が上書きされます。".to_owned(),
            put("put-bucket-versioning", " --versioning-configuration Status=Enabled"),
        ),
        BucketSetting::PublicAccess => (
            "Public access is not blocked.".to_owned(),
            "パブリックアクセスがブロックされていません。".to_owned(),
            put(
                "put-public-access-block",
                " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            ),
        ),
        BucketSetting::Encryption => (
            "It does not encrypt with the stack's key by default.".to_owned(),
            "既定の暗号化がこのスタックの鍵ではありません。".to_owned(),
            put("put-bucket-encryption", " --server-side-encryption-configuration …"),
        ),
        BucketSetting::ObjectLock => (
            "Object Lock is off: a legal hold can't be set.".to_owned(),
            "オブジェクトロックが無効です。法的保持を設定できません。".to_owned(),
            put("put-object-lock-configuration", " --object-lock-configuration ObjectLockEnabled=Enabled"),
        ),
        BucketSetting::Retention { days: 0, .. } => (
            "It has a default retention: what is uploaded outlasts the company's own rules.".to_owned(),
            "既定の保持期間が設定されています。会社の保存期限を過ぎても削除できません。".to_owned(),
            put("put-object-lock-configuration", " --object-lock-configuration ObjectLockEnabled=Enabled"),
        ),
        BucketSetting::Retention { mode, days } => (
            format!("What is written is not locked for {days} days ({mode}): the journal of deletions can be removed."),
            format!("書き込みが {days} 日({mode})ロックされません。削除の記録を消すことができます。"),
            put(
                "put-object-lock-configuration",
                &format!(
                    " --object-lock-configuration 'ObjectLockEnabled=Enabled,Rule={{DefaultRetention={{Mode={mode},Days={days}}}}}'"
                ),
            ),
        ),
        BucketSetting::LifecycleDeletes => (
            "A lifecycle rule deletes: recordings can go before their day, and without proof.".to_owned(),
            "ライフサイクルルールで削除されます。期限前に、証明なしで消えるおそれがあります。".to_owned(),
            put("get-bucket-lifecycle-configuration", ""),
        ),
        BucketSetting::LifecycleEnd { days } => (
            format!("No lifecycle rule ends what is in it after {days} days."),
            format!("{days} 日で削除するライフサイクルルールがありません。"),
            put("get-bucket-lifecycle-configuration", ""),
        ),
        BucketSetting::Replication(copies) => (
            format!("What is uploaded is not copied to {copies}: no replication rule for everything is enabled."),
            format!(
                "アップロードが {copies} に複製されません。全体を対象とする有効なレプリケーションルールがありません。"
            ),
            put("get-bucket-replication", ""),
        ),
        BucketSetting::UnfinishedUploads => (
            "Unfinished uploads are kept: they cost, and nothing shows them.".to_owned(),
            "未完了のアップロードが残り続けます。見えないまま料金がかかります。".to_owned(),
            put("get-bucket-lifecycle-configuration", ""),
        ),
        BucketSetting::Notification => (
            "It tells no queue what is uploaded: recordings are found a day late, by reconciliation.".to_owned(),
            "アップロードがキューに通知されません。照合で1日遅れて見つかります。".to_owned(),
            put("get-bucket-notification-configuration", ""),
        ),
        BucketSetting::Policy(missing) => (
            format!("Its policy lacks {missing}."),
            format!("バケットポリシーに {missing} がありません。"),
            put("get-bucket-policy", ""),
        ),
    };
    say(
        format!("S3, {bucket}"),
        (english, format!("Set it as the template has it: {command}")),
        (japanese, format!("テンプレートのとおりに設定し直してください: {command}")),
    )
}

fn of_table(table: &str, setting: &TableSetting) -> Both {
    let aws = |call: &str, rest: &str| format!("aws dynamodb {call} --table-name {table}{rest}");
    let (english, japanese, command) = match setting {
        TableSetting::PointInTimeRecovery => (
            "It can't be restored to a point in time.".to_owned(),
            "ポイントインタイムリカバリが無効です。".to_owned(),
            aws("update-continuous-backups", " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"),
        ),
        TableSetting::TimeToLive => (
            "Its time to live is off: what has an end does not go.".to_owned(),
            "TTL が無効です。終わりのある項目が消えません。".to_owned(),
            aws(
                "update-time-to-live",
                " --time-to-live-specification Enabled=true,AttributeName=expires_epoch_seconds",
            ),
        ),
        TableSetting::DeletionProtection => (
            "It can be deleted.".to_owned(),
            "削除保護が無効です。".to_owned(),
            aws("update-table", " --deletion-protection-enabled"),
        ),
        TableSetting::Encryption => (
            "It is not encrypted with a key of the account.".to_owned(),
            "アカウントの鍵で暗号化されていません。".to_owned(),
            aws("update-table", " --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=ID"),
        ),
        TableSetting::Stream => (
            "Its stream with both images is off: what people decide is not kept for a restore.".to_owned(),
            "変更前後のイメージを含むストリームが無効です。復元に備えた、人の決定の控えが残りません。".to_owned(),
            aws("update-table", " --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"),
        ),
        TableSetting::Index(index) => (
            format!("The index {index} is missing, or not ready: searches or the sweep fail."),
            format!("インデックス {index} がないか、準備中です。検索または削除処理が失敗します。"),
            aws("describe-table", ""),
        ),
    };
    say(
        format!("DynamoDB, {table}"),
        (english, format!("Set it as the template has it: {command}")),
        (japanese, format!("テンプレートのとおりに設定し直してください: {command}")),
    )
}
