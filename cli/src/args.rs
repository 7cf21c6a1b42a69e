//! The command line's arguments.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use policy::Language;

/// `rokuban`.
#[derive(Debug, Parser)]
#[command(name = "rokuban", version, about = "Keeps watch over a company's call recordings 録番")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload a folder of recordings and call logs into the recordings bucket
    ///
    /// Nothing that is there is overwritten, every upload's checksum is checked, and what was uploaded before is
    /// skipped: after an interruption run the same command again. Begin with --dry-run, which makes no request.
    #[command(after_help = "\
Exit codes: 0 all is well, 1 some files failed or the import was stopped, 2 it could not be begun as asked.

  rokuban import /archive --dry-run --rulebook policy.toml
  rokuban import /archive --bucket rokuban-recordings-123456789012-ap-northeast-1 --table rokuban")]
    Import(Box<Import>),
    /// Check a rulebook before it is published: every fault, with its line and its fix
    ///
    /// Makes no request, and needs no AWS account. Publishing checks the same again.
    #[command(after_help = "\
Exit codes: 0 it can be published, 1 it can't yet, 2 a file can't be read.

  rokuban check policy.toml staff.csv
  rokuban check policy.toml --lang ja")]
    Check(Check),
    /// Look at a deployed stack, and say what is wrong with it, where, and how to fix it
    ///
    /// Uses your own AWS credentials, and changes nothing. It reads settings and counts, and no recording.
    #[command(after_help = "\
Exit codes: 0 nothing is wrong, 1 something is, 2 the stack can't be read.

  rokuban doctor --profile company
  rokuban doctor rokuban-test --region ap-northeast-1 --lang ja")]
    Doctor(Doctor),
    /// Sign in with a browser, and print an access token of the API
    ///
    /// The token is good for 15 minutes, and nothing else is kept: not in a file, not in a keyring. Standard output holds
    /// the token alone.
    #[command(after_help = "\
Exit codes: 0 the token was printed, 2 nobody signed in.

  TOKEN=$(rokuban login --issuer https://cognito-idp.ap-northeast-1.amazonaws.com/POOL --client-id CLIENT)
  curl -H \"Authorization: Bearer $TOKEN\" \"$API/me\"")]
    Login(Login),
}

/// The arguments of `rokuban login`.
#[derive(Debug, Args)]
pub struct Login {
    /// Who to sign in at: the stack's output `Issuer`
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// The client to sign in by: the stack's output `ClientId`
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// What to ask for; another issuer may want more
    #[arg(long, default_value = "openid")]
    pub scopes: String,
    /// The port of this machine that the browser returns to; the client must know http://localhost:PORT/signed-in
    #[arg(long, default_value_t = 8399)]
    pub port: u16,
    /// Print the address to sign in at, and open no browser
    #[arg(long)]
    pub no_browser: bool,
}

/// Whose AWS account, and where.
#[derive(Debug, Args)]
pub struct Account {
    /// The profile of your AWS configuration
    #[arg(long)]
    pub profile: Option<String>,
    /// The AWS region
    #[arg(long)]
    pub region: Option<String>,
    /// Another endpoint than AWS's, such as the local cloud's
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// The arguments of `rokuban doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The stack's name
    #[arg(default_value = "rokuban")]
    pub stack: String,
    /// The account
    #[command(flatten)]
    pub account: Account,
    /// The language, ja or en [default: your system's]
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

impl Doctor {
    /// The language asked for, or the system's.
    pub fn language(&self) -> Language {
        chosen(self.lang)
    }
}

/// The language asked for, or the system's.
fn chosen(language: Option<Language>) -> Language {
    language.unwrap_or_else(|| system_language(|name| std::env::var(name).ok()))
}

/// The arguments of `rokuban check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The policy, such as infra/rulebook/policy.toml
    pub policy: PathBuf,
    /// The staff list, in UTF-8 or CP932 [default: staff.csv beside the policy]
    pub staff: Option<PathBuf>,
    /// The language, ja or en [default: your system's]
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
    /// Print the result as JSON, as `POST /rulebook/check` answers it
    #[arg(long)]
    pub json: bool,
}

impl Check {
    /// The language asked for, or the system's.
    pub fn language(&self) -> Language {
        chosen(self.lang)
    }
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "ja" => Ok(Language::Japanese),
        "en" => Ok(Language::English),
        _ => Err("a language is ja or en".to_owned()),
    }
}

/// The language of POSIX's variables: the first that is set decides.
pub(crate) fn system_language(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|text| !text.is_empty()));
    if set.is_some_and(|locale| locale.starts_with("ja")) { Language::Japanese } else { Language::English }
}

