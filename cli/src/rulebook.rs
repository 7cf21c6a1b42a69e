//! A rulebook's two files, read as they would be published, and what is wrong with them.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use policy::Language;
use policy::rulebook::{
    Checked, Explanation, Fault, FaultIn, NotText, Rulebook, Warning, check, decode_file, placeholders, publish,
    staff_list_is_not_text,
};

use crate::failure::Failure;

/// A written line is shown up to 80 characters: what is wrong with it stands in them, or the line number leads there.
const SHOWN_CHARACTERS: usize = 80;

/// The texts of a rulebook's files, and where they lie.
pub(crate) struct Files {
    policy: PathBuf,
    staff: PathBuf,
    policy_text: String,
    staff_text: String,
}

impl Files {
    /// Reads both; without a staff list's name it is `staff.csv` beside the policy.
    pub(crate) fn read(policy: &Path, staff: Option<&Path>, language: Language) -> Result<Self, Failure> {
        let staff = staff.map_or_else(|| policy.with_file_name("staff.csv"), Path::to_owned);
        let policy_bytes = bytes(policy, FaultIn::Policy, language)?;
        let staff_bytes = bytes(&staff, FaultIn::Staff, language)?;
        let policy_text = decode_file(&policy_bytes).map_err(|NotText| not_text(policy, language))?;
        let staff_text = decode_file(&staff_bytes).map_err(|NotText| {
            let explanation = staff_list_is_not_text(&staff_bytes).wrong.explain(language);
            Failure::new(format!("{}: {}", staff.display(), explanation.reason), explanation.fix)
        })?;
        Ok(Self { policy: policy.to_owned(), staff, policy_text, staff_text })
    }

    /// Checks them as publishing does.
    pub(crate) fn check(&self, now: Timestamp) -> Result<Checked, Vec<Fault>> {
        check(&self.policy_text, &self.staff_text, now)
    }

    /// Names of the rulebook that ships, which must be replaced before publishing.
    pub(crate) fn placeholders(&self) -> Vec<String> {
        placeholders(&self.policy_text, &self.staff_text)
    }

    pub(crate) fn path(&self, file: FaultIn) -> &Path {
        match file {
            FaultIn::Policy => &self.policy,
            FaultIn::Staff => &self.staff,
        }
    }

    /// A written line, shortened.
    pub(crate) fn line(&self, file: FaultIn, line: u32) -> String {
        let text = match file {
            FaultIn::Policy => &self.policy_text,
            FaultIn::Staff => &self.staff_text,
        };
        let place = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let line = text.lines().nth(place).unwrap_or_default().trim_start_matches('\u{feff}').trim();
        // No file moves the terminal's cursor or turns its text around.
        let mut shown: String =
            line.chars().filter(|character| !character.is_control()).take(SHOWN_CHARACTERS).collect();
        if line.chars().count() > SHOWN_CHARACTERS {
            shown.push('…');
        }
        shown
    }

    /// Every fault: where, what is written there, why it is wrong, what to do.
    pub(crate) fn describe(&self, faults: &[Fault], language: Language) -> String {
        faults.iter().map(|fault| self.entry(fault.file, fault.line, &fault.wrong.explain(language), "")).collect()
    }

    /// Every warning, as a fault is described; first what publishing needs a confirmation of.
    pub(crate) fn describe_warnings(&self, warnings: &[Warning], language: Language) -> String {
        let (confirm, look): (Vec<_>, Vec<_>) =
            warnings.iter().partition(|warning| warning.code().needs_confirmation());
        let titles = [
            language.choose("To confirm when you publish:", "公開するときに確認が必要です:"),
            language.choose("To look at:", "確認をおすすめします:"),
        ];
        let mut text = String::new();
        for (title, warnings) in titles.into_iter().zip([confirm, look]).filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "\n{title}");
            for warning in warnings {
                text += &self.entry(warning.file, warning.line, &warning.explain(language), "  ");
            }
        }
        text
    }

    fn entry(&self, file: FaultIn, line: u32, explanation: &Explanation, indent: &str) -> String {
        let path = self.path(file).display();
        let mut text = format!("{indent}{path}:{line}  {}\n", explanation.reason);
        let written = self.line(file, line);
        if !written.is_empty() {
            let _ = writeln!(text, "{indent}    | {written}");
        }
        let _ = writeln!(text, "{indent}    → {}", explanation.fix);
        text
    }
}

