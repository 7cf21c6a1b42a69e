//! What AWS's own clock says: every answer of its services has a `Date`.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// The `Date` of the last answer; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct AwsDate(Arc<Mutex<Option<Timestamp>>>);

impl AwsDate {
    /// What it was, to the second; `None` before the first answer, and where an answer had none.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for AwsDate {
    fn name(&self) -> &'static str {
        "AwsDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A `Date` of HTTP, RFC 9110, is one of RFC 2822.
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
