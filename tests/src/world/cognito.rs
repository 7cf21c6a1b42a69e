//! Cognito: pools of users, who are listed by pages, made, enabled, disabled and signed out.

use std::{collections::BTreeMap, sync::Mutex};

use http::StatusCode;
use serde_json::{Value, json};

use super::{call::Reply, dynamo::list, kind::FaultKind};

/// What one `ListUsers` answers at most.
const PAGE: usize = 60;
/// What a user's name may have, in characters.
const NAME_LIMIT: usize = 128;

/// A user of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolUser {
    /// The name.
    pub name: String,
    /// Whether the user can sign in.
    pub is_enabled: bool,
    /// Where an invitation was sent to.
    pub invited: Option<String>,
    /// How often every session was ended.
    pub signed_out: usize,
}

impl PoolUser {
    /// One who can sign in.
    pub fn enabled(name: &str) -> Self {
        Self { name: name.to_owned(), is_enabled: true, invited: None, signed_out: 0 }
    }
}

type Pool = BTreeMap<String, PoolUser>;

#[derive(Default)]
pub(crate) struct Pools {
    pools: Mutex<BTreeMap<String, Pool>>,
    /// How many invitations can still be mailed today; `None`: any number.
    mails_left: Mutex<Option<usize>>,
}

impl Pools {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Pool>> {
        self.pools.lock().expect("nothing panics while holding it")
    }

    pub(crate) fn create(&self, id: &str) {
        self.lock().entry(id.to_owned()).or_default();
    }

    pub(crate) fn users(&self, id: &str) -> Vec<PoolUser> {
        self.lock().get(id).expect("the pool was created").values().cloned().collect()
    }

    pub(crate) fn put(&self, id: &str, user: PoolUser) {
        self.lock().get_mut(id).expect("the pool was created").insert(user.name.clone(), user);
    }

    pub(crate) fn limit_mails(&self, mails: usize) {
        *self.mails_left.lock().expect("nothing panics while holding it") = Some(mails);
    }

    /// Takes one of the mails that are left; false where there is none.
    fn take_mail(&self) -> bool {
        let mut left = self.mails_left.lock().expect("nothing panics while holding it");
        let is_left = *left != Some(0);
        *left = left.map(|mails| mails.saturating_sub(1));
        is_left
    }

    pub(crate) fn id_of(body: &Value) -> String {
        body["UserPoolId"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn apply(&self, operation: &str, body: &Value, fault: Option<FaultKind>) -> Reply {
        let mut pools = self.lock();
        let Some(pool) = pools.get_mut(&Self::id_of(body)) else {
            return refuse("ResourceNotFoundException", "no such pool");
        };
        let name = body["Username"].as_str().unwrap_or_default();
        match operation {
            "ListUsers" => page(pool, body, fault),
            "AdminCreateUser" => create(pool, name, body, || self.take_mail()),
            "AdminEnableUser" | "AdminDisableUser" | "AdminUserGlobalSignOut" => {
                let Some(user) = pool.get_mut(name) else {
                    return refuse("UserNotFoundException", "User does not exist.");
                };
                match operation {
                    "AdminEnableUser" => user.is_enabled = true,
                    "AdminDisableUser" => user.is_enabled = false,
                    _ => user.signed_out += 1,
                }
                Reply::json(&json!({}))
            }
            _ => refuse("UnknownOperationException", "the world has no such operation"),
        }
    }
}

/// The next token is the name that came last.
fn page(pool: &Pool, body: &Value, fault: Option<FaultKind>) -> Reply {
    let limit = match (fault, body["Limit"].as_u64()) {
        (Some(FaultKind::ShortPage), _) => 1,
        (_, None) => PAGE,
        (_, Some(limit)) if (1..=60).contains(&limit) => usize::try_from(limit).expect("at most 60"),
        _ => return refuse("InvalidParameterException", "Limit is 0 to 60"),
    };
    let after = body["PaginationToken"].as_str();
    let mut rest = pool.values().filter(|user| after.is_none_or(|after| user.name.as_str() > after));
    let users: Vec<&PoolUser> = rest.by_ref().take(limit).collect();
    let shown: Vec<Value> =
        users.iter().map(|user| json!({"Username": user.name, "Enabled": user.is_enabled, "Attributes": []})).collect();
    let mut answer = json!({"Users": shown});
    if rest.next().is_some()
        && let Some(last) = users.last()
    {
        answer["PaginationToken"] = json!(last.name);
    }
    Reply::json(&answer)
}

fn create(pool: &mut Pool, name: &str, body: &Value, take_mail: impl Fn() -> bool) -> Reply {
    if name.is_empty() || name.chars().count() > NAME_LIMIT || name.chars().any(char::is_whitespace) {
        return refuse("InvalidParameterException", "Username does not satisfy its pattern");
    }
    if pool.contains_key(name) {
        return refuse("UsernameExistsException", "User account already exists.");
    }
    let password = body["TemporaryPassword"].as_str().unwrap_or_default();
    let has = |kind: fn(&char) -> bool| password.chars().any(|letter| kind(&letter));
    if password.len() < 14
        || !has(char::is_ascii_uppercase)
        || !has(char::is_ascii_lowercase)
        || !has(char::is_ascii_digit)
    {
        return refuse("InvalidPasswordException", "Password did not conform with policy");
    }
    let attribute = |wanted: &str| {
        let found = list(&body["UserAttributes"]).iter().find(|attribute| attribute["Name"] == wanted);
        found.and_then(|attribute| attribute["Value"].as_str()).map(str::to_owned)
    };
    // Without `SUPPRESS` an invitation goes out, by SMS unless it is said how.
    let by_mail = list(&body["DesiredDeliveryMediums"]).iter().any(|medium| medium == "EMAIL");
    let invited = match (body["MessageAction"].as_str(), by_mail, attribute("email")) {
        (Some("SUPPRESS"), _, _) => None,
        (None, true, Some(address)) => Some(address),
        _ => return refuse("InvalidParameterException", "the user has nowhere to be invited"),
    };
    if invited.is_some() && !take_mail() {
        return refuse("LimitExceededException", "Exceeded daily email limit for the operation or the account.");
    }
    let user = PoolUser { name: name.to_owned(), is_enabled: true, invited, signed_out: 0 };
    let answer = json!({"User": {"Username": name, "Enabled": true, "UserStatus": "FORCE_CHANGE_PASSWORD"}});
    pool.insert(name.to_owned(), user);
    Reply::json(&answer)
}

fn refuse(code: &str, message: &str) -> Reply {
    Reply::json_error(StatusCode::BAD_REQUEST, code, message)
}
