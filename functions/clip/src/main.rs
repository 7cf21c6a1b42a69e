//! The `clip` function: wiring only.

use clip::{Config, Context, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use store::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = &Context::new(config, Connection::from_environment()?);
    run(service_fn(|event: LambdaEvent<_>| async move {
        Ok::<_, Error>(Box::pin(handle(context, event.payload, &event.context.request_id)).await)
    }))
    .await
}
