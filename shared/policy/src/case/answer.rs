//! What is done with a person's request 本人からの請求, and the letter that answers it.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::disclosure::{Disclosure, DisclosureMedium, NewDisclosure};
use super::{Case, CaseKind, CaseOutcome, CaseText, Unchanged};
use crate::rulebook::{Member, Rulebook};

/// 90 days after the memo: what has no answer by then is late, whatever the reason.
const DUE_LIMIT_DAYS: i64 = 90;

impl CaseKind {
    /// Whether a person asks for it, whose identity is checked.
    pub fn is_of_a_person(self) -> bool {
        matches!(self, Self::Disclosure | Self::StopUse)
    }
}

impl CaseOutcome {
    /// Whether the person is given what they asked for: then their identity was checked.
    pub(super) fn needs_identity(self) -> bool {
        matches!(self, Self::DisclosedWhole | Self::DisclosedPart)
    }
}

impl Case {
    /// The case with what the law asks of a person's request. The same again changes nothing.
    ///
    /// # Errors
    /// It is closed, of a kind that nobody asks for, or its day is invalid.
    pub fn handle_request(
        &self,
        new: NewDisclosure,
        by: &Member,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Result<Self, Unchanged> {
        if self.closing.is_some() {
            return Err(Unchanged::Closed);
        }
        if !self.view.kind.is_of_a_person() {
            return Err(Unchanged::NotOfAPerson);
        }
        let written_on = rulebook.day_of(self.view.written_at);
        let is_due = |day: Date| {
            day >= written_on && written_on.checked_add(DUE_LIMIT_DAYS.days()).is_ok_and(|limit| day <= limit)
        };
        if new.due_on.is_some_and(|day| !is_due(day)) {
            return Err(Unchanged::WrongDay);
        }
        let mut handled = self.clone();
        handled.view.due_on = new.due_on.or(self.view.due_on);
        let NewDisclosure { identity_check, medium, .. } = new;
        handled.disclosure = Some(Disclosure { identity_check, medium, by: by.id.clone(), at: now });
        Ok(handled)
    }
}

/// A letter to the person who asked. What stands in 〔 〕 is for its writer to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it is.
    pub title: String,
    /// Its text, line by line.
    pub text: String,
}

impl Case {
    /// The letter that tells an outcome, in Japanese; `None` where there is nothing to tell. `today` is its date.
    pub fn letter(
        &self,
        outcome: CaseOutcome,
        reason: Option<&CaseText>,
        rulebook: &Rulebook,
        today: Date,
    ) -> Option<Letter> {
        let (title, decision) = decision(self.view.kind, outcome)?;
        let company = if rulebook.company.is_empty() { "〔会社名〕" } else { &rulebook.company };
        let received = japanese_day(rulebook.day_of(self.view.written_at));
        let mut points = Vec::new();
        if outcome.needs_identity() {
            points.push(("対象", format!("貴殿との通話の録音 {}件", self.recordings.len().max(1))));
            let medium = self.disclosure.as_ref().map_or("〔方法〕", |handled| medium_of(handled.medium));
            points.push(("開示の方法", medium.to_owned()));
        }
        if let Some(handled) = &self.disclosure {
            points.push(("ご本人の確認", handled.identity_check.expose().to_owned()));
        }
        if outcome.needs_reason() {
            let reason = reason.map_or("〔理由〕", |reason| reason.expose());
            points.push(("その理由", reason.to_owned()));
        }
        points.push(("お問い合わせ先", "〔担当部署・電話番号〕".to_owned()));
        let mut lines = vec![
            japanese_day(today),
            "〔ご請求者のお名前〕 様".to_owned(),
            company.to_owned(),
            String::new(),
            title.to_owned(),
            String::new(),
            format!("{received}にご請求のありました件につきまして、{decision}"),
            String::new(),
            "記".to_owned(),
        ];
        let numbered = points.into_iter().enumerate();
        lines.extend(numbered.map(|(number, (name, value))| format!("{}. {name}: {value}", number + 1)));
        lines.push("以上".to_owned());
        Some(Letter { title: title.to_owned(), text: lines.join("\n") })
    }
}

/// The title, and what was decided, by the articles of the Act on the Protection of Personal Information.
fn decision(kind: CaseKind, outcome: CaseOutcome) -> Option<(&'static str, &'static str)> {
    use CaseOutcome::{DisclosedPart, DisclosedWhole, NoneHeld, Refused, Resolved};
    Some(match (kind, outcome) {
        (CaseKind::Disclosure, DisclosedWhole) => (
            "保有個人データの開示について(ご通知)",
            "個人情報の保護に関する法律第33条第2項に基づき、下記のとおり開示いたします。",
        ),
        (CaseKind::Disclosure, DisclosedPart) => (
            "保有個人データの一部の開示について(ご通知)",
            "個人情報の保護に関する法律第33条第2項および第3項に基づき、下記のとおり一部を開示し、その他は開示しないことといたしました。",
        ),
        (CaseKind::Disclosure, Refused) => (
            "保有個人データを開示しないことについて(ご通知)",
            "個人情報の保護に関する法律第33条第3項に基づき、開示しないことといたしましたので、ご通知いたします。",
        ),
        (CaseKind::Disclosure, NoneHeld) => (
            "保有個人データが存在しないことについて(ご通知)",
            "お調べしましたところ、該当する保有個人データは存在しませんでした。個人情報の保護に関する法律第33条第3項に基づき、ご通知いたします。",
        ),
        (CaseKind::StopUse, Resolved) => (
            "保有個人データの利用停止等について(ご通知)",
            "個人情報の保護に関する法律第35条第7項に基づき、ご請求のとおり利用の停止または消去を行いましたので、ご通知いたします。",
        ),
        (CaseKind::StopUse, Refused) => (
            "保有個人データの利用停止等を行わないことについて(ご通知)",
            "個人情報の保護に関する法律第35条第7項に基づき、利用の停止または消去を行わないことといたしましたので、ご通知いたします。",
        ),
        (CaseKind::StopUse, NoneHeld) => (
            "保有個人データが存在しないことについて(ご通知)",
            "お調べしましたところ、該当する保有個人データは存在しませんでしたので、ご通知いたします。",
        ),
        _ => return None,
    })
}

