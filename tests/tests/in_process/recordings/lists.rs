//! Which lists a recording stands in, for every kind of member: the oracle is the one of [`super::matrix`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::matrix::{Expected, Kind, PEOPLE, Person, Rules, Subject, company_of, expected};
use crate::api::{Api, STAFF};

/// A filter, as a query has it and as a person reads it.
type Filter = (&'static str, fn(&Subject) -> bool);

const FILTERS: [Filter; 8] = [
    ("", |_| true),
    ("&staff=sato", |subject| subject.owner == Some(STAFF)),
    ("&team=sales", |subject| subject.team == Some("sales")),
    ("&team=support", |subject| subject.team == Some("support")),
    ("&team=kiosk", |subject| subject.team == Some("kiosk")),
    ("&line=%E4%BB%A3%E8%A1%A8", |subject| subject.line == Some("代表")),
    ("&extension=201", |_| true),
    ("&staff=sato&team=sales&extension=201", |subject| subject.owner == Some(STAFF) && subject.team == Some("sales")),
];

/// Who may know the names of a filter: admins, those who manage or follow their team or member, and themselves.
/// Everybody may know every line.
fn may_ask(person: &Person, filter: &str) -> bool {
    let knows_sato =
        person.stands_in_for.contains(&"sales") || person.login == STAFF || person.follows.contains(&STAFF);
    person.role == "admin"
        || match filter {
            "&team=sales" => knows_sato || person.login == "abe",
            "&team=support" => person.stands_in_for.contains(&"support") || person.login == "suzuki",
            "&team=kiosk" => person.stands_in_for.contains(&"kiosk"),
            "" | "&line=%E4%BB%A3%E8%A1%A8" => true,
            _ => knows_sato,
        }
}

async fn listed(api: &Api, login: &str, query: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let from = "from=2026-09-15T00:00:00%2B09:00&to=2026-11-13T09:00:00%2B09:00";
        let page = api.get(login, &format!("/recordings?{from}&limit=3{query}{cursor}")).await.ok();
        let ids = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
        for id in ids {
            assert!(found.insert(id), "listed twice");
        }
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_list_holds_what_its_reader_may_view_and_nothing_else() {
    for rules in [Rules::Strict, Rules::Loose] {
        let (api, subjects) = company_of(rules).await;
        let mut listings = 0;
        for person in &PEOPLE {
            for (filter, fits) in FILTERS {
                for (state, kinds) in [
                    ("active", &[Kind::Sound][..]),
                    ("quarantined", &[Kind::Quarantined, Kind::QuarantinedWithoutSound]),
                ] {
                    let may_view = |subject: &&Subject| expected("view", person, subject, rules) == Expected::Permitted;
                    let names: BTreeMap<&str, &str> =
                        subjects.iter().map(|subject| (subject.id.as_str(), subject.name)).collect();
                    let expected: BTreeSet<&str> = subjects
                        .iter()
                        .filter(|subject| kinds.contains(&subject.kind) && fits(subject))
                        .filter(may_view)
                        .map(|subject| subject.name)
                        .collect();
                    if person.role == "auditor" || !may_ask(person, filter) {
                        let problem = if person.role == "auditor" { "not-allowed" } else { "unknown-name" };
                        let answer = api.get(person.login, &format!("/recordings?state={state}{filter}")).await;
                        assert_eq!(answer.problem(), problem, "{} {filter}", person.login);
                        // (Here another team's recording has the extension too.)
                        assert!(expected.is_empty() || filter.starts_with("&extension"), "{} {filter}", person.login);
                        continue;
                    }
                    let found = listed(&api, person.login, &format!("{filter}&state={state}")).await;
                    let found: BTreeSet<&str> = found.iter().map(|id| names[id.as_str()]).collect();
                    assert_eq!(found, expected, "{} {filter} {state} {rules:?}", person.login);
                    listings += usize::from(!expected.is_empty());
                }
            }
        }
        assert!(listings > 30, "{listings}");
    }
}
