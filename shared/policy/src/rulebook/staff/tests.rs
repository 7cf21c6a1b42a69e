//! The staff list as spreadsheets write it, and what is wrong with others.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::rulebook::FaultCode;
use crate::rulebook::sample::STAFF;

fn posts(text: &str) -> Vec<Post> {
    let (list, faults) = read(text, "JP");
    assert_eq!(faults, []);
    list.posts.into_iter().map(|post| post.value).collect()
}

#[test]
fn every_column_is_read() {
    let all = posts(
        "id,name,login,extension,numbers,team,role,manages,affiliation,from,until\n\
         mori,森 健,mori@example.com,220,090-0000-0201;090-0000-0202,support,manager,support; general,出向,2026-04-01,2027-03-31\n",
    );
    let expected = Post {
        id: "mori".to_owned(),
        name: "森 健".to_owned(),
        login: "mori@example.com".to_owned(),
        mail: None,
        extension: Some("220".to_owned()),
        numbers: vec!["+819000000201".to_owned().try_into().unwrap(), "+819000000202".to_owned().try_into().unwrap()],
        team: "support".to_owned(),
        role: Role::Manager,
        manages: vec!["support".to_owned(), "general".to_owned()],
        affiliation: Some("出向".to_owned()),
        from: jiff::civil::date(2026, 4, 1),
        until: Some(jiff::civil::date(2027, 3, 31)),
    };
    assert_eq!(all, [expected]);
}

#[test]
fn a_member_without_a_login_has_the_id() {
    assert_eq!(posts(STAFF)[0].login, "yamada");
}

#[test]
fn the_list_reads_the_same_as_every_spreadsheet_writes_it() {
    let expected = posts(STAFF);
    let (cp932, _, lossy) = encoding_rs::SHIFT_JIS.encode(STAFF);
    assert!(!lossy);
    let shuffled: String = STAFF
        .lines()
        .map(|row| {
            let mut cells: Vec<&str> = row.split(',').collect();
            cells.reverse();
            cells.join(",") + "\n"
        })
        .collect();
    let quoted: String = STAFF
        .lines()
        .map(|row| row.split(',').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",") + "\r\n")
        .collect();
    let no_last_cells: String = STAFF.lines().map(|row| row.trim_end_matches(',').to_owned() + "\r\n").collect();
    for (how, bytes) in [
        ("with a byte order mark", [b"\xef\xbb\xbf", STAFF.as_bytes()].concat()),
        ("in CP932", cp932.to_vec()),
        ("with CRLF", STAFF.replace('\n', "\r\n").into_bytes()),
        ("with days of a spreadsheet", STAFF.replace("2026-04-01", "2026/4/1").into_bytes()),
        ("with columns in another order", shuffled.into_bytes()),
        ("in quotes", quoted.into_bytes()),
        ("with empty rows and cells at the end", format!("{STAFF},,,,,,,,,,,,,\r\n\r\n").into_bytes()),
        ("without empty last cells", no_last_cells.into_bytes()),
        ("with titles in full width", STAFF.replacen("id,name", "ＩＤ, Name ", 1).into_bytes()),
        (
            "with titles in Japanese",
            STAFF.replacen(&known().replace(", ", ","), &COLUMNS.map(|column| column.1).join(","), 1).into_bytes(),
        ),
        ("with ids in full width", STAFF.replace("yamada", "ｙａｍａｄａ").into_bytes()),
        ("with blanks around", STAFF.replace(',', "　, ").into_bytes()),
        (
            "with rows that explain",
            format!("# 名簿,,,\r\n\"#役割, 部署\"\r\n{}＃ おわり\r\n", STAFF.replace('\n', "\r\n")).into_bytes(),
        ),
        ("with roles in Japanese", STAFF.replace(",admin,", ",管理者,").replace(",auditor,", ",監査,").into_bytes()),
        ("with roles in Japanese", STAFF.replace(",manager,", ",責任者,").replace(",staff,", ",一般,").into_bytes()),
    ] {
        assert_eq!(posts(&decode(&bytes).unwrap()), expected, "{how}");
    }
    // Text that kept its byte order mark on its way through JSON.
    assert_eq!(posts(&format!("\u{feff}{STAFF}")), expected);
}

#[test]
fn a_vendors_character_of_cp932_is_read() {
    assert_eq!(decode(b"\xfb\xfc\x8b\xb4").unwrap(), "髙橋");
}

#[test]
fn bytes_of_no_text_are_refused() {
    assert_eq!(decode(b"id,name\n\x81"), Err(NotText));
    assert_eq!(decode(b"\xff\xfei\x00d\x00,\x00"), Err(NotText), "UTF-16");
}

#[test]
fn a_row_is_told_by_its_line_in_the_file_whatever_stands_above_it() {
    let list = STAFF.replacen('\n', "\n\n,,,\n", 1)
        + "bad,\"a\nb\",,,,sales,staff,,,2026-04-01,\nworse,悪,,,,sales,x,,,2026-04-01,\n";
    for list in [list.clone(), list.replace('\n', "\r\n")] {
        let (_, faults) = read(&list, "JP");
        assert_eq!(
            faults.iter().map(|fault| (fault.line, fault.code())).collect::<Vec<_>>(),
            [(13, FaultCode::NoText), (15, FaultCode::UnknownWord)]
        );
    }
}