fn medium_of(medium: DisclosureMedium) -> &'static str {
    match medium {
        DisclosureMedium::Electronic => "電磁的記録(リンクによる提供)",
        DisclosureMedium::Disc => "電磁的記録(媒体による提供)",
        DisclosureMedium::Paper => "書面(反訳)の交付",
        DisclosureMedium::Hearing => "当社での聴取",
    }
}

fn japanese_day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::super::{Memo, Sought};
    use super::*;
    use crate::id::CaseId;
    use crate::rulebook::Role;

    const NOW: &str = "2026-11-13T00:00:00Z";

    fn member() -> Member {
        let (id, name) = ("kato".to_owned(), "加藤 恵".to_owned());
        Member {
            id,
            name,
            role: Role::Manager,
            teams: Vec::new(),
            manages: Vec::new(),
            deputy_for: Vec::new(),
            predecessors: Vec::new(),
        }
    }

    fn case(kind: CaseKind) -> (Case, Rulebook) {
        let rulebook =
            Rulebook { company: "見本商事株式会社".to_owned(), ..Rulebook::strict_default("yamada") };
        let at: Timestamp = NOW.parse().unwrap();
        let sought = Sought { from: at, to: at, counterpart: None, last4: None, staff: None };
        let summary = CaseText::new("通話の録音の開示を求められた。");
        let memo = Memo { kind, sought, summary, team: None, candidates: BTreeSet::new() };
        (Case::open(CaseId::of("op"), memo, &member(), &rulebook, at), rulebook)
    }

    fn new(due_on: Option<&str>) -> NewDisclosure {
        NewDisclosure {
            identity_check: CaseText::new("運転免許証の写し"),
            medium: DisclosureMedium::Electronic,
            due_on: due_on.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn a_persons_request_says_how_they_were_identified_and_until_when_it_is_answered() {
        let (case, rulebook) = case(CaseKind::Disclosure);
        let now = NOW.parse().unwrap();
        let handle = |due_on| case.handle_request(new(due_on), &member(), &rulebook, now);
        assert_eq!(handle(None).unwrap().view.due_on, case.view.due_on);
        assert_eq!(handle(Some("2026-12-20")).unwrap().view.due_on.unwrap().to_string(), "2026-12-20");
        for day in ["2026-11-12", "2027-02-12"] {
            assert_eq!(handle(Some(day)), Err(Unchanged::WrongDay), "{day}");
        }
        let (complaint, _) = super::tests::case(CaseKind::Complaint);
        let refused = complaint.handle_request(new(None), &member(), &rulebook, now);
        assert_eq!(refused, Err(Unchanged::NotOfAPerson));
    }

    #[test]
    fn nothing_is_disclosed_before_the_person_is_identified() {
        let (case, rulebook) = case(CaseKind::Disclosure);
        let now = NOW.parse().unwrap();
        let close = |case: &Case, outcome| {
            case.close(outcome, Some(CaseText::new("x")), &member(), &rulebook, now).map(|closed| closed.view.state)
        };
        for outcome in [CaseOutcome::DisclosedWhole, CaseOutcome::DisclosedPart] {
            assert_eq!(close(&case, outcome), Err(Unchanged::IdentityUnchecked));
            let handled = case.handle_request(new(None), &member(), &rulebook, now).unwrap();
            assert!(close(&handled, outcome).is_ok());
        }
        for outcome in [CaseOutcome::Refused, CaseOutcome::NoneHeld, CaseOutcome::Withdrawn] {
            assert!(close(&case, outcome).is_ok(), "who can't be identified is refused");
        }
    }

    #[test]
    fn each_outcome_that_is_told_has_a_letter_with_its_article_and_reason() {
        for kind in CaseKind::ALL {
            let (case, rulebook) = case(kind);
            let now = NOW.parse().unwrap();
            let handled = case.handle_request(new(None), &member(), &rulebook, now).unwrap_or(case);
            let reason = CaseText::new("第三者の権利利益を害するおそれがあるため。");
            for outcome in kind.outcomes() {
                let letter = handled.letter(*outcome, Some(&reason), &rulebook, rulebook.day_of(now));
                assert_eq!(
                    letter.is_some(),
                    kind.is_of_a_person() && *outcome != CaseOutcome::Withdrawn,
                    "{outcome:?}"
                );
                let Some(letter) = letter else { continue };
                assert!(
                    letter.text.contains("2026年11月13日") && letter.text.contains("見本商事株式会社"),
                    "{letter:?}"
                );
                assert_eq!(letter.text.contains("第三者の権利利益"), outcome.needs_reason(), "{outcome:?}");
                assert!(letter.text.contains("運転免許証の写し") && letter.text.contains(&letter.title));
            }
        }
    }
}