/// The rulebook of two files, as it would be in force, for an import.
pub(crate) fn usable(
    policy: &Path,
    staff: Option<&Path>,
    now: Timestamp,
    language: Language,
) -> Result<Rulebook, Failure> {
    let files = Files::read(policy, staff, language)?;
    let checked = files.check(now).map_err(|faults| {
        let (count, described) = (faults.len(), files.describe(&faults, language));
        let described = described.trim_end();
        match language {
            Language::English => Failure::new(
                format!("the rulebook has {count} faults:\n{described}"),
                "Repair them, or name the rulebook that is in force (GET /rulebook).",
            ),
            Language::Japanese => Failure::new(
                format!("運用ルールに誤りが {count} 件あります:\n{described}"),
                "誤りを直すか、有効な運用ルール（GET /rulebook）を指定してください。",
            ),
        }
    })?;
    in_force(&checked, now, language)
}

/// What a checked rulebook says, as if it were the first to be published.
pub(crate) fn in_force(checked: &Checked, now: Timestamp, language: Language) -> Result<Rulebook, Failure> {
    let unusable = || {
        Failure::new(
            language.choose("the rulebook can't be used", "この運用ルールは使えません"),
            language.choose(
                "Name the one that is in force (GET /rulebook).",
                "有効な運用ルール（GET /rulebook）を指定してください。",
            ),
        )
    };
    publish(None, checked, "rokuban", now)
        .map_err(|error| unusable().because(error))?
        .document
        .rulebook()
        .map_err(|error| unusable().because(error))
}

/// A policy that is no text.
fn not_text(policy: &Path, language: Language) -> Failure {
    let path = policy.display();
    match language {
        Language::English => {
            Failure::new(format!("{path} is neither UTF-8 nor Shift_JIS (CP932)"), "Save it again as UTF-8 text.")
        }
        Language::Japanese => Failure::new(
            format!("{path} の文字コードが UTF-8 でも Shift_JIS（CP932）でもありません"),
            "UTF-8 のテキストとして保存し直してください。",
        ),
    }
}

/// A file's bytes; else why not, in words where the system's own are for programmers.
fn bytes(path: &Path, file: FaultIn, language: Language) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| unreadable(path, file, error, language))
}

