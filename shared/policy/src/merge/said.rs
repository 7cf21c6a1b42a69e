//! What one fragment says, understood against the rulebook of the day.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use unicode_normalization::UnicodeNormalization;

use super::given::{Aside, Given};
use super::on_day::{OnDay, Party};
use crate::calllog::{self, Moment};
use crate::facts::{Direction, NoticeKind};
use crate::number::{self, Absent, Counterpart, PhoneNumber};
use crate::source::NameFacts;

/// Who says it: the kinds of fragments, in the order of their rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Witness {
    Correction,
    Name,
    Metadata,
    Sidecar,
    Log,
}

impl Witness {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::Name => "name",
            Self::Metadata => "metadata",
            Self::Sidecar => "sidecar",
            Self::Log => "log",
        }
    }
}

/// When a call began, and how exactly that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) at: Timestamp,
    /// 60, 1, or 0 where fractions of a second are given.
    pub(super) precision_seconds: i64,
}

impl Start {
    /// RFC 3339 with an offset, RFC 2822 (`Fri, 20 Nov 2026 01:10:07 +0000`), or seconds or milliseconds since 1970;
    /// nothing less is a moment.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(Moment { at, precision_seconds, .. }) = calllog::epoch(text) {
            return Some(Self { at, precision_seconds });
        }
        let Ok(at) = text.parse::<Timestamp>() else {
            let at = rfc2822::parse(text).ok()?.timestamp();
            let has_seconds = text.matches(':').count() == 2;
            return Some(Self { at, precision_seconds: if has_seconds { 1 } else { 60 } });
        };
        let precision_seconds = i64::from(at.subsec_nanosecond() == 0);
        Some(Self { at, precision_seconds })
    }

    /// Whether `other` says the same moment, only more exactly.
    pub(super) fn is_refined_by(self, other: Self) -> bool {
        let apart = other.at.as_nanosecond() - self.at.as_nanosecond();
        other.precision_seconds < self.precision_seconds
            && (0..i128::from(self.precision_seconds) * 1_000_000_000).contains(&apart)
    }
}

/// Every fact one fragment can give, but the start; `None` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) call_id: Option<String>,
    pub(super) linked_id: Option<String>,
    pub(super) kind: Option<String>,
    /// Never `Unknown`: that is to say nothing.
    pub(super) direction: Option<Direction>,
    /// Never absent and unknown: that is to say nothing. Internal exactly where the direction is.
    pub(super) counterpart: Option<Counterpart>,
    pub(super) our_number: Option<PhoneNumber>,
    pub(super) extension: Option<String>,
    pub(super) queue: Option<String>,
    /// The id of a member who holds a post that day.
    pub(super) staff: Option<String>,
    pub(super) notice: Option<NoticeKind>,
    /// Whether the caller objected to being recorded.
    pub(super) objection: Option<bool>,
}

/// The two sides of a call, raw, and what else is said of them.
#[derive(Clone, Copy, Debug)]
struct Sides<'s> {
    /// What a recorder calls the direction.
    direction: Option<Direction>,
    caller: Option<&'s str>,
    called: Option<&'s str>,
    queue: Option<&'s str>,
    /// Our extension, on whichever side.
    extension: Option<&'s str>,
}

const INTERNAL: Counterpart = Counterpart::Absent(Absent::Internal);

/// Whether a counterpart is one: that nobody knows, or a word for `internal` where an outside party is
/// meant, says nothing.
fn says_something(counterpart: &Counterpart) -> bool {
    !matches!(counterpart, Counterpart::Absent(Absent::Unknown | Absent::Internal))
}

impl Said {
    /// Understands a name.
    pub(super) fn by_name(name: &NameFacts, on_day: OnDay<'_>) -> Self {
        let sides = Sides {
            direction: name.direction,
            caller: name.caller.as_deref(),
            called: name.called.as_deref(),
            queue: name.queue.as_deref(),
            extension: name.extension.as_deref(),
        };
        Self { call_id: name.call_id.clone(), kind: name.kind.clone(), ..Self::by_sides(sides, on_day) }
    }

