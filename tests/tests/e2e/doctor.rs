//! `rokuban doctor` looks at the local cloud: what is found is what this cloud lacks, and a thing that is broken is named.

use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use policy::Language;
use rokuban::args::{Account, Doctor};
use rokuban::{Ending, doctor};
use serde_json::Value;
use store::Connection;

/// What this cloud lacks or was deployed without, by code: no TLS, no mail, no one-time code, and
/// what its CloudFormation drops and no local-only step applies.
const LOCAL: [&str; 7] = [
    "bucket_setting", // the statement about TLS, and the default retention of the audit bucket
    "no_alarm_mail",
    "no_first_sign_in",
    "user_pool_setting",
    "alarm_rings",
    "recursive_loop",
    "run_retries",
];

async fn findings() -> Vec<Value> {
    let arguments = Doctor {
        stack: "rokuban".to_owned(),
        account: Account { profile: None, region: None, endpoint_url: None },
        lang: Some(Language::English),
        json: true,
    };
    let mut out = Vec::new();
    let ending = doctor(&arguments, &Connection::of(crate::stack().sdk_config()), &mut out).await.unwrap();
    assert_eq!(ending, Ending::NotAll);
    let found: Value = serde_json::from_slice(&out).unwrap();
    found["findings"].as_array().unwrap().clone()
}

fn is_local(finding: &Value) -> bool {
    LOCAL.contains(&finding["code"].as_str().unwrap())
}

#[tokio::test]
async fn nothing_is_wrong_but_what_this_cloud_lacks_and_a_thing_that_is_broken_is_named() {
    let found = findings().await;
    let unknown: Vec<&Value> = found.iter().filter(|finding| !is_local(finding)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let open = |found: &[Value]| {
        let is_it = |each: &&Value| each["what"] == "Public access is not blocked.";
        found.iter().filter(is_it).map(|each| each["where"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(open(&found).is_empty(), "{found:#?}");

    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&crate::stack().sdk_config()).force_path_style(true).build(),
    );
    let bucket = crate::stack().text("recordings_bucket").replace("-recordings-", "-rulebook-");
    let before = s3.get_public_access_block().bucket(&bucket).send().await.unwrap();
    s3.delete_public_access_block().bucket(&bucket).send().await.unwrap();
    let broken = findings().await;
    let blocks: PublicAccessBlockConfiguration = before.public_access_block_configuration.unwrap();
    s3.put_public_access_block().bucket(&bucket).public_access_block_configuration(blocks).send().await.unwrap();
    assert_eq!(open(&broken), [format!("S3, {bucket}")]);
    assert!(open(&findings().await).is_empty());
}
