//! `rokuban check`: every fault of a rulebook before it is published, or what it says in a few lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use jiff::Timestamp;
use policy::rulebook::{Explanation, Fault, RetentionRule, Role, Rulebook, Warning};
use policy::{Label, Language};
use serde_json::{Value, json};

use crate::args::Check;
use crate::failure::Failure;
use crate::import::Ending;
use crate::rulebook::{Files, in_force};

/// Checks a rulebook's files as publishing would, and writes what was found.
///
/// # Errors
/// A file can't be read, or the result can't be written.
pub fn check(arguments: &Check, now: Timestamp, out: &mut dyn Write) -> Result<Ending, Failure> {
    let language = arguments.language();
    let files = Files::read(&arguments.policy, arguments.staff.as_deref(), language)?;
    let (text, ending) = match files.check(now) {
        Ok(checked) => {
            let rulebook = in_force(&checked, now, language)?;
            let placeholders = files.placeholders();
            let warnings = checked.warnings(now);
            let text = if arguments.json {
                as_json(&[], &placeholders, &warnings, language)
            } else {
                let no_fault = language
                    .choose("No fault. Published, it says:", "誤りはありません。公開すると、次のとおりになります。");
                let rest = replace(&placeholders, language);
                let look = files.describe_warnings(&warnings, language);
                format!("{no_fault}\n{}{look}{rest}", summary(&rulebook, now, language))
            };
            (text, if placeholders.is_empty() { Ending::Well } else { Ending::NotAll })
        }
        Err(faults) if arguments.json => (as_json(&faults, &files.placeholders(), &[], language), Ending::NotAll),
        Err(faults) => {
            let count = faults.len();
            let end = match language {
                Language::English if count == 1 => "1 fault: it can't be published like this.".to_owned(),
                Language::English => format!("{count} faults: it can't be published like this."),
                Language::Japanese => format!("誤りが {count} 件あります。このままでは公開できません。"),
            };
            (format!("{}\n{end}\n", files.describe(&faults, language)), Ending::NotAll)
        }
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::unwritten)?;
    Ok(ending)
}

/// What `POST /rulebook/check` answers, except what only the rulebook in force can say.
fn as_json(faults: &[Fault], placeholders: &[String], warnings: &[Warning], language: Language) -> String {
    let fault = |fault: &Fault| {
        let Explanation { reason, fix } = fault.wrong.explain(language);
        let code = fault.code().as_str();
        json!({"in": fault.file.as_str(), "line": fault.line, "code": code, "reason": reason, "fix": fix})
    };
    let warning = |warning: &Warning| {
        let Explanation { reason, fix } = warning.explain(language);
        json!({
            "in": warning.file.as_str(),
            "line": warning.line,
            "code": warning.code().as_str(),
            "needs_confirmation": warning.code().needs_confirmation(),
            "reason": reason,
            "fix": fix,
        })
    };
    let faults: Vec<Value> = faults.iter().map(fault).collect();
    let warnings: Vec<Value> = warnings.iter().map(warning).collect();
    format!("{}\n", json!({"faults": faults, "placeholders": placeholders, "warnings": warnings}))
}

/// What to replace before publishing.
fn replace(placeholders: &[String], language: Language) -> String {
    if placeholders.is_empty() {
        return String::new();
    }
    let names = placeholders.join(language.choose(", ", "、"));
    match language {
        Language::English => format!("\nReplace what is still the sample's before you publish: {names}\n"),
        Language::Japanese => format!("\n公開する前に、見本のままの項目を書き換えてください: {names}\n"),
    }
}

/// The three decisions, and who is there today.
fn summary(rulebook: &Rulebook, now: Timestamp, language: Language) -> String {
    let mut text = String::new();
    let mut line = |english: &str, japanese: &str, value: &str| {
        // Two columns of a terminal for a Japanese character.
        let name = language.choose(english, japanese);
        let width: usize = name.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
        let _ = writeln!(text, "  {name}{} {value}", " ".repeat(12_usize.saturating_sub(width)));
    };
    line("Company", "会社", &format!("{} ({})", rulebook.company, rulebook.zone_name));
    line("Purposes", "目的", &rulebook.purposes.join(", "));
    for (place, rule) in rulebook.retention.iter().enumerate() {
        let (english, japanese) = if place == 0 { ("Period", "期間") } else { ("", "") };
        line(english, japanese, &period(rule, language));
    }
    let today = rulebook.day_of(now);
    let mut roles: BTreeMap<Role, usize> = BTreeMap::new();
    let mut counted = Vec::new();
    for post in rulebook.staff.iter().filter(|post| post.is_held_on(today)) {
        if let Some(member) = rulebook.member(&post.login, today).filter(|member| !counted.contains(&member.id)) {
            *roles.entry(member.role).or_default() += 1;
            counted.push(member.id);
        }
    }
    let roles: Vec<String> =
        roles.into_iter().map(|(role, count)| format!("{} {count}", role.label(language))).collect();
    line("People", "人", &format!("{} ({today})", roles.join(language.choose(", ", "・"))));
    let managers = if rulebook.manager_download {
        language.choose("managers hear and download", "責任者は再生とダウンロード")
    } else {
        language.choose("managers hear, and download nothing", "責任者は再生のみ")
    };
    let staff = if rulebook.staff_hears_own_calls {
        language.choose("staff hear their own calls", "一般は自分の通話を再生")
    } else {
        language.choose("staff hear nothing", "一般は再生できない")
    };
    line("Permission", "権限", &format!("{managers}{}{staff}", language.choose("; ", "・")));
    text
}

