//! The table's client and name.

use crate::connect::Connection;

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) connection: Connection,
    pub(super) client: aws_sdk_dynamodb::Client,
    pub(super) name: String,
}

impl Table {
    /// The table of a name.
    pub fn new(connection: &Connection, name: impl Into<String>) -> Self {
        Self {
            client: aws_sdk_dynamodb::Client::new(&connection.config),
            connection: connection.clone(),
            name: name.into(),
        }
    }
}