/// The arguments of `rokuban import`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Import {
    /// The folder; symbolic links in it are not followed
    pub dir: PathBuf,
    /// The recordings bucket: the stack's output `RecordingsBucket`
    #[arg(long, required_unless_present = "dry_run")]
    pub bucket: Option<String>,
    /// What every key begins with, such as `freepbx/`; without it the folders in DIR are the sources' prefixes
    #[arg(long, default_value = "", value_parser = prefix, hide_default_value = true)]
    pub prefix: String,
    /// The company's rulebook, policy.toml; without it the strict default counts, 30 days
    #[arg(long, value_name = "FILE")]
    pub rulebook: Option<PathBuf>,
    /// The rulebook's staff list [default: staff.csv beside the policy]
    #[arg(long, value_name = "FILE", requires = "rulebook")]
    pub staff: Option<PathBuf>,
    /// How many files are uploaded at once, 1 to 64
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Say what each name would give, and upload nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Upload also what is past its period: it will wait in quarantine
    #[arg(long)]
    pub accept_expired: bool,
    /// Upload also where no file is under a source's prefix: all of it will wait in quarantine
    #[arg(long)]
    pub accept_unmatched: bool,
    /// The table (the stack's output `Table`): ask it afterwards what became of the uploads
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// How long to wait for the uploads to be taken in, such as 90s, 10m, 2h; 0 looks once
    #[arg(long, default_value = "10m", value_parser = duration, requires = "table")]
    pub wait: Duration,
    /// Write every failure into this file, as CSV
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Where it is noted what was uploaded [default: one file an import, in your state directory]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Print the result as JSON; in a dry run one line for each name, then the totals
    #[arg(long)]
    pub json: bool,
    /// The account
    #[command(flatten)]
    pub account: Account,
}

/// A prefix ends with `/` and does not begin with one: S3 would read that as a folder without a name.
fn prefix(text: &str) -> Result<String, String> {
    if text.starts_with('/') || text.contains("//") {
        return Err("a prefix is folders with one / behind each, such as freepbx/".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("a prefix holds no control characters".to_owned());
    }
    let ends = text.is_empty() || text.ends_with('/');
    Ok(if ends { text.to_owned() } else { format!("{text}/") })
}

/// A week: no one waits longer, and sums of durations stay small.
const WAIT_LIMIT_SECONDS: u64 = 7 * 24 * 60 * 60;

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a whole number with s, m or h behind it, at most a week: 90s, 10m, 2h".to_owned();
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit_seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "" if number == 0 => 1,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(unit_seconds)
        .filter(|seconds| *seconds <= WAIT_LIMIT_SECONDS)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(words: &[&str]) -> Result<Import, clap::Error> {
        let words = ["rokuban", "import"].iter().chain(words);
        let Command::Import(import) = Arguments::try_parse_from(words)?.command else { panic!("no import") };
        Ok(*import)
    }

    #[test]
    fn a_prefix_ends_with_a_slash_whether_or_not_it_was_typed() {
        for (typed, prefix) in [("freepbx", "freepbx/"), ("freepbx/", "freepbx/"), ("a/b", "a/b/"), ("", "")] {
            assert_eq!(parsed(&["d", "--bucket", "b", "--prefix", typed]).unwrap().prefix, prefix);
        }
        for wrong in ["/", "/a", "a//b", "a\n"] {
            assert_eq!(parsed(&["d", "--bucket", "b", "--prefix", wrong]).unwrap_err().exit_code(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn a_time_has_a_unit() {
        for (typed, seconds) in [("90s", 90), ("10m", 600), ("2h", 7_200), ("0", 0), ("168h", 604_800)] {
            assert_eq!(duration(typed), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "10", "m", "1d", "-1s", "1.5h", "169h", "99999999999999999999s", "6000000000000000h", "１m"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_says_the_language() {
        let of = |set: &[(&str, &str)]| {
            system_language(|name| set.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
        };
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")]), Language::Japanese);
        assert_eq!(of(&[]), Language::English);
        let parsed = |lang: &str| Arguments::try_parse_from(["rokuban", "check", "p", "--lang", lang]);
        assert!(parsed("ja").is_ok() && parsed("fr").is_err());
    }

    #[test]
    fn only_a_dry_run_needs_no_bucket() {
        assert!(parsed(&["d", "--dry-run"]).is_ok());
        assert_eq!(parsed(&["d"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_is_done() {
        for words in [&["d", "--bucket", "b", "--jobs", "0"][..], &["d", "--bucket", "b", "--jobs", "65"]] {
            assert_eq!(parsed(words).unwrap_err().exit_code(), 2, "{words:?}");
        }
        assert_eq!(parsed(&["d", "--bucket", "b", "--wait", "1m"]).unwrap_err().exit_code(), 2);
        assert_eq!(parsed(&["d", "--bucket", "b", "--staff", "s.csv"]).unwrap_err().exit_code(), 2);
    }
}
