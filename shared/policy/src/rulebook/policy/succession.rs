//! The policy's `[[handover]]` and `[[team]]`: who goes on with what.

use super::reader::{NAME_LIMIT_CHARACTERS, Reader, Section};
use crate::fault::Wrong;
use crate::rulebook::model::{DissolvedTeam, Handover, Located};
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
