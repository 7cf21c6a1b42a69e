//! The names of a search: ids are put in their place before anything is read.

use policy::names::{NameKind, Names};
use policy::rulebook::Role;
use rokuban_http::caller::MemberCaller;
use rokuban_http::problem::Problem;

use super::filters::Filters;

/// Puts ids in the place of what was typed. What an admin typed and no list has is sought as it is, since older lists
/// may have had it; `Some` is then what to answer where nothing is found.
///
/// # Errors
/// A name is on no list, or not one that the caller may know.
pub(super) fn resolve(filters: &mut Filters, caller: &MemberCaller) -> Result<Option<Problem>, Problem> {
    let names = Names::new(&caller.member, &caller.rulebook);
    let mut unlisted = None;
    let has_several = filters.staff.len() > 1;
    let mut ids_of = |parameter, kind, text: &String| {
        let ids = names.find(kind, text);
        if !ids.is_empty() {
            return Ok(ids);
        }
        let problem = Problem::unknown_name(parameter, &names.candidates(kind, text));
        // Beside others' recordings nobody would see that of one member there are none.
        let is_one_of_several = kind == NameKind::Staff && has_several;
        if caller.member.role != Role::Admin || is_one_of_several {
            return Err(problem);
        }
        unlisted.get_or_insert(problem);
        Ok(vec![text.clone()])
    };
    let mut staff = Vec::new();
    for text in &filters.staff {
        staff.extend(ids_of("staff", NameKind::Staff, text)?);
    }
    staff.sort_unstable();
    staff.dedup();
    filters.staff = staff;
    for (parameter, kind, typed) in [
        ("team", NameKind::Team, &mut filters.team),
        ("line", NameKind::Line, &mut filters.line),
        ("extension", NameKind::Extension, &mut filters.extension),
    ] {
        if let Some(text) = typed {
            // No two teams, lines or extensions differ by width or case alone.
            *typed = ids_of(parameter, kind, text)?.into_iter().next();
        }
    }
    Ok(unlisted)
}
