//! A visitor: who sends no token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use policy::Language;
use store::AuditOrigin;

use crate::caller::{MemberCaller, read_origin};
use crate::context::Context;
use crate::problem::{self, Problem};
use crate::request_id::RequestId;

/// Who sends no token: a secret in the address says whom the request stands for.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// When the request came.
    pub now: Timestamp,
    origin: AuditOrigin,
    request_id: String,
}

impl<C: AsRef<Context> + Send + Sync> FromRequestParts<Arc<C>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<C>) -> Result<Self, Problem> {
        let context: &Context = (**context).as_ref();
        let request_id = parts.extensions.get().filter(|RequestId(id)| !id.is_empty());
        let RequestId(request_id) = request_id.cloned().ok_or_else(|| Problem::of(&problem::FAILED))?;
        Ok(Self { now: context.connection.now(), origin: read_origin(parts), request_id })
    }
}

impl Visitor {
    /// The member that the request stands for, under the rulebook in force; `None` once they have left.
    ///
    /// # Errors
    /// The rulebook can't be read.
    pub async fn stand_for(
        self,
        context: &Context,
        staff: &str,
        language: Language,
    ) -> Result<Option<MemberCaller>, Problem> {
        let rulebook = context.rulebook_in_force(self.now).await?;
        let today = rulebook.day_of(self.now);
        let login = rulebook.post_by_id(staff, today).map_or(staff, |post| &post.login);
        let member = rulebook.member(login, today).filter(|member| member.id == staff);
        let Self { now, origin, request_id } = self;
        Ok(member.map(|member| MemberCaller { member, rulebook, now, language, origin, request_id }))
    }
}
