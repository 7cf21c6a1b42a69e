//! `rokuban doctor`: what is wrong with a deployed stack, where, and how to fix it. It changes nothing.
//!
//! Three steps: [`store::inspection`] reads what AWS says, [`examine`] finds what differs from what the template sets or from
//! what lets it work, [`words`] tells it.

mod both;
mod drift;
mod examine;
mod finding;
#[cfg(test)]
mod tests;
mod words;

use std::io::Write;

use policy::Language;
use serde_json::{Value, json};
use store::inspection::{Inspection, StackDescription};
use store::{Connection, ErrorKind};

use crate::args::Doctor;
use crate::failure::Failure;
use crate::import::Ending;
use examine::examine;
use finding::Finding;
use words::{Advice, advise};

/// Reads a stack, and writes what is wrong with it.
///
/// # Errors
/// The stack can't be read at all, or the result can't be written.
pub async fn doctor(arguments: &Doctor, connection: &Connection, out: &mut dyn Write) -> Result<Ending, Failure> {
    let inspection = Inspection::of(connection, &arguments.stack).await.map_err(|error| {
        let fix = match error.kind {
            ErrorKind::Missing => "There is no such stack: name it, and its Region with --region.",
            ErrorKind::Refused => "Use credentials that may read the stack, such as those that deploy it.",
            _ if error.code.as_deref().is_some_and(is_of_the_clock) => {
                "Set this machine's clock: AWS takes no request that is off by more than five minutes."
            }
            _ => "Check the line, the Region and the credentials, then run it again.",
        };
        Failure::new(format!("the stack {} can't be read", arguments.stack), fix).because(error)
    })?;
    let language = arguments.language();
    let findings = examine(&inspection);
    let text = if arguments.json {
        format!("{}\n", as_json(&findings, &inspection.stack, language))
    } else {
        as_text(&findings, &inspection.stack, language)
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::unwritten)?;
    Ok(if findings.is_empty() { Ending::Well } else { Ending::NotAll })
}

/// What AWS refuses a request with whose time is not now.
fn is_of_the_clock(code: &str) -> bool {
    matches!(code, "RequestExpired" | "RequestTimeTooSkewed")
}

fn as_json(findings: &[Finding], stack: &StackDescription, language: Language) -> Value {
    let finding = |finding: &Finding| {
        let Advice { what, place, fix } = advise(finding, stack, language);
        json!({"code": finding.code(), "what": what, "where": place, "fix": fix})
    };
    json!({
        "stack": stack.name,
        "region": stack.region,
        "account": stack.account,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn as_text(findings: &[Finding], stack: &StackDescription, language: Language) -> String {
    let (name, region, account) = (&stack.name, &stack.region, &stack.account);
    let mut text = match language {
        Language::English => format!("Stack {name} in {region}, account {account}\n"),
        Language::Japanese => format!("スタック {name}(リージョン {region}、アカウント {account})\n"),
    };
    for (place, finding) in findings.iter().enumerate() {
        let advice = advise(finding, stack, language);
        let (at, fix) = (language.choose("where", "場所"), language.choose("fix  ", "対処"));
        text.push_str(&format!("\n{:>3}. {}\n     {at} {}\n", place + 1, advice.what, advice.place));
        text.push_str(&format!("     {fix} {}\n", advice.fix));
    }
    let count = findings.len();
    text.push('\n');
    text.push_str(&match (language, count) {
        (Language::English, 0) => "Nothing is wrong.\n".to_owned(),
        (Language::English, 1) => "1 thing is wrong.\n".to_owned(),
        (Language::English, _) => format!("{count} things are wrong.\n"),
        (Language::Japanese, 0) => "問題はありません。\n".to_owned(),
        (Language::Japanese, _) => format!("問題が {count} 件あります。\n"),
    });
    text
}
