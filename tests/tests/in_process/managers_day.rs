//! A manager's day through the API alone: find by name, by plain day, by the beginning of a number, follow a lost call,
//! read quarantine, take the list away and compare it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{ADMIN, Api, SALES_MANAGER};
use crate::exports::csv;
use tests::company::{CALL_LOGS, Company, expected};

const NOVEMBER: &str = "from=2026-11-01&to=2026-11-13";

/// A value of a query, every byte encoded.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The samples with their call logs, every day computed.
async fn company() -> Api {
    let company = Company::with_sample_rulebook(1).await;
    for line in expected() {
        company.upload_sample(line["key"].as_str().unwrap()).await;
    }
    for log in CALL_LOGS {
        company.upload_sample(log).await;
    }
    company.upload("freepbx/empty.wav", Vec::new(), &[]).await;
    company.run_schedule("roll_up").await;
    company.world.advance(std::time::Duration::from_secs(60));
    Api::over(&company.world)
}

#[tokio::test(start_paused = true)]
async fn a_managers_day_goes_by_names_and_days_and_ends_in_a_spreadsheet() {
    let api = company().await;
    let found = async |query: &str| api.get(SALES_MANAGER, &format!("/recordings?{query}")).await.ok();
    let items = |page: &Value| page["items"].as_array().unwrap().clone();

    // Morning: a complaint about a call with 佐藤 花子. The directory has her name.
    let directory = api.get(SALES_MANAGER, "/directory").await.ok();
    let members = items(&json!({"items": directory["members"]}));
    let sato = members.iter().find(|member| member["id"] == "sato").unwrap();
    let name = sato["name"].as_str().unwrap();
    let of_sato = found(&format!("staff={}&count=true", encoded(name))).await;
    assert!(!items(&of_sato).is_empty() && items(&of_sato).iter().all(|item| item["staff"] == "sato"));
    assert_eq!(of_sato["total"], json!({"count": items(&of_sato).len(), "is_exact": true}));

    // It was on 3 November, the number began with 090-1234.
    let day = found("from=2026/11/03&to=2026/11/03&number_prefix=090-1234&sort=oldest").await;
    assert_eq!(day["from"], "2026-11-03T00:00:00+09:00");
    let call = items(&day)[0].clone();
    assert_eq!((&call["counterpart"], &call["staff_name"]), (&json!("+819012345678"), &json!(name)));
    assert!(items(&of_sato).contains(&call));

    // Noon: the report says that a call was lost. Whose, and when?
    let report = api.get(SALES_MANAGER, &format!("/reports/completeness?{NOVEMBER}")).await.ok();
    let lost = items(&report).into_iter().find(|item| item["lost"]["count"] == 1).unwrap();
    let path = format!("/calls/{}/{}", lost["source"].as_str().unwrap(), lost["lost"]["ids"][0].as_str().unwrap());
    let logged = api.get(SALES_MANAGER, &path).await.ok();
    assert_eq!((&logged["recordings"], &logged["rows"][0]["team"]), (&json!([]), &json!("sales")));
    assert!(logged["rows"][0]["staff_name"].is_string(), "{logged}");

    // Afternoon: the admin looks at what could not be read, and knows which file it is.
    let quarantine = api.get(ADMIN, "/recordings?state=quarantined").await.ok();
    let empty = items(&quarantine).into_iter().find(|item| item["object"]["key"] == "freepbx/empty.wav").unwrap();
    assert_eq!(empty["quarantine_reason"], "empty");
    assert!(empty["quarantine_fix"].as_str().unwrap().contains("upload"));

    // Evening: the list of the month for a spreadsheet says the same as the JSON, and what it is of.
    let query = format!("{NOVEMBER}&team={}&limit=100", encoded("ＳＡＬＥＳ"));
    let listed = items(&found(&query).await);
    let answer = {
        let request =
            csv(&format!("/recordings?{query}&conditions=true")).header("accept-language", "ja").by(SALES_MANAGER);
        api.ask(&request).await
    };
    let text = String::from_utf8(answer.bytes).unwrap();
    let (conditions, table) = text.trim_start_matches('\u{feff}').split_once(",\r\n").unwrap();
    assert!(
        conditions.contains("検索した期間(から),2026-11-01 00:00:00") && conditions.contains("部署,sales"),
        "{conditions}"
    );
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_reader(table.as_bytes()).deserialize().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), listed.len());
    for (row, item) in rows.iter().zip(&listed) {
        assert_eq!(row["録音ID"], item["id"].as_str().unwrap());
        assert_eq!(row["担当者名"], item["staff_name"].as_str().unwrap_or(""));
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let number = digits(item["counterpart"].as_str().unwrap_or(""));
        assert_eq!(digits(&row["相手番号"]).trim_start_matches('0'), number.strip_prefix("81").unwrap_or(&number));
        let seconds = item["duration_seconds"].as_f64().unwrap();
        let (minutes, rest) = row["録音時間"].split_once(':').unwrap();
        let shown = minutes.parse::<f64>().unwrap() * 60.0 + rest.parse::<f64>().unwrap();
        assert!(seconds - shown >= 0.0 && seconds - shown < 1.0 && rest.len() == 2, "{row:?}");
        // Until midnight after the last day.
        let last_day = row["再生できる最後の日"].parse::<jiff::civil::Date>().unwrap();
        let expires_at = format!("{}T00:00:00+09:00", last_day.tomorrow().unwrap());
        assert_eq!(expires_at, item["expires_at"].as_str().unwrap());
    }
}
