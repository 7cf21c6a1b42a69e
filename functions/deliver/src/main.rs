//! The `deliver` function: wiring only.

use deliver::{Config, Context, Request, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use store::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = &Context::new(config, Connection::from_environment()?);
    run(service_fn(|event: LambdaEvent<Request>| async move {
        Ok::<_, Error>(Box::pin(handle(context, &event.payload)).await)
    }))
    .await
}
