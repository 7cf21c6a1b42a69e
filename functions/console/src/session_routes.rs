//! What a page asks of its session: whether it stands, that its member of staff is active, and its end.

use serde_json::json;

use crate::context::Context;
use crate::cookies;
use crate::gateway::{Answer, Request};
use crate::problems::Problem;
use crate::sessions::{self, Activity, Current};

/// `GET /session`: whether it stands. Asking is no activity.
pub(crate) async fn show(context: &Context, request: &Request) -> Result<Answer, Problem> {
    match sessions::find(context, request, Activity::IsNone).await {
        Ok(current) => Ok(shown(context, &current)),
        Err(Problem::SignedOut) => {
            Ok(Answer::of(200).json(&json!({"signed_in": false})).cookie(cookies::clear_session()))
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /session/active`: a recording plays, or a person presses "stay signed in".
pub(crate) async fn keep(context: &Context, request: &Request) -> Result<Answer, Problem> {
    let current = sessions::find(context, request, Activity::Counts).await?;
    Ok(shown(context, &current))
}

/// `POST /session/logout`: ends the session here, and says where it ends at the provider. Without that the next person
/// at this browser is let in.
pub(crate) async fn end(context: &Context, request: &Request) -> Result<Answer, Problem> {
    let tokens = match sessions::find(context, request, Activity::IsNone).await {
        Ok(current) => sessions::end(context, &current).await?,
        Err(Problem::SignedOut) => None,
        Err(problem) => return Err(problem),
    };
    let page = "/signed-out";
    let to = match context.provider().await {
        Ok(client) => {
            if let Some(refresh) = tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref())
                && let Err(error) = client.revoke(refresh).await
            {
                tracing::warn!(%error, "a refresh token was not revoked");
            }
            let id_token = tokens.as_ref().and_then(|tokens| tokens.id.as_ref());
            let to = client.sign_out_url(&format!("{}{page}", context.config.origin), id_token);
            to.unwrap_or_else(|| page.to_owned())
        }
        Err(error) => {
            tracing::warn!(%error, "nobody is signed out at the provider");
            page.to_owned()
        }
    };
    Ok(Answer::of(200).json(&json!({"to": to})).cookie(cookies::clear_session()))
}

fn shown(context: &Context, current: &Current) -> Answer {
    let body = json!({
        "signed_in": true,
        "idle_ends_at": current.idle_ends_at(context.config.idle),
        "ends_at": current.ends_at(),
    });
    Answer::of(200).json(&body)
}