fn period(rule: &RetentionRule, language: Language) -> String {
    let when: Vec<String> = [
        rule.when.team.clone(),
        rule.when.direction.map(|direction| direction.label(language).to_owned()),
        rule.when.line.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let days = match language {
        Language::English => format!("{} days", rule.keep_days),
        Language::Japanese => format!("{} 日", rule.keep_days),
    };
    let whom = if when.is_empty() {
        language.choose("every other call", "そのほかの通話").to_owned()
    } else {
        when.join(language.choose(", ", "・"))
    };
    format!("{days}: {whom} ({})", rule.class)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::folder::Folder;

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/rulebook");
    const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/rulebook");

    fn run(policy: PathBuf, language: Language, json: bool) -> (Ending, String) {
        let mut out = Vec::new();
        let arguments = Check { policy, staff: None, lang: Some(language), json };
        let ending = check(&arguments, "2026-11-27T09:00:00+09:00".parse().unwrap(), &mut out).unwrap();
        (ending, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_rulebook_without_a_fault_is_shown_in_sentences() {
        let (ending, text) = run(Path::new(SAMPLE).join("policy.toml"), Language::Japanese, false);
        assert_eq!(ending, Ending::Well);
        assert!(text.contains("90 日: sales・発信 (contracts)") && text.contains("30 日: そのほかの通話"), "{text}");
        // What ships can be looked at as it is, and not published.
        let (ending, text) = run(Path::new(DEFAULT).join("policy.toml"), Language::English, false);
        assert_eq!(ending, Ending::NotAll);
        assert!(text.contains("before you publish: 会社名を書いてください, 管理者 一郎"), "{text}");
        assert!(text.contains("30 days: every other call (standard)"), "{text}");
        assert!(text.contains("staff hear nothing") && text.contains("(2026-11-27)"), "{text}");
    }

    #[test]
    fn what_must_be_confirmed_is_shown_with_its_line_and_is_no_fault() {
        let folder = Folder::new();
        let text = fs::read_to_string(Path::new(SAMPLE).join("policy.toml")).unwrap();
        let text = format!("{text}\n[[line]]\nname = \"夜間\"\n").replace("2026-04-01", "2062-04-01");
        let policy = folder.write("policy.toml", &text);
        let staff = fs::read_to_string(Path::new(SAMPLE).join("staff.csv")).unwrap();
        folder.write("staff.csv", format!("{staff}new,新人 一,,,,sales,staff,,,2062-04-01,\n"));
        for (language, words) in [
            (Language::English, ["To confirm when you publish:", "neither a number nor a queue", "2062-04-01"]),
            (Language::Japanese, ["公開するときに確認が必要です:", "number も queue もない", "1年より先"]),
        ] {
            let (ending, text) = run(policy.clone(), language, false);
            assert_eq!(ending, Ending::Well, "{text}");
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
            assert!(text.contains("| [[line]]") && text.contains("| new,新人 一"), "{text}");
        }
        let (_, text) = run(policy, Language::English, true);
        let found: Value = serde_json::from_str(&text).unwrap();
        let of =
            |warning: &Value| (warning["in"].clone(), warning["code"].clone(), warning["needs_confirmation"].clone());
        let found: Vec<_> = found["warnings"].as_array().unwrap().iter().map(of).collect();
        for (file, code) in
            [("policy", "line_matches_nothing"), ("policy", "day_far_ahead"), ("staff", "day_far_ahead")]
        {
            assert!(found.contains(&(json!(file), json!(code), json!(true))), "{found:?}");
        }
    }

    #[test]
    fn faults_end_it_with_all_of_them_for_people_and_programs() {
        let folder = Folder::new();
        let text = fs::read_to_string(Path::new(SAMPLE).join("policy.toml")).unwrap();
        let text = text.replace("keep_days = 90", "keep_days = 0").replace("country = \"JP\"", "country = \"日本\"");
        let policy = folder.write("policy.toml", text);
        fs::copy(Path::new(SAMPLE).join("staff.csv"), folder.path().join("staff.csv")).unwrap();
        let (ending, text) = run(policy.clone(), Language::Japanese, false);
        assert_eq!(ending, Ending::NotAll);
        assert!(
            text.contains("| country = \"日本\"")
                && text.ends_with("誤りが 2 件あります。このままでは公開できません。\n"),
            "{text}"
        );
        let (ending, text) = run(policy, Language::English, true);
        assert_eq!(ending, Ending::NotAll);
        let errors: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(errors["faults"][0]["code"], "not_a_country");
        assert_eq!(
            (errors["faults"][1]["in"].as_str(), errors["faults"][1]["line"].as_u64()),
            (Some("policy"), Some(13))
        );
    }
}
