//! The policy's `[[handover]]`, `[[deputy]]` and `[[team]]`: who goes on with what.

use super::reader::{NAME_LIMIT_CHARACTERS, Reader, Section};
use crate::fault::Wrong;
use crate::rulebook::model::{Deputy, DissolvedTeam, Handover, Located};
use crate::rulebook::text::fold;

impl<'t> Reader {
    pub(super) fn handover(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Handover>> {
        for key in ["from", "to", "since"] {
            self.need_key(section, key);
        }
        let from = self.text(section, "from", NAME_LIMIT_CHARACTERS).map(|id| fold(&id));
        let to = self.text(section, "to", NAME_LIMIT_CHARACTERS).map(|id| fold(&id));
        let (since, until) = self.days(section, "since");
        if from.is_some() && from == to {
            self.fault(section.line, Wrong::HandoverToSelf { id: to.clone().unwrap_or_default() });
        }
        Some(Located { line: section.line, value: Handover { from: from?, to: to?, since: since?, until } })
    }

    pub(super) fn deputy(&mut self, section: &mut Section<'_, 't>) -> Option<Located<Deputy>> {
        for key in ["team", "member", "from", "until"] {
            self.need_key(section, key);
        }
        let team = self.text(section, "team", NAME_LIMIT_CHARACTERS).map(|name| fold(&name));
        let member = self.text(section, "member", NAME_LIMIT_CHARACTERS).map(|id| fold(&id));
        let (from, until) = self.days(section, "from");
        Some(Located { line: section.line, value: Deputy { team: team?, member: member?, from: from?, until: until? } })
    }

    pub(super) fn dissolved_team(&mut self, section: &mut Section<'_, 't>) -> Option<Located<DissolvedTeam>> {
        for key in ["name", "dissolved"] {
            self.need_key(section, key);
        }
        if section.lacks("successor") {
            self.fault(section.line, Wrong::SuccessorMissing);
        }
        let name = self.text(section, "name", NAME_LIMIT_CHARACTERS).map(|name| fold(&name));
        let dissolved = self.day(section, "dissolved");
        let successor = self.text(section, "successor", NAME_LIMIT_CHARACTERS).map(|name| fold(&name));
        Some(Located {
            line: section.line,
            value: DissolvedTeam { name: name?, dissolved: dissolved?, successor: successor? },
        })
    }
}
