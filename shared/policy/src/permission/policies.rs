//! The policies: Cedar, built in, asked with entities.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    Request, RestrictedExpression,
};
use jiff::Timestamp;

use super::not_allowed::NotAllowed;
use super::subject::Subject;
use crate::case::{CaseKind, ListedCase};
use crate::recording::State;
use crate::rulebook::{Member, QUALITY, Role, Rulebook};

/// The built-in policies' text. Each has an `@id`.
pub const POLICIES: &str = include_str!("policies.cedar");

/// What they may speak of, as a Cedar schema. Only the proofs read it.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// Read when the first decision is asked for.
static BUILT_IN: LazyLock<Policies> = LazyLock::new(|| {
    // STRICT: policies that can't be read permit nothing. That ours can is a test's business.
    Policies::read(POLICIES).unwrap_or_else(|_| Policies { set: PolicySet::new(), words: None })
});

/// Policies that decisions can be asked of.
#[derive(Debug)]
pub struct Policies {
    set: PolicySet,
    /// `None` permits nothing.
    words: Option<Words>,
}

/// Policies that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the policies")]
pub struct NotPolicies(#[source] Unreadable);

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// The names of the schema's types.
#[derive(Debug)]
struct Words {
    role: EntityTypeName,
    team: EntityTypeName,
    member: EntityTypeName,
    recording: EntityUid,
    case: EntityUid,
    company: EntityUid,
    action: EntityTypeName,
}

/// What the policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Permit,
    /// No policy permits.
    Silence,
    /// A policy forbids, for a reason of its own.
    Forbid(NotAllowed),
}

impl Policies {
    /// Those in force.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads others, so that it can be proved what no policy can override. Each is known by its `@id`.
    ///
    /// # Errors
    /// They are not Cedar, or two have one id.
    pub fn read(text: &str) -> Result<Self, NotPolicies> {
        Self::of(text).map_err(NotPolicies)
    }

    fn of(text: &str) -> Result<Self, Unreadable> {
        let named = PolicySet::from_str(text)?.policies().map(named).collect::<Vec<_>>();
        let of_type = |name: &str| EntityTypeName::from_str(name).map_err(Unreadable::from);
        // Policies ask what a recording is, never which.
        let asked =
            |name: &str| of_type(name).map(|kind| EntityUid::from_type_name_and_id(kind, EntityId::new("asked")));
        Ok(Self {
            set: PolicySet::from_policies(named)?,
            words: Some(Words {
                role: of_type("Role")?,
                team: of_type("Team")?,
                member: of_type("Member")?,
                recording: asked("Recording")?,
                case: asked("Case")?,
                company: asked("Company")?,
                action: of_type("Action")?,
            }),
        })
    }

    /// A member and a recording, about which any action can be asked.
    pub(super) fn on_recording(
        &self,
        member: &Member,
        subject: Subject<'_>,
        use_: Option<&str>,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Asked<'_> {
        let asked = self.words.as_ref().and_then(|words| {
            let resource = words.recording(member, subject, rulebook, now)?;
            Question::new(words, words.asking(member)?, resource, words.switches(use_, rulebook)?)
        });
        Asked { policies: self, question: asked }
    }

    /// A member and a case.
    pub(super) fn on_case(&self, member: &Member, case: &ListedCase) -> Asked<'_> {
        let asked = self
            .words
            .as_ref()
            .and_then(|words| Question::new(words, words.asking(member)?, words.case(case)?, Context::empty()));
        Asked { policies: self, question: asked }
    }

    /// A member and what is the whole company's: its traces, and its cases to come.
    pub(super) fn on_company(&self, member: &Member) -> Asked<'_> {
        let asked = self.words.as_ref().and_then(|words| {
            Question::new(words, words.asking(member)?, Entity::with_uid(words.company.clone()), Context::empty())
        });
        Asked { policies: self, question: asked }
    }
}

/// Who asks about what; the entities are built once, whatever is asked.
#[derive(Debug)]
pub(super) struct Asked<'p> {
    policies: &'p Policies,
    /// `None` where it can't be put: not permitted, whatever it is.
    question: Option<Question<'p>>,
}

#[derive(Debug)]
struct Question<'p> {
    words: &'p Words,
    principal: EntityUid,
    resource: EntityUid,
    context: Context,
    entities: Entities,
}

impl<'p> Question<'p> {
    fn new(words: &'p Words, principal: Entity, resource: Entity, context: Context) -> Option<Self> {
        let (asking, about) = (principal.uid(), resource.uid());
        let entities = Entities::from_entities([principal, resource], None).ok()?;
        Some(Self { words, principal: asking, resource: about, context, entities })
    }

    fn request(&self, action: &str) -> Option<Request> {
        let action = EntityUid::from_type_name_and_id(self.words.action.clone(), EntityId::new(action));
        Request::new(self.principal.clone(), action, self.resource.clone(), self.context.clone(), None).ok()
    }
}

