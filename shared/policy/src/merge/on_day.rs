//! The rulebook on the day of a call: who held which extension, which line is whose, what callers were told.

use jiff::civil::Date;

use crate::facts::{Direction, NoticeKind};
use crate::number::{self, Counterpart, PhoneNumber};
use crate::retention::ClassRevision;
use crate::rulebook::{Line, Post, Rulebook};

/// A class for calls that no rule matches. No rulebook has it, so what has it is kept: `check` lets no
/// rulebook pass that would need it.
const UNRULED_CLASS: &str = "unruled";

/// One side of a call, by the rulebook of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// Ours: an extension.
    Extension(String),
    /// Ours: a member's company mobile.
    Mobile(PhoneNumber),
    /// Ours: a line's number.
    Line(PhoneNumber),
    /// Ours, and nobody is named.
    Nobody,
    /// Not ours.
    Outside(Counterpart),
}

impl Party {
    pub(super) fn is_ours(&self) -> bool {
        !matches!(self, Self::Outside(_))
    }

    /// Whether a person of ours is at it, not only a line.
    pub(super) fn is_a_persons(&self) -> bool {
        matches!(self, Self::Extension(_) | Self::Mobile(_))
    }

    /// Whether it is a number of the outside world: one that an extension can't be.
    pub(super) fn is_outside_number(&self) -> bool {
        matches!(self, Self::Outside(Counterpart::Number(number)) if number.expose().starts_with('+'))
    }
}

/// Who took part in a call on our side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OurSide {
    /// The member who spoke, by id.
    pub staff: Option<String>,
    /// Their team on that day.
    pub team: Option<String>,
}

impl OurSide {
    pub(super) fn new(staff: Option<&str>, team: Option<&str>) -> Self {
        Self { staff: staff.map(str::to_owned), team: team.map(str::to_owned) }
    }
}

/// A rulebook and a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnDay<'a> {
    pub(super) rulebook: &'a Rulebook,
    pub(super) day: Date,
}

impl<'a> OnDay<'a> {
    /// The member's post by id: of several the one with the extension.
    pub(super) fn member(self, id: &str, extension: Option<&str>) -> Option<&'a Post> {
        extension
            .and_then(|extension| self.rulebook.post_by_extension(extension, self.day))
            .filter(|post| post.id == id)
            .or_else(|| self.rulebook.post_by_id(id, self.day))
    }

    /// The post of whoever a recorder names, by id, else by login.
    pub(super) fn named(self, text: &str) -> Option<&'a Post> {
        self.rulebook.post_by_id(text, self.day).or_else(|| self.rulebook.post_by_login(text, self.day))
    }

    /// Who held the extension.
    pub(super) fn holder_of_extension(self, extension: &str) -> Option<&'a Post> {
        self.rulebook.post_by_extension(extension, self.day)
    }

    /// Whose company mobile it was.
    pub(super) fn holder_of_mobile(self, number: &PhoneNumber) -> Option<&'a Post> {
        self.rulebook.post_by_number(number, self.day)
    }

    /// The line a queue is: by the queue's id or name, else by the name of the line itself.
    pub(super) fn line_of_queue(self, queue: &str) -> Option<&'a Line> {
        self.rulebook.line_by_queue(queue).or_else(|| self.rulebook.line_by_name(queue))
    }

    /// The line a number is.
    pub(super) fn line_of_number(self, number: &PhoneNumber) -> Option<&'a Line> {
        self.rulebook.line_by_number(number)
    }

    /// Whose a side of a call is.
    pub(super) fn party(self, text: &str) -> Party {
        if self.holder_of_extension(text).is_some() {
            return Party::Extension(text.to_owned());
        }
        match number::read(text, &self.rulebook.country) {
            Counterpart::Number(number) if self.holder_of_mobile(&number).is_some() => Party::Mobile(number),
            Counterpart::Number(number) if self.line_of_number(&number).is_some() => Party::Line(number),
            other => Party::Outside(other),
        }
    }

    /// The newest revision of the class of the first rule that matches.
    pub(super) fn class(self, team: Option<&str>, direction: Direction, line: Option<&str>) -> ClassRevision {
        let class = self
            .rulebook
            .retention
            .iter()
            .find(|rule| {
                rule.when.team.as_deref().is_none_or(|asked| team == Some(asked))
                    && rule.when.direction.is_none_or(|asked| direction == asked)
                    && rule.when.line.as_deref().is_none_or(|asked| line == Some(asked))
            })
            .map_or(UNRULED_CLASS, |rule| &rule.class);
        self.rulebook
            .revisions
            .current(class)
            .cloned()
            .or_else(|| ClassRevision::new(class, 1).ok())
            .unwrap_or_else(ClassRevision::quarantine)
    }

    /// Days the class keeps; a class no rulebook has keeps for ever.
    pub(super) fn keep_days(self, class: &ClassRevision) -> u32 {
        self.rulebook.revisions.keep_days(class).unwrap_or(u32::MAX)
    }

    /// Where the caller was told ([`Rulebook::notice_on`]). `none` where the rulebook places none, `unknown`
    /// where the line or the direction is not known.
    pub(super) fn notice(
        self,
        line: Option<&Line>,
        our_number: Option<&PhoneNumber>,
        direction: Direction,
    ) -> NoticeKind {
        match direction {
            Direction::Internal => NoticeKind::None,
            Direction::Unknown => NoticeKind::Unknown,
            Direction::Inbound | Direction::Outbound => {
                let name = line.map(|line| line.name.as_str());
                let otherwise =
                    if line.is_none() && our_number.is_none() { NoticeKind::Unknown } else { NoticeKind::None };
                let notice = self.rulebook.notice_on(name, our_number.is_some(), direction, self.day);
                notice.map_or(otherwise, |notice| notice.placed)
            }
        }
    }
}
