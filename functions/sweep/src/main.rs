//! The `sweep` function: wiring only.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use store::Connection;
use sweep::{Config, Context, STOPS_BEFORE_TIMEOUT};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = &Context::new(config, Connection::from_environment()?);
    run(service_fn(|event: LambdaEvent<serde_json::Value>| async move {
        let deadline_milliseconds = i64::try_from(event.context.deadline)?;
        let stop_at = Timestamp::from_millisecond(deadline_milliseconds)? - STOPS_BEFORE_TIMEOUT;
        sweep::answer(context, &event.payload, &event.context.request_id, stop_at).await.map_err(Error::from)
    }))
    .await
}
