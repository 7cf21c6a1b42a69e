//! The `console` function: wiring only.

use std::sync::Arc;

use console::{Config, Context, Request, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use store::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = Arc::new(Context::new(config, Connection::from_environment()?));
    run(service_fn(move |event: LambdaEvent<Request>| {
        let context = Arc::clone(&context);
        async move { Ok::<_, Error>(handle(&context, &event.payload).await) }
    }))
    .await
}
