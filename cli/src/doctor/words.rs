//! What a finding is, where, and how to fix it, for a person.

use policy::Language;
use store::inspection::StackDescription;

use super::both::{Both, say};
use super::drift::drift;
use super::finding::{Finding, PoolSetting};

/// What to say of a finding.
pub(super) struct Advice {
    pub(super) what: String,
    pub(super) place: String,
    pub(super) fix: String,
}

/// What to say of a finding, in a person's language.
pub(super) fn advise(finding: &Finding, stack: &StackDescription, language: Language) -> Advice {
    let Both { place, english, japanese } = both(finding, stack);
    let (what, fix) = match language {
        Language::English => english,
        Language::Japanese => japanese,
    };
    Advice { what, place, fix }
}

fn both(finding: &Finding, stack: &StackDescription) -> Both {
    let name = &stack.name;
    match finding {
        Finding::StackStatus(status) => say(
            format!("CloudFormation, {name}"),
            (
                format!("The stack is {status}: its last change is not done, or failed."),
                format!(
                    "Read what failed (aws cloudformation describe-stack-events --stack-name {name}), then deploy again."
                ),
            ),
            (
                format!("スタックの状態が {status} です。前回の変更が終わっていないか、失敗しています。"),
                format!(
                    "失敗の内容を確認し(aws cloudformation describe-stack-events --stack-name {name})、もう一度デプロイしてください。"
                ),
            ),
        ),
        Finding::Clock(seconds) => {
            let (far, ahead) = (seconds.unsigned_abs(), *seconds > 0);
            let (english, japanese) = if ahead { ("fast", "進んで") } else { ("slow", "遅れて") };
            say(
                "this machine / この端末".to_owned(),
                (
                    format!("This machine's clock is {far} seconds {english} by AWS's. From 5 minutes on AWS refuses everything."),
                    "Set it by NTP (timedatectl set-ntp true). A recorder whose clock is wrong dates its calls wrongly.".to_owned(),
                ),
                (
                    format!("この端末の時計が AWS より {far} 秒{japanese}います。5分以上ずれると AWS はすべて拒否します。"),
                    "NTP で合わせてください(timedatectl set-ntp true)。録音装置の時計がずれていると、通話の日時が誤ります。".to_owned(),
                ),
            )
        }
        Finding::Concurrency { limit, needed } => say(
            "Lambda, L-B99A9384 (Concurrent executions)".to_owned(),
            (
                format!(
                    "The account runs {limit} functions at a time, and this stack may start {needed}: an import stops the API and the sweep."
                ),
                format!(
                    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value {}; until then lower IngestConcurrency and IndexConcurrency.",
                    (*needed).max(1_000)
                ),
            ),
            (
                format!(
                    "アカウントの同時実行数の上限は {limit} ですが、このスタックは {needed} まで使います。取り込み中に API と削除処理が止まります。"
                ),
                format!(
                    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value {}。それまでは IngestConcurrency と IndexConcurrency を下げてください。",
                    (*needed).max(1_000)
                ),
            ),
        ),
        Finding::Function { function, state } => say(
            format!("Lambda, {name}-{function}"),
            (
                format!("The function is {state}, so it can't run."),
                format!(
                    "aws lambda get-function-configuration --function-name {name}-{function} says why; then deploy again."
                ),
            ),
            (
                format!("関数の状態が {state} で、実行できません。"),
                format!(
                    "理由を確認し(aws lambda get-function-configuration --function-name {name}-{function})、もう一度デプロイしてください。"
                ),
            ),
        ),
        Finding::Architectures => say(
            "Lambda".to_owned(),
            (
                "The functions run on two kinds of processor: a part of them was deployed from another build."
                    .to_owned(),
                "sam build, python3 infra/package_check.py, then deploy again.".to_owned(),
            ),
            (
                "関数のプロセッサの種類がそろっていません。一部が別のビルドからデプロイされています。".to_owned(),
                "sam build と python3 infra/package_check.py の後、もう一度デプロイしてください。".to_owned(),
            ),
        ),
        Finding::Source { function, state } => say(
            format!("Lambda, {name}-{function}, SQS {name}-{function}"),
            (
                format!("The queue does not start its function ({state}): what is uploaded waits."),
                format!(
                    "aws lambda list-event-source-mappings --function-name {name}-{function}, then aws lambda update-event-source-mapping --enabled --uuid UUID."
                ),
            ),
            (
                format!("キューが関数を起動していません({state})。アップロードされたものが待たされています。"),
                format!(
                    "aws lambda list-event-source-mappings --function-name {name}-{function} で UUID を調べ、aws lambda update-event-source-mapping --enabled --uuid UUID を実行してください。"
                ),
            ),
        ),
        Finding::DecidedUnfed(state) => say(
            format!("Lambda, {name}-jobs"),
            (
                format!("The table's stream does not start it ({state}): what people decide is not kept for a restore."),
                "Within a day: enable its event source mapping; after a restore deploy with ExistingTableStream (docs/guides/restore.md). aws lambda list-event-source-mappings shows it.".to_owned(),
            ),
            (
                format!("表のストリームから起動されていません({state})。復元に備えた、人の決定の控えが残りません。"),
                "1日以内に、イベントソースマッピングを有効にしてください。復元のあとは ExistingTableStream を指定してデプロイします(docs/guides/restore.md)。aws lambda list-event-source-mappings で確認できます。".to_owned(),
            ),
        ),
        Finding::Loop => {
            let command =
                format!("aws lambda put-function-recursion-config --function-name {name}-jobs --recursive-loop Allow");
            say(
                format!("Lambda, {name}-jobs"),
                (
                    "Lambda stops a job after 16 parts: long call logs and reconciliations do not end.".to_owned(),
                    command.clone(),
                ),
                ("Lambda が16回で処理を打ち切ります。長い通話ログや照合が終わりません。".to_owned(), command),
            )
        }
        Finding::Retries(function) => {
            let command = format!(
                "aws lambda update-function-event-invoke-config --function-name {name}-{function} --maximum-retry-attempts 0"
            );
            say(
                format!("Lambda, {name}-{function}"),
                ("Lambda repeats a failed run of a schedule, over the next run.".to_owned(), command.clone()),
                ("失敗した定期実行を Lambda が繰り返し、次の実行と重なります。".to_owned(), command),
            )
        }
        Finding::Schedule { schedule, state } => say(
            format!("EventBridge Scheduler, {name}-{schedule}"),
            (
                format!("The schedule is {state}. Without the sweep nothing is deleted on its day."),
                "Enable it in the console of EventBridge Scheduler, or change its expression and deploy again."
                    .to_owned(),
            ),
            (
                format!("スケジュールの状態が {state} です。削除処理が動かないと、期限の日に何も削除されません。"),
                "EventBridge Scheduler の画面で有効にするか、式を変えてもう一度デプロイしてください。".to_owned(),
            ),
        ),
        _ => people(finding, stack),
    }
}

