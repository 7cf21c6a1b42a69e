//! Invocations: a function that ends by time starts its next run.

use serde_json::Value;

use crate::connect::Connection;
use crate::error::StoreError;
use crate::service::{Service, ServiceRequest, percent_encoded};

/// A function of Lambda that is started without waiting for its end.
#[derive(Clone, Debug)]
pub struct Invocation {
    service: Service,
    name: String,
}

impl Invocation {
    /// Of the function of this name; no call is made.
    pub fn new(connection: &Connection, name: impl Into<String>) -> Self {
        Self { service: Service::new(&connection.config, "lambda"), name: name.into() }
    }

    /// Starts it with an event.
    pub async fn start(&self, event: &Value) -> Result<(), StoreError> {
        let path = format!("/2015-03-31/functions/{}/invocations", percent_encoded(&self.name));
        self.service.ask("start the next run", ServiceRequest::start(path, event)).await?;
        Ok(())
    }
}
