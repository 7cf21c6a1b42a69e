//! The `cases` function: wiring only.

use std::sync::Arc;

use cases::{Config, Context, router};
use lambda_http::{Error, run};
use rokuban_http::gateway::service;
use store::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let context = Context::new(config, Connection::from_environment()?);
    run(service(router(Arc::new(context)))).await
}
