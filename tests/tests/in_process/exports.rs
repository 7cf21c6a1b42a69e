//! Exports: lists as files. Who gets which rows, what a spreadsheet makes of them, and what is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use policy::facts::QuarantineReason;
use policy::number;
use policy::recording::State;
use serde_json::{Value, json};
use tests::world::{EVERY_FAULT, World, for_every_fault};

use crate::api::{
    ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER, SAMPLE, STAFF, SUPPORT_MANAGER, made, sample_expiry,
};
use tests::company::{CALL_LOGS, Company, TABLE, expected, sample, sample_rulebook};

const NOVEMBER: &str = "from=2026-11-01&to=2026-11-13";

/// What a spreadsheet takes for a formula, where it is the first of a cell.
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

type Row = BTreeMap<String, String>;
pub(crate) fn csv(path: &str) -> ApiRequest {
    ApiRequest::get(path).header("accept", "text/csv")
}

async fn export(api: &Api, login: &str, path: &str) -> Answer {
    api.ask(&csv(path).by(login)).await
}

/// The rows of a file, by the heading; of which it must have one, and a byte order mark before it.
fn rows(answer: &Answer) -> Vec<Row> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let file = answer.bytes.strip_prefix(b"\xEF\xBB\xBF").expect("it begins with a byte order mark");
    assert!(file.ends_with(b"\r\n"));
    csv::Reader::from_reader(file).deserialize().map(|row| row.unwrap()).collect()
}

fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str()).collect()
}

