//! The audit over a range of days, by names and labels.

use serde_json::json;

use crate::api::{AUDITOR, Api, SALES_MANAGER, SUPPORT_MANAGER};
use crate::audit::all_pages;
use crate::exports::csv;

#[tokio::test(start_paused = true)]
async fn everybodys_audit_is_read_over_a_quarter_by_names_and_labels() {
    let (api, id) = Api::with_sample(1).await;
    let mut expected = Vec::new();
    for now in ["2026-11-14T09:00:00+09:00", "2026-11-15T09:00:00+09:00", "2026-12-03T09:00:00+09:00"] {
        api.world().set_now(now.parse().unwrap());
        api.play(SALES_MANAGER, &id).await.ok();
        api.get(SUPPORT_MANAGER, "/recordings").await.ok();
        expected.push(now.to_owned());
    }
    expected.reverse();
    let range = "from=2026-11-01&to=2026-12-03";
    let plays = async |query: &str| -> Vec<String> {
        // The audit itself has been read meanwhile.
        let pages = all_pages(&api, AUDITOR, &format!("/audit?{range}&{query}&limit=100"), 4).await;
        pages.iter().flatten().map(|item| item["at"].as_str().unwrap().to_owned()).collect()
    };
    // 再生, and by the recording, the member's name and the id in any case.
    for query in [
        "action=play",
        "action=%E5%86%8D%E7%94%9F",
        "action=PLAY",
        "action=play&staff=KATO",
        &format!("recording={id}"),
    ] {
        assert_eq!(plays(query).await, expected, "{query}");
    }
    assert_eq!(plays("action=play&staff=%E5%8A%A0%E8%97%A4%20%E6%81%B5").await, expected, "加藤 恵");
    // A page looks through 16 days at most, and says where the next one begins.
    let first = api.get(AUDITOR, &format!("/audit?{range}&action=download")).await.ok();
    assert_eq!(first["items"], json!([]));
    assert!(first["next_cursor"].is_string(), "{first}");
    for (query, parameter, nearest) in [
        ("action=deleted", "action", "delete"),
        ("staff=katoh", "staff", "kato"),
        ("staff=katoh&day=2026-11-14", "staff", "kato"),
    ] {
        let answer = api.get(AUDITOR, &format!("/audit?{query}")).await;
        assert_eq!(answer.problem(), "unknown-name", "{query}");
        assert_eq!(answer.json()["parameter"], parameter);
        let candidates = answer.json()["candidates"].to_string();
        assert!(candidates.contains(&format!("\"{nearest}\"")), "{candidates}");
    }
    let access = api.get(AUDITOR, "/audit/access?staff=nobody").await;
    assert_eq!(access.problem(), "unknown-name");
    let access = api.get(AUDITOR, "/audit/access?staff=%E5%8A%A0%E8%97%A4%E6%81%B5&to=2026-12-03").await.ok();
    assert_eq!((&access["staff"], access["items"].as_array().unwrap().len()), (&json!("kato"), 1));
}

#[tokio::test(start_paused = true)]
async fn what_an_audit_says_is_typed_and_in_the_companys_hours_and_its_file_in_peoples_words() {
    let (api, id) = Api::with_sample(1).await;
    api.get(SALES_MANAGER, "/recordings?from=2026-11-01&number=090-1234-5678").await.ok();
    assert_eq!(api.download(SALES_MANAGER, &id).await.status, 403);
    let items = api.get(AUDITOR, "/audit?staff=kato").await.ok()["items"].clone();
    let search = items.as_array().unwrap().iter().find(|item| item["action"] == "search").unwrap();
    assert_eq!(search["facts"]["items"], json!(1), "a count is a number");
    assert_eq!(search["facts"]["from"], "2026-11-01T00:00:00+09:00");
    assert_eq!(search["facts"]["to"], "2026-11-13T09:00:00+09:00");
    let file = api.ask(&csv("/audit?staff=kato&conditions=true").header("accept-language", "ja").by(AUDITOR)).await;
    let file = String::from_utf8(file.bytes).unwrap();
    for said in [
        "責任者はダウンロードできない設定",
        "検索した期間(から)=2026-11-01 00:00:00; ",
        "件数(件)=1",
        "使った検索条件=検索した期間(から)・相手番号",
        "相手番号=***5678",
        "\u{feff}検索した期間(から),2026-10-15\r\n検索した期間(まで),2026-11-13\r\n担当者,kato\r\n,\r\n日時,",
    ] {
        assert!(file.contains(said), "{said}: {file}");
    }
    // A time in UTC beside one of the company's is nine hours off.
    assert!(!file.contains("Z;") && !file.contains("managers_do_not_download"), "{file}");
}

#[tokio::test(start_paused = true)]
async fn a_page_says_where_the_next_one_is_and_its_cursor_belongs_to_what_was_asked_for() {
    let (api, id) = Api::with_sample(1).await;
    for _ in 0..3 {
        api.play(SALES_MANAGER, &id).await.ok();
    }
    let page = api.get(AUDITOR, "/audit?staff=kato&action=play&limit=2").await;
    let cursor = page.ok()["next_cursor"].as_str().unwrap().to_owned();
    let link = format!("<?staff=kato&action=play&limit=2&cursor={cursor}>; rel=\"next\"");
    assert_eq!(page.headers["link"], link.as_str());
    let last = api.get(AUDITOR, &format!("/audit?staff=kato&action=play&limit=2&cursor={cursor}")).await;
    assert_eq!(last.ok()["items"].as_array().unwrap().len(), 1);
    assert!(!last.headers.contains_key("link"));
    for other in ["staff=mori&action=play", "staff=kato&action=view", "staff=kato"] {
        let answer = api.get(AUDITOR, &format!("/audit?{other}&cursor={cursor}")).await;
        assert_eq!((answer.problem().as_str(), &answer.json()["parameter"]), ("invalid", &json!("cursor")), "{other}");
    }
}
