//! The users of a Cognito user pool: five operations of its JSON protocol. The SDK's crate for Cognito has more than a
//! hundred operations, each with its types; of these five, three answer nothing that is read.

use std::fmt;

use policy::logins::User;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connect::Connection;
use crate::error::StoreError;
use crate::service::{Service, ServiceRequest};

/// The prefix of every operation's name, in a header.
const TARGET: &str = "AWSCognitoIdentityProviderService";

/// 60 users: what one `ListUsers` answers at most.
const PAGE: u8 = 60;

/// The users of one pool.
#[derive(Clone, Debug)]
pub struct Logins {
    service: Service,
    pool: String,
}

/// The password of a new user's first sign-in. Only the invitation carries it.
pub struct TemporaryPassword(pub String);

impl fmt::Debug for TemporaryPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TemporaryPassword")
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Users")]
    users: Vec<Listed>,
    #[serde(rename = "PaginationToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Username")]
    login: String,
    #[serde(rename = "Enabled")]
    is_enabled: bool,
}

impl Logins {
    /// The users of a pool; no call is made.
    pub fn new(connection: &Connection, pool: impl Into<String>) -> Self {
        Self { service: Service::new(&connection.config, "cognito-idp"), pool: pool.into() }
    }

    /// Every user there is.
    pub async fn all(&self) -> Result<Vec<User>, StoreError> {
        const ACT: &str = "list the users of the pool";
        let mut users = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut body = json!({"Limit": PAGE, "AttributesToGet": []});
            if let Some(next) = next {
                body["PaginationToken"] = json!(next);
            }
            let answer = self.ask(ACT, "ListUsers", body).await?;
            let page: Page = serde_json::from_value(answer).map_err(|error| StoreError::garbled(ACT, error))?;
            users.extend(page.users.into_iter().map(|user| User { login: user.login, is_enabled: user.is_enabled }));
            next = page.next;
            if next.is_none() {
                return Ok(users);
            }
        }
    }

    /// Makes a user; the invitation goes to the login where that is an address, and else nowhere. One who is
    /// there already stays as is.
    pub async fn create(&self, login: &str, password: &TemporaryPassword, is_address: bool) -> Result<(), StoreError> {
        let mut body = json!({"Username": login, "TemporaryPassword": password.0});
        if is_address {
            body["UserAttributes"] =
                json!([{"Name": "email", "Value": login}, {"Name": "email_verified", "Value": "true"}]);
            body["DesiredDeliveryMediums"] = json!(["EMAIL"]);
        } else {
            body["MessageAction"] = json!("SUPPRESS");
        }
        let answer = self.ask("make a user of the pool", "AdminCreateUser", body).await;
        // TWICE IS ONCE: made before, by us or by somebody else.
        unless("UsernameExistsException", answer)
    }

    /// Lets a user sign in again.
    pub async fn enable(&self, login: &str) -> Result<(), StoreError> {
        let answer = self.ask("enable a user of the pool", "AdminEnableUser", json!({"Username": login})).await;
        unless(NO_SUCH_USER, answer)
    }

    /// Ends every session of a user, and lets nobody sign in as that one. In this order: who is disabled has
    /// been signed out, however often this was begun.
    pub async fn disable(&self, login: &str) -> Result<(), StoreError> {
        let named = || json!({"Username": login});
        let answer = self.ask("sign a user of the pool out", "AdminUserGlobalSignOut", named()).await;
        unless(NO_SUCH_USER, answer)?;
        let answer = self.ask("disable a user of the pool", "AdminDisableUser", named()).await;
        unless(NO_SUCH_USER, answer)
    }

    async fn ask(&self, act: &'static str, name: &'static str, mut body: Value) -> Result<Value, StoreError> {
        body["UserPoolId"] = json!(self.pool);
        self.service.ask(act, ServiceRequest::json(TARGET, name, &body)).await
    }
}

/// Somebody deleted the user meanwhile: nobody signs in as that one.
const NO_SUCH_USER: &str = "UserNotFoundException";

/// What was to be done, unless it was refused for a reason that says it is done.
fn unless(done: &str, answer: Result<Value, StoreError>) -> Result<(), StoreError> {
    match answer {
        Err(error) if error.code.as_deref() != Some(done) => Err(error),
        _ => Ok(()),
    }
}
