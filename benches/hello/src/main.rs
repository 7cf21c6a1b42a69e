//! The smallest function there is, built like the others: it answers `{}` to any event. What a real function costs beyond
//! this one is what its own code costs.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_event: LambdaEvent<Value>| Ok::<_, Error>(json!({})))).await
}