#[test]
fn a_column_that_is_missing_there_twice_or_means_nothing_is_a_fault() {
    let codes = |header: &str| {
        let (_, faults) = read(&format!("{header}\n"), "JP");
        faults.into_iter().map(|fault| (fault.line, fault.code())).collect::<Vec<_>>()
    };
    assert_eq!(codes("id,name,team,role,from"), []);
    assert_eq!(codes("id,name,team,role,from,,"), []);
    assert_eq!(codes("id,name,team,role,until"), [(1, FaultCode::MissingKey)]);
    assert_eq!(codes("id,name,team,role,from,team"), [(1, FaultCode::ColumnTwice)]);
    assert_eq!(codes("id,name,team,role,from,salary"), [(1, FaultCode::UnknownKey)]);
    assert_eq!(codes(""), [(1, FaultCode::MissingKey)]);
}

#[test]
fn control_characters_in_any_cell_are_a_fault_of_its_row() {
    for (position, (column, ..)) in COLUMNS.into_iter().enumerate() {
        for control in ["\u{0}", "\u{1b}", "\u{7f}", "\u{85}"] {
            let mail = "c@example.jp";
            let mut cells =
                ["a", "b", "c", mail, "1", "090-0000-0201", "e", "manager", "g", "f", "2026-04-01", "2026-04-02"];
            let cell = format!("{}{control}x", cells[position]);
            cells[position] = &cell;
            let (list, faults) = read(&format!("{}\n\"{}\"\n", known().replace(", ", ","), cells.join("\",\"")), "JP");
            assert_eq!((list.posts.len(), faults[0].line), (0, 2), "{column} {control:?}");
        }
    }
}

#[test]
fn what_is_no_address_is_a_fault_that_does_not_repeat_it() {
    let list = |mail: &str| format!("社員番号,氏名,メールアドレス,部署,役割,開始日\na,b,{mail},c,staff,2026-04-01\n");
    assert_eq!(read(&list("sato@example.jp"), "JP").0.posts[0].value.mail.as_deref(), Some("sato@example.jp"));
    assert_eq!(read(&list(""), "JP").0.posts[0].value.mail, None);
    for wrong in ["sato", "sato@", "a@example.jp;b@example.jp", "佐藤@example.jp", "佐藤 <a@example.jp>"] {
        let (list, faults) = read(&list(wrong), "JP");
        assert_eq!((list.posts.len(), faults[0].line, faults[0].code()), (0, 2, FaultCode::NotAnAddress), "{wrong}");
        assert!(!format!("{:?}", faults[0].wrong).contains("sato"));
    }
}

#[test]
fn a_lost_zero_is_told_without_the_number() {
    let (_, faults) = read("id,name,numbers,team,role,from\na,b,9000000201,c,staff,2026-04-01\n", "JP");
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].code()), (2, FaultCode::LostZero));
    assert!(!format!("{:?}", faults[0].wrong).contains("0201"));
}

/// The Japanese reasons of a list's faults, with their lines.
fn reasons(list: &str) -> Vec<(u32, String)> {
    let (_, faults) = read(list, "JP");
    faults.iter().map(|fault| (fault.line, fault.wrong.explain(crate::language::Language::Japanese).reason)).collect()
}

#[test]
fn a_wrong_heading_is_one_fault_and_not_one_a_row() {
    let renamed = STAFF.replacen("id,name", "id,名前", 1);
    assert_eq!(reasons(&renamed), [(1, "見出し「名前」は「氏名」（name）のことですか。".to_owned())]);
    let (_, rows) = STAFF.split_once('\n').unwrap();
    assert_eq!(reasons(rows), [(1, "見出しの行がありません。".to_owned())]);
    assert_eq!(reasons(&STAFF.replace(',', ";")), [(1, "区切りが「;」です。".to_owned())]);
    assert_eq!(reasons(&STAFF.replace(',', "\t")), [(1, "区切りが「TAB」です。".to_owned())]);
}

#[test]
fn a_day_that_is_none_is_shown_as_it_was_written() {
    let day = |written: &str| reasons(&STAFF.replacen("2026-04-01", written, 1)).remove(0).1;
    assert_eq!(day("4月1日"), "「from」の「4月1日」を日付として読めません。");
    assert_eq!(day("46113"), "「from」の「46113」は、日付の表示形式が外れています（2026-04-01 のことですか）。");
    assert_eq!(day("2026041"), "「from」の「2026041」を日付として読めません。");
}

#[test]
fn a_file_that_is_no_csv_is_named_for_what_it_is() {
    for (bytes, wrong) in [
        (&b"PK\x03\x04\x14"[..], Wrong::Workbook),
        (b"\xd0\xcf\x11\xe0\xa1", Wrong::Workbook),
        (b"\xff\xfei\x00", Wrong::WideText),
        (b"\x81", Wrong::NeitherEncoding),
    ] {
        assert_eq!(decode(bytes), Err(NotText));
        assert_eq!(not_text(bytes).wrong, wrong);
    }
}
