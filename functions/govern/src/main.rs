//! The `govern` function: wiring only.

use std::sync::Arc;

use govern::{Config, Context, RestoreCommand, answer_restore, router};
use lambda_http::lambda_runtime::{LambdaEvent, run, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, Service};
use rokuban_http::gateway::service;
use serde_json::value::RawValue;
use store::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = Arc::new(Context::new(config, Connection::from_environment()?));
    let routes = Adapter::from(service(router(Arc::clone(&context))));
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let (context, mut routes) = (Arc::clone(&context), routes.clone());
        async move {
            let LambdaEvent { payload, context: lambda } = event;
            // An operator's command; the gateway's requests have other members.
            if let Ok(command) = serde_json::from_str::<RestoreCommand>(payload.get()) {
                return Ok::<_, Error>(serde_json::to_value(answer_restore(&context, command).await?)?);
            }
            let request: LambdaRequest = serde_json::from_str(payload.get())?;
            Ok(serde_json::to_value(routes.call(LambdaEvent::new(request, lambda)).await?)?)
        }
    }))
    .await
}