fn unreadable(path: &Path, file: FaultIn, error: io::Error, language: Language) -> Failure {
    let shown = path.display();
    let name = match (file, language) {
        (FaultIn::Policy, Language::English) => "Name the rulebook's policy.toml.",
        (FaultIn::Policy, Language::Japanese) => "運用ルールの policy.toml を指定してください。",
        (FaultIn::Staff, Language::English) => {
            "Periods and permission depend on the teams: name the rulebook's staff list too."
        }
        (FaultIn::Staff, Language::Japanese) => {
            "保存期間と権限は部署で決まります。運用ルールの社員名簿（staff.csv）も指定してください。"
        }
    };
    match (error.kind(), language) {
        (ErrorKind::NotFound, Language::English) => Failure::new(format!("there is no file {shown}"), name),
        (ErrorKind::NotFound, Language::Japanese) => Failure::new(format!("ファイル {shown} がありません"), name),
        (ErrorKind::IsADirectory, Language::English) => Failure::new(format!("{shown} is a folder"), name),
        (ErrorKind::IsADirectory, Language::Japanese) => Failure::new(format!("{shown} はフォルダーです"), name),
        (ErrorKind::PermissionDenied, Language::English) => {
            Failure::new(format!("you may not read {shown}"), "Give yourself permission to read it.")
        }
        (ErrorKind::PermissionDenied, Language::Japanese) => {
            Failure::new(format!("{shown} を読む権限がありません"), "ファイルの読み取り権限を付けてください。")
        }
        (_, Language::English) => Failure::new(format!("{shown} can't be read"), name).because(error),
        (_, Language::Japanese) => Failure::new(format!("{shown} を読めません"), name).because(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::folder::Folder;

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/rulebook");

    fn now() -> Timestamp {
        "2026-11-13T09:00:00+09:00".parse().unwrap()
    }

    fn fails(policy: &Path) -> String {
        usable(policy, None, now(), Language::English).unwrap_err().to_string()
    }

    #[test]
    fn a_rulebook_is_its_policy_and_the_staff_list_beside_it() {
        let policy = Path::new(SAMPLE).join("policy.toml");
        let rulebook = usable(&policy, None, now(), Language::English).unwrap();
        assert_eq!(rulebook.version, 1);
        assert!(rulebook.retention.iter().any(|rule| rule.class == "contracts" && rule.keep_days == 90));
        assert!(rulebook.member("kato", jiff::civil::date(2026, 11, 13)).is_some());
    }

    #[test]
    fn every_fault_is_shown_with_its_line_as_it_is_written() {
        let folder = Folder::new();
        let text = fs::read_to_string(Path::new(SAMPLE).join("policy.toml")).unwrap();
        let text = text.replace("keep_days = 90", "keep_days = \"90\"").replace("\"none\"", "\"nobody\"");
        let policy = folder.write("policy.toml", text);
        let error = fails(&policy);
        assert!(error.contains("staff.csv") && error.contains("staff list"), "{error}");
        fs::copy(Path::new(SAMPLE).join("staff.csv"), folder.path().join("staff.csv")).unwrap();
        let error = fails(&policy);
        assert!(error.contains("| keep_days = \"90\"") && error.contains("| staff = \"nobody\""), "{error}");
        assert!(error.contains("policy.toml:13  "), "{error}");
        let in_japanese = usable(&policy, None, now(), Language::Japanese).unwrap_err().to_string();
        assert!(in_japanese.contains("→ ") && in_japanese.contains("整数"), "{in_japanese}");
    }

    #[test]
    fn a_file_that_is_no_text_of_ours_is_named_for_what_it_is() {
        let folder = Folder::new();
        let policy = folder.write("policy.toml", b"name = \"\x81");
        folder.write("staff.csv", "id");
        assert!(fails(&policy).contains("Shift_JIS"));
        folder.write("policy.toml", "");
        for (bytes, word) in
            [(&b"PK\x03\x04\xff\xff"[..], "workbook"), (b"\xff\xfei\x00d\x00", "UTF-16"), (b"\x81", "CSV UTF-8")]
        {
            folder.write("staff.csv", bytes);
            assert!(fails(&policy).contains(word), "{word}");
        }
    }

    #[test]
    fn a_file_that_can_t_be_read_is_told_for_what_it_is_in_both_languages() {
        let folder = Folder::new();
        fs::create_dir(folder.path().join("folder")).unwrap();
        folder.write("staff.csv", "id");
        folder.write("odd.toml", b"name = \"\x81");
        folder.write("sheet/policy.toml", "");
        folder.write("sheet/staff.csv", b"PK\x03\x04\xff\xff");
        folder.write("alone/policy.toml", "");
        let explained = |policy: &str, language| {
            Files::read(&folder.path().join(policy), None, language).err().unwrap().to_string()
        };
        for (policy, english, japanese) in [
            ("none.toml", "there is no file", "がありません"),
            ("folder", "is a folder", "フォルダーです"),
            ("odd.toml", "neither UTF-8 nor", "文字コード"),
            ("sheet/policy.toml", "workbook", "Excel"),
            ("alone/policy.toml", "staff list", "社員名簿"),
        ] {
            let (first, second) = (explained(policy, Language::English), explained(policy, Language::Japanese));
            assert!(first.contains(english) && !first.contains("os error"), "{first}");
            assert!(second.contains(japanese) && !second.contains("os error"), "{second}");
        }
        // Who runs the tests as root may read everything: the error is made.
        let denied = |language| {
            let error = io::Error::from(ErrorKind::PermissionDenied);
            unreadable(Path::new("policy.toml"), FaultIn::Policy, error, language).to_string()
        };
        assert!(denied(Language::English).contains("you may not read policy.toml"));
        assert!(denied(Language::Japanese).contains("policy.toml を読む権限がありません"));
    }

    #[test]
    fn a_line_that_is_shown_moves_no_cursor_and_has_an_end() {
        let folder = Folder::new();
        let policy = folder.write("policy.toml", format!("x\u{1b}[2J = {}", "1".repeat(200)));
        fs::copy(Path::new(SAMPLE).join("staff.csv"), folder.path().join("staff.csv")).unwrap();
        let error = fails(&policy);
        assert!(!error.contains('\u{1b}') && error.lines().all(|line| line.chars().count() < 400), "{error}");
    }
}
