//! What `up` prints at its end: the sample recordings, and what to try next.

use std::fmt::Write as _;

use serde_json::Value;

use crate::stack::{ADMIN, Stack};

/// What a newcomer reads: the recordings, what to try, how to stop.
pub(crate) fn summary(stack: &Stack, recordings: &[Value]) -> String {
    let mut page = sign_in(stack);
    page.push_str(&table(recordings));
    let active = |recording: &&Value| recording["state"] == "active";
    let example = recordings.iter().filter(active).find(|recording| recording["counterpart"].is_string());
    if let Some(example) = example {
        let number = example["counterpart"].as_str().unwrap_or_default().replacen("+81", "0", 1);
        let id = example["id"].as_str().unwrap_or_default();
        let _ = write!(
            page,
            "\nSearch, as the admin {ADMIN}:\n  \
             curl -s -H \"Authorization: Bearer $(cargo xtask token {ADMIN})\" '{api}/recordings?number={number}'\n\
             \nA URL to hear one, good for two minutes:\n  \
             curl -s -X POST -H \"Authorization: Bearer $(cargo xtask token {ADMIN})\" \
             -H 'Content-Type: application/json' -d '{{\"use\":\"evidence\",\"reason\":\"trying it out\"}}' \
             '{api}/recordings/{id}/play'\n",
            api = stack.api_url,
        );
    }
    let logins: Vec<&str> = stack.users.iter().map(|user| user.login.as_str()).collect();
    let _ = write!(
        page,
        "\nSigned in as anyone of {}: cargo xtask token LOGIN\nAddresses, names, passwords: \
         target/local/stack.json\nTo stop: cargo xtask down\n",
        logins.join(", ")
    );
    page
}

/// Where to look first: the console, and one person of each role who can sign in there.
fn sign_in(stack: &Stack) -> String {
    let mut page = format!("\nThe console: {}\n", stack.console_url);
    let mut roles = Vec::new();
    for user in &stack.users {
        if !roles.contains(&&user.role) {
            roles.push(&user.role);
            let _ = writeln!(page, "  {:8} {:12} {}", user.role, user.login, user.password);
        }
    }
    page
}

/// Whether an answer of the API is a recording in quarantine.
pub(crate) fn is_quarantined(recording: &Value) -> bool {
    recording["state"] == "quarantined"
}

/// The recordings in columns.
fn table(recordings: &[Value]) -> String {
    let mut rows = vec![
        ["recording", "started at", "direction", "counterpart", "staff", "team", "class or quarantine"]
            .map(str::to_owned),
    ];
    for recording in recordings {
        let value = |name: &str| recording[name].as_str().map(str::to_owned);
        let key = value("key").unwrap_or_default();
        let name = shortened(key.rsplit('/').next().unwrap_or_default(), NAME_COLUMNS);
        rows.push(if is_quarantined(recording) {
            let mut row = [const { String::new() }; 7];
            row[0] = name;
            row[6] = format!("要確認: {}", value("quarantine_reason").unwrap_or_default());
            row
        } else {
            let started_at = value("started_at").unwrap_or_default();
            let absent = value("counterpart_absent").map(|why| format!("({why})"));
            [
                name,
                started_at.chars().take(16).collect::<String>().replace('T', " "),
                value("direction").unwrap_or_default(),
                value("counterpart").or(absent).unwrap_or_default(),
                value("staff").unwrap_or_default(),
                value("team").unwrap_or_default(),
                value("retention_class").unwrap_or_default(),
            ]
        });
    }
    if rows.len() == 1 {
        return String::new();
    }
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default()).collect();
    let mut page = String::from("\n");
    for row in &rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(wide - width(cell)));
        }
        let _ = writeln!(page, "{}", line.trim_end());
    }
    page
}

/// 40 columns of a terminal: enough to tell the samples apart.
const NAME_COLUMNS: usize = 40;

/// A name cut in its middle to so many columns.
fn shortened(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let half = (columns - 1) / 2;
    let take = |characters: &mut dyn Iterator<Item = char>| {
        let mut taken = String::new();
        for character in characters {
            if width(&taken) + width(character.encode_utf8(&mut [0; 4])) > half {
                break;
            }
            taken.push(character);
        }
        taken
    };
    let start = take(&mut name.chars());
    let end: String = take(&mut name.chars().rev()).chars().rev().collect();
    format!("{start}…{end}")
}

/// Columns a text takes on a terminal: kana, kanji and full-width signs take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|character| if ('\u{1100}'..='\u{ffe6}').contains(&character) && character != '…' { 2 } else { 1 })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_name_keeps_its_start_and_its_end() {
        assert_eq!(shortened("short.wav", 9), "short.wav");
        assert_eq!(shortened("external-201.wav", 9), "exte….wav");
        assert_eq!(shortened("通話通話通話.m4a", 9), "通話….m4a");
    }

    #[test]
    fn columns_line_up_under_wide_characters() {
        let recordings = [
            json!({ "key": "a/通話.m4a", "state": "active", "direction": "inbound", "retention_class": "standard" }),
            json!({ "key": "a/b.wav", "state": "quarantined", "quarantine_reason": "empty" }),
        ];
        let page = table(&recordings);
        let lines: Vec<&str> = page.lines().skip(1).collect();
        let column = |line: &str, word: &str| line.find(word).map(|at| width(&line[..at]));
        assert_eq!(column(lines[0], "direction"), column(lines[1], "inbound"));
        assert_eq!(column(lines[0], "class"), column(lines[1], "standard"));
        assert_eq!(column(lines[0], "class"), column(lines[2], "要確認: empty"));
    }
}
