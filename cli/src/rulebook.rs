//! A rulebook's two files, read as they would be published, and what is wrong with them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use policy::Language;
use policy::rulebook::{
    Checked, Fault, FaultIn, NotText, Rulebook, check, decode_file, placeholders, publish, staff_list_is_not_text,
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
    pub(crate) fn read(policy: &Path, staff: Option<&Path>) -> Result<Self, Failure> {
        let staff = staff.map_or_else(|| policy.with_file_name("staff.csv"), Path::to_owned);
        let policy_bytes = bytes(policy, "Name the rulebook's policy.toml.")?;
        let staff_bytes =
            bytes(&staff, "Periods and permission depend on the teams: name the rulebook's staff list too.")?;
        let policy_text = decode_file(&policy_bytes).map_err(|NotText| {
            let wrong = format!("{} is neither UTF-8 nor Shift_JIS (CP932)", policy.display());
            Failure::new(wrong, "Save it again as UTF-8 text.")
        })?;
        let staff_text = decode_file(&staff_bytes).map_err(|NotText| {
            let explanation = staff_list_is_not_text(&staff_bytes).wrong.explain(Language::English);
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

    /// The written line that a fault is about, shortened.
    pub(crate) fn line(&self, fault: &Fault) -> String {
        let text = match fault.file {
            FaultIn::Policy => &self.policy_text,
            FaultIn::Staff => &self.staff_text,
        };
        let place = usize::try_from(fault.line).unwrap_or(usize::MAX).saturating_sub(1);
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
        let mut text = String::new();
        for fault in faults {
            let explanation = fault.wrong.explain(language);
            let _ = writeln!(text, "{}:{}  {}", self.path(fault.file).display(), fault.line, explanation.reason);
            let line = self.line(fault);
            if !line.is_empty() {
                let _ = writeln!(text, "    | {line}");
            }
            let _ = writeln!(text, "    → {}", explanation.fix);
        }
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
    let files = Files::read(policy, staff)?;
    let checked = files.check(now).map_err(|faults| {
        Failure::new(
            format!("the rulebook has {} faults:\n{}", faults.len(), files.describe(&faults, language).trim_end()),
            "Repair them, or name the rulebook that is in force (GET /rulebook).",
        )
    })?;
    in_force(&checked, now)
}

/// What a checked rulebook says, as if it were the first to be published.
pub(crate) fn in_force(checked: &Checked, now: Timestamp) -> Result<Rulebook, Failure> {
    let unusable = || Failure::new("the rulebook can't be used", "Name the one that is in force (GET /rulebook).");
    publish(None, checked, "rokuban", now)
        .map_err(|error| unusable().because(error))?
        .document
        .rulebook()
        .map_err(|error| unusable().because(error))
}

fn bytes(path: &Path, fix: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(format!("cannot read {}", path.display()), fix).because(error))
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
    fn a_line_that_is_shown_moves_no_cursor_and_has_an_end() {
        let folder = Folder::new();
        let policy = folder.write("policy.toml", format!("x\u{1b}[2J = {}", "1".repeat(200)));
        fs::copy(Path::new(SAMPLE).join("staff.csv"), folder.path().join("staff.csv")).unwrap();
        let error = fails(&policy);
        assert!(!error.contains('\u{1b}') && error.lines().all(|line| line.chars().count() < 400), "{error}");
    }
}
