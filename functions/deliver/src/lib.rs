//! `deliver`: the page of a release's recipient, who is nobody here. A token opens one package until it ends or is
//! withdrawn.
//!
//! STRICT: a token that was never made, that has ended, and that was withdrawn get one answer after the same calls. Reading
//! the page opens nothing, so that a mail scanner or a preview opens nothing: only the button does.

mod answer;
mod config;
mod context;
mod lookup;
mod open;
mod page;
mod request;
mod style;

pub use answer::Answer;
pub use config::Config;
pub use context::Context;
pub use request::Request;

use context::DeliverError;
use lookup::find;
use request::Method;

/// Answers one request.
pub async fn handle(context: &Context, request: &Request) -> Answer {
    // On the heap: the futures of a whole handler are large.
    match Box::pin(answer(context, request)).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "a release could not be shown or opened");
            page::failed(&context.policies)
        }
    }
}

async fn answer(context: &Context, request: &Request) -> Result<Answer, DeliverError> {
    let Some(found) = find(context, request.token()).await? else {
        return Ok(page::absent(&context.policies));
    };
    match request.method() {
        Method::Read => Ok(page::offer(&context.policies, &found)),
        Method::Post => Ok(match Box::pin(open::open(context, request, found)).await? {
            Some(url) => Answer::see_other(&context.policies, &url),
            None => page::absent(&context.policies),
        }),
        Method::Other => Ok(page::absent(&context.policies)),
    }
}
