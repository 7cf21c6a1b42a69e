//! `stack.json`: what a client of a local cloud needs to know, and the users who can sign in to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cargo;
use crate::cloud::Cloud;
use crate::failure::{Act, Failure};
use crate::local::local;
use crate::progress::Done;
use crate::samples::Samples;
use crate::tools::REGION;

/// Who publishes the sample rulebook: the parameter `AdminLogin` of the local environment.
pub(crate) const ADMIN: &str = "yamada";

/// What `stack.json` holds.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Stack {
    pub(crate) endpoint_url: String,
    pub(crate) region: String,
    pub(crate) api_url: String,
    /// Where people sign in with a browser.
    pub(crate) console_url: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) user_pool_id: String,
    pub(crate) recordings_bucket: String,
    pub(crate) table: String,
    pub(crate) functions: BTreeMap<String, String>,
    pub(crate) users: Vec<User>,
}

/// Who can sign in to the local cloud.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) password: String,
    pub(crate) role: String,
    pub(crate) teams: Vec<String>,
}

/// Creates a user for everyone on the staff list, and writes `stack.json`.
pub(crate) fn make_users(
    cloud: &Cloud,
    outputs: &Value,
    samples: &Samples,
    console: &str,
) -> Result<Done<()>, Failure> {
    let output = |name: &str| outputs[name].as_str().unwrap_or_default().to_owned();
    let user_pool_id = output("UserPoolId");
    let known = read_stack(cloud).ok().filter(|stack| stack.user_pool_id == user_pool_id);
    let mut users = Vec::new();
    let mut wanted = Vec::new();
    for member in samples.members()? {
        let remembered =
            known.as_ref().and_then(|stack| stack.users.iter().find(|user| user.login == member.login)).cloned();
        let new_password = remembered.is_none();
        let password = remembered.map_or_else(random_password, |user| Ok(user.password))?;
        wanted.push(json!({ "login": member.login, "password": password, "new_password": new_password }));
        users.push(User { id: member.id, login: member.login, password, role: member.role, teams: member.teams });
    }
    let endpoint_url = cloud.endpoint()?;
    let stack = Stack {
        region: REGION.to_owned(),
        // The emulator answers for an API under this path; on AWS it has a host of its own.
        api_url: format!("{endpoint_url}/_aws/execute-api/{}/$default/v1", output("ApiId")),
        console_url: console.to_owned(),
        endpoint_url,
        issuer: output("Issuer"),
        client_id: output("ClientId"),
        recordings_bucket: output("RecordingsBucket"),
        table: output("Table"),
        functions: cargo::functions()?.into_iter().map(|name| (name.clone(), output(&output_name(&name)))).collect(),
        users,
        user_pool_id,
    };
    let answer = local(cloud, "users", &json!({ "user_pool_id": stack.user_pool_id, "wanted": wanted }))?;
    let text = serde_json::to_string_pretty(&stack).act(|| "write stack.json".to_owned())?;
    fs::write(cloud.file("stack.json"), text).act(|| "write stack.json".to_owned())?;
    let note = match answer["created"].as_u64() {
        Some(0) | None => "unchanged".to_owned(),
        Some(created) => format!("{created} created"),
    };
    Ok(Done::new((), note))
}

/// 24 characters of 64, 144 bits, with one of each kind that the user pool asks for.
fn random_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = [0; 24];
    getrandom::fill(&mut random).act(|| "draw a random password".to_owned())?;
    let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)]));
    Ok(letters.chain("aA0".chars()).collect())
}

/// The template's output that names a function: `IngestFunction` for `ingest`.
fn output_name(function: &str) -> String {
    let mut letters = function.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain("Function".chars()).collect()
}

/// Reads `stack.json` of a cloud that was brought up.
///
/// # Errors
/// A [`Failure`] when there is none.
pub(crate) fn read_stack(cloud: &Cloud) -> Result<Stack, Failure> {
    let text = fs::read_to_string(cloud.file("stack.json"))
        .map_err(|_| Failure::new("there is no local cloud here yet").fix("`cargo xtask up` makes one."))?;
    serde_json::from_str(&text).act(|| "understand stack.json".to_owned())
}

/// Where `stack.json` of a cloud lies.
pub(crate) fn stack_file(cloud: &Cloud) -> PathBuf {
    cloud.file("stack.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_satisfies_the_user_pool() {
        let Ok(password) = random_password() else { panic!("no password") };
        assert!(password.len() >= 14);
        for kind in [char::is_uppercase as fn(char) -> bool, char::is_lowercase, |it| it.is_ascii_digit()] {
            assert!(password.contains(kind));
        }
    }

    #[test]
    fn an_output_names_its_function() {
        assert_eq!(output_name("ingest"), "IngestFunction");
    }
}