async fn listed(api: &Api, login: &str, path: &str) -> Vec<String> {
    let found = api.get(login, path).await.ok();
    found["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Under the sample rulebook, and more of it.
async fn under(more: &str, more_staff: &str) -> Api {
    let company = Company::of(Company::builder(1).build());
    let (policy, staff) = sample_rulebook();
    company.publish(&format!("{policy}\n{more}\n"), &format!("{staff}{more_staff}")).await;
    Api::of(company)
}

/// Recordings of some teams, a minute apart; the first begins at 10:00 of 12 November.
async fn with_recordings(api: &Api, teams: &[&str]) {
    let first: Timestamp = "2026-11-12T10:00:00+09:00".parse().unwrap();
    for (number, team) in teams.iter().enumerate() {
        let mut recording = made(number, first + SignedDuration::from_mins(i64::try_from(number).unwrap()));
        recording.view.team = Some((*team).to_owned());
        recording.view.line = Some("代表".to_owned());
        recording.view.staff = (number % 2 == 0).then(|| STAFF.to_owned());
        api.put(&recording).await;
    }
}

/// The samples with their logs, every day worked out.
async fn reported() -> Api {
    let company = Company::with_sample_rulebook(1).await;
    for line in expected() {
        company.upload_sample(line["key"].as_str().unwrap()).await;
    }
    for log in CALL_LOGS {
        company.upload_sample(log).await;
    }
    company.run_schedule("roll_up").await;
    Api::over(&company.world)
}

/// How often a member's exports were counted, over all hours.
fn counted(world: &World, staff: &str) -> u64 {
    let items = world.table_items(TABLE);
    let of_staff = items.iter().filter(|item| item["pk"].as_str().unwrap().starts_with(&format!("W#{staff}#")));
    of_staff.filter(|item| item["sk"] == "export").map(|item| item["count"].as_u64().unwrap()).sum()
}

fn events(api: &Api, outcome: &str) -> Vec<Value> {
    api.audit().into_iter().filter(|event| event["action"] == "export" && event["outcome"] == outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn a_search_is_taken_away_as_a_file_that_a_japanese_excel_reads() {
    let (api, id) = Api::with_sample(1).await;
    let answer = export(&api, SALES_MANAGER, "/recordings").await;
    let rows = rows(&answer);
    assert_eq!(ids(&rows), [id.as_str()]);
    for (column, cell) in [
        ("started_at", "2026-11-03 14:05:02"),
        ("direction", "inbound"),
        ("counterpart", "090-1234-5678"),
        ("counterpart_absent", ""),
        ("extension", "201"),
        ("staff", "sato"),
        ("staff_name", "佐藤 花子"),
        ("team", "sales"),
        ("purpose", "evidence"),
        ("retention_class", "standard"),
        ("last_day", "2026-12-03"),
        ("state", "active"),
        ("holds", "0"),
        ("notes", "0"),
        ("objection", "false"),
        ("source", "freepbx"),
    ] {
        assert_eq!(rows[0][column], cell, "{column}");
    }
    let json = api.get(SALES_MANAGER, "/recordings").await.ok()["items"][0].clone();
    assert_eq!(rows[0]["duration_seconds"].parse::<f64>().ok(), json["duration_seconds"].as_f64());
    assert_eq!(rows[0]["notice"], json["notice"].as_str().unwrap());
    assert_eq!(answer.headers["content-language"], "en");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let disposition = "attachment; filename=\"recordings-20261113-090000.csv\"";
    assert_eq!(answer.headers["content-disposition"], disposition);
    assert!(!answer.headers.contains_key("link"));
    // Nothing of where the sound lies, nor anything to reach it by.
    let text = String::from_utf8(answer.bytes).unwrap();
    for private in [".wav", "freepbx/", "http", "1793682300"] {
        assert!(!text.contains(private), "{private}");
    }

    let japanese = api.ask(&csv("/recordings").header("accept-language", "ja").by(SALES_MANAGER)).await;
    let row = &self::rows(&japanese)[0];
    assert_eq!(japanese.headers["content-language"], "ja");
    for (column, cell) in [
        ("録音ID", id.as_str()),
        ("開始日時", "2026-11-03 14:05:02"),
        ("発着信", "着信"),
        ("状態", "保存中"),
        ("利用目的", "合意内容の確認"),
    ] {
        assert_eq!(row[column], cell, "{column}");
    }
    assert_eq!(row.len(), rows[0].len());
}

#[tokio::test(start_paused = true)]
async fn a_file_has_the_rows_that_the_json_has_items_for_whoever_asks() {
    let api = Api::new(1).await;
    with_recordings(&api, &["sales", "support", "general", "accounting", "sales", "support"]).await;
    let mut quarantined = made(6, "2026-11-12T11:00:00+09:00".parse().unwrap());
    quarantined.view.state = State::Quarantined;
    quarantined.view.quarantine_reason = Some(QuarantineReason::NoCallFacts);
    api.put(&quarantined).await;
    let mut hidden = made(7, "2026-11-12T11:01:00+09:00".parse().unwrap());
    hidden.view.duplicate_of = Some(quarantined.view.id.clone());
    api.put(&hidden).await;
    let (of_sales, mut most) = (["?team=sales", "?staff=sato&line=%E4%BB%A3%E8%A1%A8"], BTreeMap::new());
    for login in [ADMIN, SALES_MANAGER, SUPPORT_MANAGER, STAFF] {
        for query in ["", of_sales[0], of_sales[1], "?state=quarantined", "?last4=5678"] {
            let path = format!("/recordings{query}");
            if login == SUPPORT_MANAGER && of_sales.contains(&query) {
                assert_eq!(export(&api, login, &path).await.problem(), "unknown-name", "{query}");
                continue;
            }
            let found = rows(&export(&api, login, &path).await);
            assert_eq!(ids(&found), listed(&api, login, &path).await, "{login} {query}");
            let most: &mut usize = most.entry(login).or_default();
            *most = found.len().max(*most);
        }
    }
    assert_eq!(most, BTreeMap::from([(ADMIN, 6), (SALES_MANAGER, 2), (SUPPORT_MANAGER, 3), (STAFF, 3)]));
    let admins = api.ask(&csv("/recordings?state=quarantined").header("accept-language", "ja").by(ADMIN)).await;
    assert_eq!(rows(&admins)[0]["要確認の理由"], "通話の情報がない");
    // NEVER LATE: from the second of expiry in no file either.
    api.world().set_now(sample_expiry() + SignedDuration::from_hours(24 * 9));
    assert_eq!(rows(&export(&api, ADMIN, "/recordings?from=2026-11-01T00:00:00Z").await).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_nobody_takes_nothing_away() {
    let (api, _) = Api::with_sample(1).await;
    for path in ["/recordings", "/reports/completeness", "/reports/notice"] {
        let answer = export(&api, "stranger", path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "not-a-member"), "{path}");
    }
    for path in ["/reports/completeness", "/reports/notice"] {
        let answer = export(&api, STAFF, path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "no-reports"), "{path}");
        assert_eq!(rows(&export(&api, AUDITOR, path).await).len(), 0, "{path}");
    }
    assert_eq!(counted(api.world(), STAFF), 0);
    assert_eq!(events(&api, "permitted").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_taken_away_with_the_lines_that_its_reader_may_see() {
    let api = reported().await;
    for (path, report) in [("/reports/completeness", "completeness"), ("/reports/notice", "notice")] {
        let path = format!("{path}?{NOVEMBER}");
        for login in [ADMIN, AUDITOR, SALES_MANAGER, SUPPORT_MANAGER] {
            let answer = export(&api, login, &path).await;
            assert!(answer.headers["content-disposition"].to_str().unwrap().contains(&format!("{report}-2026")));
            let lines = rows(&answer);
            let json = api.get(login, &path).await.ok();
            let items = json["items"].as_array().unwrap();
            assert_eq!(lines.len(), items.len(), "{login} {path}");
            for (line, item) in lines.iter().zip(items) {
                for (column, cell) in line {
                    let told = match &item[column] {
                        Value::Object(counted) => counted.get("count").cloned().unwrap_or_default(),
                        Value::Null => item["by_notice"][column].clone(),
                        told => told.clone(),
                    };
                    let told = match told {
                        Value::String(text) if column == "computed_at" => {
                            text.replace('T', " ").chars().take(19).collect()
                        }
                        Value::String(text) => text,
                        Value::Null if cell == "0" => "0".to_owned(),
                        Value::Null => String::new(),
                        number => number.to_string(),
                    };
                    assert_eq!(cell, &told, "{login} {path} {column}");
                }
            }
            let said = export(&api, login, &format!("{path}&conditions=true")).await;
            let said = String::from_utf8(said.bytes).unwrap();
            let days: Vec<&str> = json["pending_days"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(said.contains(&format!("\r\npending_days,{}\r\n", days.join("; "))), !days.is_empty(), "{said}");
            assert!(said.starts_with("\u{feff}from,2026-11-01\r\nto,2026-11-13\r\n"), "{said}");
        }
    }
    let lost = |found: &[Row]| found.iter().filter(|row| row["lost"] == "1").count();
    let path = format!("/reports/completeness?{NOVEMBER}");
    assert_eq!(lost(&rows(&export(&api, SALES_MANAGER, &path).await)), 1);
    let answer = export(&api, SUPPORT_MANAGER, &path).await;
    assert_eq!(lost(&rows(&answer)), 0);
    let teams: BTreeSet<String> = rows(&answer).into_iter().map(|row| row["team"].clone()).collect();
    assert!(teams.is_subset(&["support", "general", ""].map(str::to_owned).into()), "{teams:?}");
    let japanese = api.ask(&csv(&path).header("accept-language", "ja").by(SALES_MANAGER)).await;
    assert!(rows(&japanese).iter().any(|row| row["録音なし"] == "1" && row["部署"] == "sales"));
}

#[tokio::test(start_paused = true)]
async fn whatever_names_and_pbxs_say_no_cell_is_a_formula_and_a_reader_gets_it_back() {
    const NAME: &str = "=HYPERLINK(\"http://evil.example\",\"押す\")";
    const LINE: &str = "＝1+1,\"代表\"";
    let more = "[[line]]\nname = '＝1+1,\"代表\"'\nnumber = \"03-9999-0000\"\nteam = \"@sales\"\n\
                [[notice]]\ndirection = \"inbound\"\nplaced = \"operator\"\ntext = \"録音します。\"\nfrom = \"2026-04-01\"\n";
    let more_staff = "evil,\"=HYPERLINK(\"\"http://evil.example\"\",\"\"押す\"\")\",,905,,@sales,staff,,,2026-04-01,\n\
                      other,＋81 太郎,,906,,@sales,manager,@sales,,2026-04-01,\n";
    let api = under(more, more_staff).await;
    let metadata = [
        ("call-id", "=1"),
        ("started-at", "2026-11-12T10:00:00+09:00"),
        ("direction", "inbound"),
        ("counterpart", "090-1234-5678"),
        ("our-number", "03-9999-0000"),
        ("extension", "905"),
        ("queue", "=cmd|' /C calc'!A0"),
    ];
    let id = api.company.upload("other/=1.wav", sample(SAMPLE), &metadata).await;
    let answer = export(&api, ADMIN, "/recordings").await;
    let found = rows(&answer);
    assert_eq!(ids(&found), [id.as_str()]);
    for (column, cell) in [
        ("staff_name", format!("'{NAME}")),
        ("line", format!("'{LINE}")),
        ("team", "'@sales".to_owned()),
        ("queue", "'=cmd|' /C calc'!A0".to_owned()),
        ("our_number", "03-9999-0000".to_owned()),
    ] {
        assert_eq!(found[0][column], cell, "{column}");
    }
    api.company.leaves(tests::monitor::Rule::Quiet, "what no rulebook takes, an index can hold: a team like a number");
    let hostile = ["\t=1+1", "\r\n-1", "\n@x", "a\"b\r\nc,d", "－1", " =1", "+819012345678"];
    for (number, text) in hostile.into_iter().enumerate() {
        let mut recording = made(100 + number, "2026-11-11T10:00:00+09:00".parse().unwrap());
        let view = &mut recording.view;
        view.counterpart = number::read("080-1111-2222", "JP");
        for field in [&mut view.queue, &mut view.line, &mut view.staff, &mut view.team, &mut view.extension] {
            *field = Some(text.to_owned());
        }
        (view.purpose, view.source) = (text.to_owned(), text.to_owned());
        api.put(&recording).await;
    }
    let found = rows(&export(&api, ADMIN, "/recordings").await);
    assert_eq!(found.len(), 1 + hostile.len());
    for (column, cell) in found.iter().flatten() {
        assert!(!cell.starts_with(SIGNS), "{column}: {cell:?}");
    }
    let lines: BTreeSet<&str> =
        found.iter().map(|row| row["line"].strip_prefix('\'').unwrap_or(&row["line"])).collect();
    assert!(hostile.iter().all(|text| lines.contains(text)), "{lines:?}");
    let dialled: BTreeSet<&str> = found.iter().map(|row| row["extension"].as_str()).collect();
    assert!(dialled.contains("'+819012345678"), "as whole as in the JSON: {dialled:?}");
    // The same names in a report.
    api.company.run_schedule("roll_up").await;
    let notice = rows(&export(&api, ADMIN, &format!("/reports/notice?{NOVEMBER}")).await);
    assert!(notice.iter().any(|row| row["line"] == format!("'{LINE}") && row["operator"] == "1"), "{notice:?}");
    assert!(notice.iter().flatten().all(|(_, cell)| !cell.starts_with(SIGNS)));
}

#[tokio::test(start_paused = true)]
async fn the_link_followed_to_the_end_gives_every_row_once() {
    let api = Api::new(1).await;
    with_recordings(&api, &["sales"; 30]).await;
    let query = "?limit=7&line=%E4%BB%A3%E8%A1%A8&from=2026-11-12T00:00:00%2B09:00&to=2026-11-13T00:00:00%2B09:00";
    let all = listed(&api, SALES_MANAGER, &format!("/recordings{}&limit=100", query.replace("limit=7&", ""))).await;
    assert_eq!(all.len(), 30);
    let (mut found, mut pages, mut next) = (Vec::new(), 0, Some(query.to_owned()));
    while let Some(query) = next {
        let answer = export(&api, SALES_MANAGER, &format!("/recordings{query}")).await;
        let page = rows(&answer);
        assert!(page.len() <= 7);
        found.extend(ids(&page).into_iter().map(str::to_owned));
        pages += 1;
        next = answer.headers.get("link").map(|link| {
            let reference = link.to_str().unwrap().strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            assert!(
                reference.starts_with("?limit=7&line=%E4%BB%A3%E8%A1%A8&from=2026-11-12T00%3A00%3A00%2B09%3A00&to=")
            );
            assert_eq!(reference.matches("cursor=").count(), 1, "{reference}");
            reference.to_owned()
        });
        assert!(pages < 10, "the link goes round");
    }
    assert_eq!(found, all);
    assert_eq!((pages, counted(api.world(), SALES_MANAGER)), (5, 5), "each page is one export");
    let facts = &events(&api, "permitted")[1]["facts"];
    assert_eq!((&facts["what"], &facts["rows"]), (&json!("recordings"), &json!("7")));
    assert_eq!(facts["filters"], "cursor,from,limit,line,to");
}

#[tokio::test(start_paused = true)]
async fn a_file_has_up_to_a_thousand_rows_where_a_list_has_a_hundred_items() {
    let api = Api::new(1).await;
    with_recordings(&api, &["sales"; 120]).await;
    let answer = export(&api, ADMIN, "/recordings").await;
    assert_eq!(rows(&answer).len(), 120);
    assert!(!answer.headers.contains_key("link"));
    let listed = |limit: &'static str| api.get(ADMIN, limit);
    assert_eq!(listed("/recordings").await.ok()["items"].as_array().unwrap().len(), 50);
    assert_eq!(listed("/recordings?limit=101").await.status, 400);
    let answer = export(&api, ADMIN, "/recordings?limit=1001").await;
    assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("1,000"), "{}", answer.json());
}

#[tokio::test(start_paused = true)]
async fn the_form_is_what_the_request_accepts() {
    let (api, _) = Api::with_sample(1).await;
    for path in ["/recordings", "/reports/completeness", "/reports/notice"] {
        for (accept, content_type) in [
            ("*/*", "application/json"),
            ("text/csv;q=0.5, application/json", "application/json"),
            ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
            ("text/*", "text/csv; charset=utf-8"),
        ] {
            let answer = api.ask(&ApiRequest::get(path).header("accept", accept).by(ADMIN)).await;
            assert_eq!(
                (answer.status, answer.headers["content-type"].to_str().unwrap()),
                (200, content_type),
                "{accept}"
            );
        }
        assert_eq!(api.get(ADMIN, path).await.headers["content-type"], "application/json");
        api.warm().await;
        for accept in ["text/html", "text/csv;charset=shift_jis", "application/json;q=0"] {
            let answer = api.ask(&ApiRequest::get(path).header("accept", accept).by(ADMIN)).await;
            assert_eq!((answer.status, answer.problem().as_str()), (406, "not-acceptable"), "{path} {accept}");
        }
        assert!(api.take_kinds().is_empty(), "nothing was read and nothing happened");
    }
    api.ask(&csv("/me").by(ADMIN)).await.ok();
}

#[tokio::test(start_paused = true)]
async fn past_the_limit_of_the_hour_nothing_leaves_as_a_file_and_searches_go_on() {
    let api = under("[limits]\nexports_per_hour = 2", "").await;
    with_recordings(&api, &["sales", "support"]).await;
    for _ in 0..5 {
        api.get(ADMIN, "/recordings").await.ok();
        api.get(ADMIN, &format!("/reports/notice?{NOVEMBER}")).await.ok();
    }
    assert_eq!(counted(api.world(), ADMIN), 0);
    api.warm().await;
    rows(&export(&api, ADMIN, "/recordings?team=sales").await);
    let kinds = api.take_kinds();
    let (last, reads) = kinds.split_last().unwrap();
    assert_eq!(last, "dynamodb TransactWriteItems rokuban");
    assert!(reads.iter().all(|kind| kind.starts_with("dynamodb Query ")), "{kinds:?}");
    rows(&export(&api, ADMIN, &format!("/reports/notice?{NOVEMBER}")).await);
    for path in ["/recordings?number=090-1234-5678", "/reports/completeness", "/reports/notice"] {
        let answer = export(&api, ADMIN, path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many"), "{path}");
        assert_eq!(answer.headers["retry-after"], "3600");
        assert_eq!(answer.json()["limit"], 2);
    }
    assert_eq!((counted(api.world(), ADMIN), events(&api, "permitted").len()), (2, 2));
    assert_eq!(
        events(&api, "permitted")[1]["facts"],
        json!({"what": "notice", "rows": "0", "from": "2026-11-01", "to": "2026-11-13"})
    );
    let refused = events(&api, "refused");
    assert_eq!(
        refused[0]["facts"],
        json!({
            "what": "recordings", "rows": "0", "filters": "number", "reason": "too_many",
            "from": "2026-08-14T00:00:00Z", "to": "2026-11-13T00:00:00Z",
        }),
    );
    assert_eq!(refused[0]["asked"], json!({"number": "+819012345678"}), "apart from what anybody may read");
    assert_eq!(refused.len(), 3);
    // A search is none, and somebody else's hour is their own.
    api.get(ADMIN, "/recordings").await.ok();
    rows(&export(&api, SALES_MANAGER, "/recordings").await);
    api.world().advance(Duration::from_secs(3_600));
    rows(&export(&api, ADMIN, "/recordings").await);
}

#[tokio::test(start_paused = true)]
async fn one_request_handled_twice_is_one_export() {
    let api = under("[limits]\nexports_per_hour = 1", "").await;
    with_recordings(&api, &["sales"]).await;
    let ask = csv("/recordings").by(ADMIN).with_request_id("once");
    let first = api.ask(&ask).await;
    assert_eq!((rows(&first).len(), &first), (1, &api.ask(&ask).await));
    assert_eq!((counted(api.world(), ADMIN), events(&api, "permitted").len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn with_any_call_failed_no_file_leaves_without_its_event_and_each_is_counted_once() {
    for path in ["/recordings?team=sales&from=2026-11-10T00:00:00Z", "/reports/notice?from=2026-11-12&to=2026-11-13"] {
        let tried = for_every_fault(
            EVERY_FAULT,
            async || {
                let api = under("[limits]\nexports_per_hour = 1", "").await;
                with_recordings(&api, &["sales", "sales"]).await;
                api.world().clone()
            },
            async |world| export(&Api::over(world), SALES_MANAGER, path).await,
            async |world, fault, answer| {
                let api = Api::over(world);
                let stands = events(&api, "permitted").len() as u64;
                assert_eq!(counted(world, SALES_MANAGER), stands, "{fault:?}");
                match answer.status {
                    200 => {
                        // A page can be short: then it says where the rest is.
                        let is_report = path.starts_with("/reports");
                        let is_whole = is_report || rows(&answer).len() == 2 || answer.headers.contains_key("link");
                        assert_eq!((is_whole, stands), (true, 1), "{fault:?}");
                    }
                    status => {
                        assert!(fault.is_some() && status >= 500, "{status} {fault:?}");
                        assert_eq!(answer.headers["content-type"], "application/problem+json");
                    }
                }
                // Whoever tries again takes it away, once.
                for number in stands..1 {
                    assert_eq!(export(&api, SALES_MANAGER, path).await.status, 200, "{number} {fault:?}");
                }
                assert_eq!(export(&api, SALES_MANAGER, path).await.status, 429, "{fault:?}");
            },
        )
        .await;
        assert!(tried >= 15, "{tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_a_file_too_and_shows_of_a_number_its_last_digits_to_everybody() {
    let (api, id) = Api::with_sample(1).await;
    api.get(ADMIN, "/recordings?number=090-1234-5678").await.ok();
    api.play(SALES_MANAGER, &id).await.ok();
    api.download(SALES_MANAGER, &id).await;
    for login in [ADMIN, AUDITOR] {
        let answer = export(&api, login, "/audit").await;
        let found = rows(&answer);
        let of = |action: &str| found.iter().find(|row| row["action"] == action).unwrap();
        assert_eq!(of("search")["asked"], "number=***5678");
        assert_eq!((of("play")["staff"].as_str(), of("play")["role"].as_str()), (SALES_MANAGER, "manager"));
        assert_eq!((of("play")["recording"].as_str(), of("play")["outcome"].as_str()), (id.as_str(), "permitted"));
        assert_eq!(of("download")["reason"], "managers_do_not_download");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("12345678"));
        let event = api.audit().last().unwrap().clone();
        assert_eq!((&event["action"], &event["facts"]["what"]), (&json!("export"), &json!("audit")));
    }
    for login in [SALES_MANAGER, STAFF] {
        assert_eq!(export(&api, login, "/audit").await.problem(), "no-audit");
    }
    // Page by page, every event of before once.
    let mut path = "/audit?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = export(&api, AUDITOR, &path).await;
        seen.extend(rows(&page).into_iter().filter(|row| row["action"] != "export"));
        match page.headers.get("link") {
            None => break,
            Some(link) => {
                let link = link.to_str().unwrap();
                path = format!("/audit{}", link.strip_prefix('<').unwrap().split_once('>').unwrap().0);
            }
        }
    }
    let actions: BTreeSet<&str> = seen.iter().map(|row| row["action"].as_str()).collect();
    assert_eq!(actions, BTreeSet::from(["search", "play", "download", "audit"]));
    assert_eq!(seen.iter().filter(|row| row["action"] == "play").count(), 1);
}