    /// Understands the two sides of a call: the one that is a member's extension or company mobile is the
    /// agent, a line's number is ours; both ours: internal, dialled by the calling side; neither: what the
    /// recorder states, else unknown.
    ///
    /// Where the direction says whose side one is, an extension nobody holds that day is still ours, and so
    /// is a side that is not named: a call is not outbound the less because the staff list is late.
    fn by_sides(sides: Sides<'_>, on_day: OnDay<'_>) -> Self {
        let mut said = Self { queue: sides.queue.map(str::to_owned), ..Self::default() };
        if let Some(own) = sides.extension {
            said.with_own_extension(own, sides, on_day);
            return said;
        }
        let ours_dialled = matches!(sides.direction, Some(Direction::Outbound | Direction::Internal));
        let ours_was_reached = matches!(sides.direction, Some(Direction::Inbound | Direction::Internal));
        let party = |text: Option<&str>, should_be_ours: bool| match text {
            None if should_be_ours => Party::Nobody,
            Some(text) if should_be_ours && looks_like_an_extension(text) => Party::Extension(text.to_owned()),
            text => on_day.party(text.unwrap_or_default()),
        };
        let dialler = party(sides.caller, ours_dialled);
        if sides.queue.is_some() {
            // A queue or ring group is ours and nobody: a call from one of us to it is internal.
            if dialler.is_ours() {
                said.between_us(dialler, None);
            } else {
                // Who is not ours and reached a queue called in; of nobody at all nothing is said.
                let is_somebody = matches!(&dialler, Party::Outside(counterpart) if says_something(counterpart));
                let inbound = is_somebody.then_some(Direction::Inbound);
                said.with_outside(sides.direction.or(inbound), None, &dialler);
            }
            return said;
        }
        let reached = party(sides.called, ours_was_reached);
        // A feature code (`*97`) or a name is no party outside: what the kind calls internal stays so.
        let is_internal = sides.direction == Some(Direction::Internal)
            && (dialler.is_ours() || reached.is_ours())
            && !dialler.is_outside_number()
            && !reached.is_outside_number();
        match (dialler.is_ours(), reached.is_ours()) {
            (true, true) => said.between_us(dialler, Some(reached)),
            (true, false) if is_internal => said.between_us(dialler, None),
            (false, true) if is_internal => said.between_us(reached, None),
            (true, false) => said.with_outside(Some(Direction::Outbound), Some(dialler), &reached),
            (false, true) => said.with_outside(Some(Direction::Inbound), Some(reached), &dialler),
            (false, false) => {
                let outside = match sides.direction {
                    Some(Direction::Outbound) => &reached,
                    Some(Direction::Inbound) => &dialler,
                    _ if reached.is_outside_number() && !dialler.is_outside_number() => &reached,
                    _ if dialler.is_outside_number() && !reached.is_outside_number() => &dialler,
                    _ => &Party::Outside(Counterpart::Absent(Absent::Unknown)),
                };
                // What the recorder states stands, be our side on a list or not.
                let stated = sides.direction.filter(|direction| *direction != Direction::Internal);
                said.with_outside(stated, None, outside);
            }
        }
        said
    }

    /// Understands two sides beside an extension that is ours: which side is the extension's tells the
    /// direction; where neither is (it was reached through a queue or a number), which side is outside.
    fn with_own_extension(&mut self, own: &str, sides: Sides<'_>, on_day: OnDay<'_>) {
        // Beside one of ours, what is no number and looks like an extension is a colleague not yet on the list.
        let party = |text: Option<&str>| match (on_day.party(text.unwrap_or_default()), text) {
            (Party::Outside(Counterpart::Absent(Absent::Unknown)), Some(text)) if looks_like_an_extension(text) => {
                Party::Extension(text.to_owned())
            }
            (party, _) => party,
        };
        let is_outside = |party: &Party| matches!(party, Party::Outside(counterpart) if says_something(counterpart));
        self.extension = Some(own.to_owned());
        let (dialler, reached) = (party(sides.caller), party(sides.called));
        let stated = sides.direction.filter(|direction| *direction != Direction::Internal);
        let direction = if sides.caller == Some(own) {
            Direction::Outbound
        } else if sides.called == Some(own) {
            Direction::Inbound
        } else if let Some(stated) = stated {
            stated
        } else if is_outside(&dialler) != is_outside(&reached) {
            if is_outside(&dialler) { Direction::Inbound } else { Direction::Outbound }
        } else if sides.direction == Some(Direction::Internal) || (dialler.is_ours() && reached.is_ours()) {
            Direction::Internal
        } else {
            return;
        };
        let (other, beside) = if direction == Direction::Outbound { (reached, dialler) } else { (dialler, reached) };
        let number = [&other, &beside].into_iter().find_map(|party| match party {
            Party::Line(number) => Some(number.clone()),
            _ => None,
        });
        if direction == Direction::Internal || other.is_ours() {
            self.direction = Some(Direction::Internal);
            self.counterpart = Some(INTERNAL);
        } else {
            self.with_outside(Some(direction), None, &other);
        }
        self.our_number = number;
    }