/// Who is told, who signs in, what waits.
fn people(finding: &Finding, stack: &StackDescription) -> Both {
    let name = &stack.name;
    let topic = stack.output("AlarmTopic");
    let pool = stack.output("UserPoolId");
    match finding {
        Finding::NobodyIsTold => say(
            format!("SNS, {topic}"),
            (
                "Nobody gets the alarms.".to_owned(),
                format!("Deploy with AlarmEmail, or: aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS"),
            ),
            (
                "アラームの通知先がありません。".to_owned(),
                format!("AlarmEmail を指定してデプロイするか、aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS を実行してください。"),
            ),
        ),
        Finding::Unconfirmed(endpoint) => say(
            format!("SNS, {topic}"),
            (
                format!("{endpoint} has not confirmed that it wants the alarms, and gets none."),
                format!("Follow the link in the mail \"AWS Notification - Subscription Confirmation\". After 3 days it is gone: aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {endpoint}"),
            ),
            (
                format!("{endpoint} が通知の受信を承認していないため、アラームが届きません。"),
                format!("メール「AWS Notification - Subscription Confirmation」のリンクを開いてください。3日を過ぎたら aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {endpoint} を実行してください。"),
            ),
        ),
        Finding::Alarm(alarm) => say(
            format!("CloudWatch, {alarm}"),
            (
                "The alarm rings.".to_owned(),
                "Its description names the page that says what to do (docs/guides/runbooks.md).".to_owned(),
            ),
            (
                "アラームが鳴っています。".to_owned(),
                "アラームの説明にある手順(docs/guides/runbooks.md)に従ってください。".to_owned(),
            ),
        ),
        Finding::SilencedAlarm(alarm) => {
            let command = format!("aws cloudwatch enable-alarm-actions --alarm-names {alarm}");
            say(
                format!("CloudWatch, {alarm}"),
                ("The alarm's actions are off: it would tell nobody.".to_owned(), command.clone()),
                ("アラームの通知が止められています。".to_owned(), command),
            )
        }
        Finding::NoAdminLogin(login) => say(
            format!("Cognito, {pool}"),
            (
                format!("The AdminLogin {login} has no user that is enabled: nobody can publish the first rulebook."),
                format!("aws cognito-idp admin-create-user --user-pool-id {pool} --username {login} (docs/guides/deploy.md, First login)"),
            ),
            (
                format!("AdminLogin({login})の有効なユーザーがありません。最初の運用ルールを公開できる人がいません。"),
                format!("aws cognito-idp admin-create-user --user-pool-id {pool} --username {login}(docs/guides/deploy.md「First login」)"),
            ),
        ),
        Finding::NoFirstSignIn(login) => say(
            format!("Cognito, {pool}"),
            (
                format!("{login} has never signed in. The temporary password ends after 3 days."),
                format!("Ask them to. For a new password: aws cognito-idp admin-set-user-password --user-pool-id {pool} --username {login} --password PASSWORD"),
            ),
            (
                format!("{login} は一度もログインしていません。仮パスワードは3日で使えなくなります。"),
                format!("本人に連絡してください。仮パスワードの再設定: aws cognito-idp admin-set-user-password --user-pool-id {pool} --username {login} --password PASSWORD"),
            ),
        ),
        Finding::Pool(setting) => {
            let (english, japanese) = match setting {
                PoolSetting::SelfSignUp => ("Anyone can make a user for themselves.", "だれでも自分でユーザーを作れる設定です。"),
                PoolSetting::OneTimeCode => (
                    "A sign-in needs no one-time code (TotpRequired is not ON).",
                    "ログインにワンタイムコードが必須ではありません(TotpRequired が ON ではありません)。",
                ),
                PoolSetting::DeletionProtection => ("The pool can be deleted.", "ユーザープールの削除保護が無効です。"),
            };
            say(
                format!("Cognito, {pool}"),
                (english.to_owned(), "Set it in the pool as the template has it; for the code, deploy with TotpRequired=ON.".to_owned()),
                (japanese.to_owned(), "テンプレートのとおりに設定し直してください。ワンタイムコードは TotpRequired=ON でデプロイしてください。".to_owned()),
            )
        }
        Finding::NeverPublished => say(
            format!("DynamoDB, {}", stack.output("Table")),
            (
                "No rulebook was ever published. The strict default holds: 30 days, and the AdminLogin alone hears anything.".to_owned(),
                "rokuban check policy.toml staff.csv, then publish it (docs/guides/rulebook.md).".to_owned(),
            ),
            (
                "運用ルールが一度も公開されていません。初期設定(30日、AdminLogin だけが再生できる)で動いています。".to_owned(),
                "rokuban check policy.toml staff.csv で確認し、公開してください(docs/guides/rulebook.md)。".to_owned(),
            ),
        ),
        Finding::DeadLetters { queue, count } => say(
            format!("SQS, {name}-{queue}"),
            (
                format!("{count} messages that were given up on lie in the dead-letter queue. They are lost after 14 days."),
                "Find the cause in the function's log, then give them back (docs/guides/runbooks.md#dead-letters).".to_owned(),
            ),
            (
                format!("処理できなかったメッセージが {count} 件、配信不能キューにあります。14日で失われます。"),
                "関数のログで原因を調べ、元のキューに戻してください(docs/guides/runbooks.md#dead-letters)。".to_owned(),
            ),
        ),
        Finding::Waiting { queue, count } => say(
            format!("SQS, {name}-{queue}"),
            (
                format!("{count} messages wait. Recordings are safe, but not yet findable."),
                "During an import this is right. If it does not go down, see docs/guides/runbooks.md#queue-age.".to_owned(),
            ),
            (
                format!("{count} 件のメッセージが待っています。録音は失われていませんが、まだ検索できません。"),
                "取り込み中は正常です。減らない場合は docs/guides/runbooks.md#queue-age を見てください。".to_owned(),
            ),
        ),
        _ => drift(finding, stack),
    }
}