impl Asked<'_> {
    /// What the policies say of an action, by its word. STRICT: what can't be asked, and what a policy fails at,
    /// is not permitted: one that fails could be one that forbids.
    pub(super) fn verdict(&self, action: &str) -> Verdict {
        let Some((question, request)) = self.question.as_ref().and_then(|asked| Some((asked, asked.request(action)?)))
        else {
            return Verdict::Silence;
        };
        let response = Authorizer::new().is_authorized(&request, &self.policies.set, &question.entities);
        let diagnostics = response.diagnostics();
        if diagnostics.errors().next().is_some() {
            return Verdict::Silence;
        }
        match response.decision() {
            Decision::Allow => Verdict::Permit,
            // Policies are named here only where they forbid.
            Decision::Deny => diagnostics.reason().find_map(reason).map_or(Verdict::Silence, Verdict::Forbid),
        }
    }
}

/// A policy under the name that its `@id` gives it.
fn named(policy: &Policy) -> Policy {
    policy.annotation("id").map_or_else(|| policy.clone(), |id| policy.new_id(PolicyId::new(id)))
}

/// Why a policy forbids, where one who may view is to be told.
fn reason(policy: &PolicyId) -> Option<NotAllowed> {
    match policy.as_ref() {
        "past_the_age_limit_admins_hear_alone" => Some(NotAllowed::PastAgeLimit),
        "quality_is_for_its_audience" => Some(NotAllowed::NotInQualityAudience),
        _ => None,
    }
}

impl Words {
    fn team(&self, name: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.team.clone(), EntityId::new(name))
    }

    fn member(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.member.clone(), EntityId::new(id))
    }

    fn role(&self, role: Role) -> EntityUid {
        EntityUid::from_type_name_and_id(self.role.clone(), EntityId::new(role.as_str()))
    }

    /// Who asks.
    fn asking(&self, member: &Member) -> Option<Entity> {
        let manages = member.manages.iter().map(|team| self.team(team));
        let predecessors = member.predecessors.iter().map(|id| self.member(id));
        let deputy_for = member.deputy_for.iter().map(|team| self.team(team));
        let attributes =
            [("manages", set(manages)), ("deputy_for", set(deputy_for)), ("predecessors", set(predecessors))];
        let teams = member.teams.iter().chain(&member.manages).map(|team| self.team(team));
        Entity::new(self.member(&member.id), named_values(attributes), teams.chain([self.role(member.role)]).collect())
            .ok()
    }

    /// The recording, as far as policies look at it for this member.
    fn recording(&self, member: &Member, subject: Subject<'_>, rulebook: &Rulebook, now: Timestamp) -> Option<Entity> {
        let is_within_staff_days = member.role == Role::Staff
            && rulebook.staff_view_days > 0
            && !subject.is_older_than(rulebook.staff_view_days, rulebook, now);
        let is_past_age_limit = rulebook.age_limit_days.is_some_and(|days| subject.is_older_than(days, rulebook, now));
        let shared_with = subject.shared_with.iter().map(|id| self.member(id));
        let mut attributes = named_values([
            ("shared_with", set(shared_with)),
            ("is_deleted", RestrictedExpression::new_bool(subject.state == State::Deleted)),
            ("is_within_staff_days", RestrictedExpression::new_bool(is_within_staff_days)),
            ("is_past_age_limit", RestrictedExpression::new_bool(is_past_age_limit)),
        ]);
        if let Some(team) = subject.team {
            attributes.insert("team".to_owned(), RestrictedExpression::new_entity_uid(self.team(team)));
        }
        if let Some(staff) = subject.staff {
            attributes.insert("staff".to_owned(), RestrictedExpression::new_entity_uid(self.member(staff)));
        }
        Entity::new(self.recording.clone(), attributes, HashSet::new()).ok()
    }

    /// The case.
    fn case(&self, case: &ListedCase) -> Option<Entity> {
        let mut attributes = named_values([
            ("writer", RestrictedExpression::new_entity_uid(self.member(&case.writer))),
            ("is_investigation", RestrictedExpression::new_bool(case.kind == CaseKind::Investigation)),
        ]);
        if let Some(team) = &case.team {
            attributes.insert("team".to_owned(), RestrictedExpression::new_entity_uid(self.team(team)));
        }
        if let Some(owner) = &case.owner {
            attributes.insert("owner".to_owned(), RestrictedExpression::new_entity_uid(self.member(owner)));
        }
        Entity::new(self.case.clone(), attributes, HashSet::new()).ok()
    }

    /// The rulebook's switches.
    fn switches(&self, use_: Option<&str>, rulebook: &Rulebook) -> Option<Context> {
        let mut switches = vec![
            ("manager_download".to_owned(), RestrictedExpression::new_bool(rulebook.manager_download)),
            ("staff_hears_own_calls".to_owned(), RestrictedExpression::new_bool(rulebook.staff_hears_own_calls)),
        ];
        if let Some(quality) = rulebook.quality.as_ref().filter(|_| use_ == Some(QUALITY)) {
            let roles = set(quality.roles.iter().map(|role| self.role(*role)));
            let teams = set(quality.teams.iter().map(|team| self.team(team)));
            let audience = RestrictedExpression::new_record(named_values([("roles", roles), ("teams", teams)])).ok()?;
            switches.push(("quality_audience".to_owned(), audience));
        }
        Context::from_pairs(switches).ok()
    }
}

fn set(entities: impl Iterator<Item = EntityUid>) -> RestrictedExpression {
    RestrictedExpression::new_set(entities.map(RestrictedExpression::new_entity_uid))
}

fn named_values<const COUNT: usize>(
    values: [(&str, RestrictedExpression); COUNT],
) -> HashMap<String, RestrictedExpression> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