    fn between_us(&mut self, dialled_by: Party, other: Option<Party>) {
        self.direction = Some(Direction::Internal);
        self.counterpart = Some(INTERNAL);
        let (agent, other) = match other {
            Some(other) if !dialled_by.is_a_persons() && other.is_a_persons() => (other, Some(dialled_by)),
            other => (dialled_by, other),
        };
        self.ours(agent);
        if let Some(Party::Line(number)) = other {
            self.our_number.get_or_insert(number);
        }
    }

    fn with_outside(&mut self, direction: Option<Direction>, ours: Option<Party>, outside: &Party) {
        self.direction = direction;
        self.counterpart = match outside {
            Party::Outside(counterpart) => Some(counterpart.clone()).filter(says_something),
            Party::Extension(_) | Party::Mobile(_) | Party::Line(_) | Party::Nobody => None,
        };
        if let Some(ours) = ours {
            self.ours(ours);
        }
    }

    fn ours(&mut self, party: Party) {
        match party {
            Party::Extension(extension) => self.extension = Some(extension),
            Party::Mobile(number) | Party::Line(number) => self.our_number = Some(number),
            Party::Nobody | Party::Outside(_) => {}
        }
    }

    /// Understands what a sidecar or metadata gives; what it can't goes aside under its own name.
    pub(super) fn by_given(given: &Given, on_day: OnDay<'_>, aside: &mut Aside) -> Self {
        let mut said = Self {
            call_id: given.call_id.clone(),
            linked_id: given.linked_id.clone(),
            kind: given.kind.clone(),
            extension: given.extension.as_deref().map(bare),
            queue: given.queue.clone(),
            ..Self::default()
        };
        let mut unreadable = |name: &str, text: &str| aside.keep(name, text);

        match given.direction.as_deref().map(|word| (word, Direction::from_word(word))) {
            Some((word, None)) => unreadable("direction", word),
            Some((_, Some(direction))) if direction != Direction::Unknown => said.direction = Some(direction),
            _ => {}
        }
        let (counterpart, ours) = said.take_sides(given, on_day);
        if let Some(text) = ours {
            match number::understand(text, &on_day.rulebook.country) {
                Some(Counterpart::Number(number)) => said.our_number = Some(number),
                Some(Counterpart::Absent(Absent::Unknown)) => {}
                _ => unreadable("our_number", text),
            }
        }
        if let Some(id) = given.staff.as_deref() {
            match on_day.named(id) {
                Some(post) => said.staff = Some(post.id.clone()),
                None => unreadable("staff", id),
            }
        }
        if let Some(word) = given.notice.as_deref() {
            match NoticeKind::from_word(&word.to_lowercase()) {
                // "Unknown" says nothing: the rulebook may know.
                Some(NoticeKind::Unknown) => {}
                Some(kind) => said.notice = Some(kind),
                None => unreadable("notice", word),
            }
        }
        if let Some(word) = given.objection.as_deref() {
            said.objection = read_objection(word);
            if said.objection.is_none() {
                unreadable("objection", word);
            }
        }
        if let Some(text) = counterpart {
            let party = on_day.party(text);
            if said.direction == Some(Direction::Internal) {
                // An internal call has no outside party; a colleague's extension or mobile is no loss.
                if party.is_outside_number() {
                    unreadable("counterpart", text);
                }
            } else if let Party::Outside(_) = party {
                match number::understand(text, &on_day.rulebook.country) {
                    Some(INTERNAL) if said.direction.is_none() => said.direction = Some(Direction::Internal),
                    None | Some(INTERNAL) => unreadable("counterpart", text),
                    Some(counterpart) => said.counterpart = Some(counterpart).filter(says_something),
                }
            } else {
                // Ours is not the counterpart: then both sides are ours.
                said.direction = Some(Direction::Internal);
                let names_nobody = said.staff.is_none() && said.extension.is_none() && said.our_number.is_none();
                if names_nobody {
                    said.ours(party);
                }
            }
        }
        if said.direction == Some(Direction::Internal) {
            said.counterpart = Some(INTERNAL);
        }
        said
    }

    /// The texts of the counterpart and of our number: as given, else by the direction from the two sides.
    /// A side of ours that is an extension is no number: it is taken as such.
    fn take_sides<'g>(&mut self, given: &'g Given, on_day: OnDay<'_>) -> (Option<&'g str>, Option<&'g str>) {
        let (dialler, reached) = (given.caller.as_deref(), given.called.as_deref());
        let (outside, ours) = match self.direction {
            Some(Direction::Inbound) => (dialler, reached),
            Some(Direction::Outbound) => (reached, dialler),
            _ => {
                let (dialler, reached) = (dialler.map(bare), reached.map(bare));
                let extension = given.extension.as_deref().map(bare);
                if dialler.is_some() || reached.is_some() {
                    let sides = Sides {
                        direction: self.direction,
                        caller: dialler.as_deref(),
                        called: reached.as_deref(),
                        // A call that names what was called reached that, and the queue on its way.
                        queue: given.queue.as_deref().filter(|_| reached.is_none()),
                        extension: extension.as_deref(),
                    };
                    let by_sides = Self::by_sides(sides, on_day);
                    self.direction = self.direction.or(by_sides.direction);
                    self.counterpart = by_sides.counterpart;
                    self.extension = self.extension.take().or(by_sides.extension);
                    self.our_number = by_sides.our_number;
                }
                (None, None)
            }
        };
        let extension =
            ours.map(bare).filter(|text| looks_like_an_extension(text) || on_day.holder_of_extension(text).is_some());
        let ours = if extension.is_some() { None } else { ours };
        self.extension = self.extension.take().or(extension);
        (given.counterpart.as_deref().or(outside), given.our_number.as_deref().or(ours))
    }
}

/// A text without the `sip:` or `tel:` around it; a full-width 201 is 201.
fn bare(text: &str) -> String {
    let folded: String = text.nfkc().collect();
    if folded.contains(':') { number::address(&folded.to_lowercase()) } else { folded }
}

/// Whether a word says that the caller objected, or that nobody did.
fn read_objection(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "1" | "あり" | "有" | "拒否" => Some(true),
        "false" | "no" | "0" | "なし" | "無" => Some(false),
        _ => None,
    }
}

/// Two to six digits, the first not 0: no number begins so at home, and no extension seen is longer.
fn looks_like_an_extension(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_finer_time_within_the_coarser_one_refines_it() {
        let start = |text: &str| Start::parse(text).unwrap();
        let to_the_minute = Start { precision_seconds: 60, ..start("2026-11-09T01:07:00Z") };
        assert!(to_the_minute.is_refined_by(start("2026-11-09T01:07:59Z")));
        assert!(to_the_minute.is_refined_by(start("2026-11-09T10:07:00.5+09:00")));
        assert!(!to_the_minute.is_refined_by(start("2026-11-09T01:08:00Z")));
        assert!(!to_the_minute.is_refined_by(start("2026-11-09T01:06:59Z")));
        assert!(!to_the_minute.is_refined_by(to_the_minute));
        assert!(start("2026-11-09T01:07:00Z").is_refined_by(start("2026-11-09T01:07:00.25Z")));
        assert!(!start("2026-11-09T01:07:00.25Z").is_refined_by(start("2026-11-09T01:07:00Z")));
    }

    #[test]
    fn a_time_is_read_as_rfc_3339_and_rfc_2822_have_it() {
        for (text, precision_seconds) in [
            ("2026-11-20T10:10:07+09:00", 1),
            ("Fri, 20 Nov 2026 01:10:07 +0000", 1),
            ("20 Nov 2026 10:10:07 +0900", 1),
            ("Fri, 20 Nov 2026 01:10:07 GMT", 1),
            ("1795137007", 1),
            ("1795137007000", 0),
        ] {
            let at = "2026-11-20T01:10:07Z".parse().unwrap();
            assert_eq!(Start::parse(text), Some(Start { at, precision_seconds }), "{text}");
        }
        assert_eq!(Start::parse("Fri, 20 Nov 2026 01:10 +0000").unwrap().precision_seconds, 60);
    }

    #[test]
    fn a_time_without_an_offset_is_no_moment() {
        let of_days = ["2026-11-11T11:11:11", "2026-11-11", "11:11:11+09:00", "yesterday", "2026-13-11T11:11:11Z"];
        let of_mails = ["Fri, 20 Nov 2026 01:10:07", "Mon, 20 Nov 2026 01:10:07 +0000", "20 Nov 2026", "179368230"];
        for text in of_days.iter().chain(&of_mails) {
            assert_eq!(Start::parse(text), None, "{text}");
        }
    }
}
