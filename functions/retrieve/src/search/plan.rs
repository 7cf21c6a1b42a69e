//! Which partitions of which index a search reads.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use policy::recording::State;
use policy::rulebook::{Member, Role};
use store::{Partition, TIME_SHARDS};

use super::filters::Filters;

/// What a search reads, in this order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Newest first; each is read only if the page is not full before.
    pub(crate) groups: Vec<Group>,
    /// Whether much of what is read may not fit.
    pub(crate) is_selective: bool,
}

/// Partitions that are read together: of one month, or the whole range.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) partitions: Vec<Partition>,
    /// What is older lies in the next group.
    pub(crate) begins_at: Timestamp,
}

/// The narrowest index that holds everything asked for. Whoever can view nothing reads nothing, so that
/// neither a page nor the time it takes can tell what there is.
pub(crate) fn plan(filters: &Filters, member: &Member) -> Plan {
    let is_admin = member.role == Role::Admin;
    let state = if filters.is_quarantine { State::Quarantined } else { State::Active };
    let can_view = match member.role {
        Role::Admin => true,
        Role::Manager => state == State::Active && !member.manages.is_empty(),
        Role::Staff | Role::Auditor => false,
    };
    if !can_view {
        return Plan { groups: Vec::new(), is_selective: false };
    }
    // Beside the filter that names the partition, each one more can sort out what was read; so can the teams.
    let is_selective =
        |named: usize, holds_other_teams: bool| filters.count() > named || (holds_other_teams && !is_admin);
    if filters.is_quarantine {
        return Plan {
            groups: by_month(filters, |month| {
                (0..TIME_SHARDS).map(|shard| Partition::Quarantine(month.to_owned(), shard)).collect()
            }),
            is_selective: is_selective(0, false),
        };
    }
    let whole = |partition| Group { partitions: vec![partition], begins_at: filters.from };
    if let Some(number) = &filters.number {
        return Plan { groups: vec![whole(Partition::Number(number.clone()))], is_selective: is_selective(1, true) };
    }
    if let Some(digits) = &filters.last4 {
        return Plan { groups: vec![whole(Partition::Last4(digits.clone()))], is_selective: is_selective(1, true) };
    }
    if let Some(staff) = &filters.staff {
        return Plan {
            groups: by_month(filters, |month| vec![Partition::Staff(staff.clone(), month.to_owned())]),
            is_selective: is_selective(1, true),
        };
    }
    if is_admin && filters.team.is_none() {
        return Plan {
            groups: by_month(filters, |month| {
                (0..TIME_SHARDS).map(|shard| Partition::Time(month.to_owned(), shard)).collect()
            }),
            is_selective: is_selective(0, false),
        };
    }
    let teams: Vec<&String> = match &filters.team {
        Some(team) if is_admin => vec![team],
        // A team that is not managed is read no more than one that does not exist.
        asked => {
            let is_asked = |team: &&String| asked.as_ref().is_none_or(|asked| asked == *team);
            member.manages.iter().filter(is_asked).collect()
        }
    };
    if teams.is_empty() {
        return Plan { groups: Vec::new(), is_selective: false };
    }
    Plan {
        groups: by_month(filters, |month| {
            teams.iter().map(|team| Partition::Team((*team).clone(), month.to_owned())).collect()
        }),
        is_selective: is_selective(usize::from(filters.team.is_some()), false),
    }
}

/// The months of the range that are not done, newest first.
fn by_month(filters: &Filters, partitions: impl Fn(&str) -> Vec<Partition>) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut latest = filters.start.latest();
    while latest >= filters.from {
        let Some(begins_at) = first_of_month(latest) else {
            break;
        };
        groups.push(Group { partitions: partitions(&store::month(latest)), begins_at });
        let Ok(earlier) = begins_at.checked_sub(SignedDuration::from_nanos(1)) else {
            break;
        };
        latest = earlier;
    }
    groups
}

/// The first moment of the month, in UTC.
fn first_of_month(at: Timestamp) -> Option<Timestamp> {
    let first = at.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
    Some(first.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn member(role: Role, manages: &[&str]) -> Member {
        Member {
            id: "someone".to_owned(),
            name: "誰か".to_owned(),
            role,
            teams: Vec::new(),
            manages: manages.iter().map(|team| (*team).to_owned()).collect(),
        }
    }

    fn planned(member: &Member, given: &[(&str, &str)]) -> Plan {
        let range = [("from", "2026-10-20T00:00:00+09:00"), ("to", "2026-11-01T09:00:00+09:00")];
        let has_range = given.iter().any(|(name, _)| *name == "from");
        let range = if has_range { &[][..] } else { &range[..] };
        let given: Vec<_> =
            given.iter().chain(range).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let filters = Filters::read(&given, "JP", "2026-11-13T00:00:00Z".parse().unwrap()).unwrap();
        plan(&filters, member)
    }

    fn partitions(member: &Member, given: &[(&str, &str)]) -> Vec<Vec<Partition>> {
        planned(member, given).groups.into_iter().map(|group| group.partitions).collect()
    }

    #[test]
    fn the_narrowest_index_is_read() {
        let admin = member(Role::Admin, &[]);
        let october = || "2026-10".to_owned();
        let number = policy::number::read("090-1234-5678", "JP").number().unwrap().clone();
        let all: [(&str, &str); 4] =
            [("number", "090-1234-5678"), ("last4", "5678"), ("staff", "sato"), ("team", "sales")];
        for (from, expected) in [
            (0, Partition::Number(number)),
            (1, Partition::Last4("5678".to_owned())),
            (2, Partition::Staff("sato".to_owned(), october())),
            (3, Partition::Team("sales".to_owned(), october())),
        ] {
            assert_eq!(partitions(&admin, &all[from..]), [vec![expected]], "{from}");
        }
        let shards: Vec<_> = (0..TIME_SHARDS).map(|shard| Partition::Time(october(), shard)).collect();
        assert_eq!(partitions(&admin, &[]), [shards]);
        let shards: Vec<_> = (0..TIME_SHARDS).map(|shard| Partition::Quarantine(october(), shard)).collect();
        assert_eq!(partitions(&admin, &[("state", "quarantined")]), [shards]);
    }

    #[test]
    fn a_manager_reads_the_managed_teams_and_whoever_views_nothing_reads_nothing() {
        let manager = member(Role::Manager, &["general", "support"]);
        let team = |name: &str| Partition::Team(name.to_owned(), "2026-10".to_owned());
        assert_eq!(partitions(&manager, &[]), [vec![team("general"), team("support")]]);
        assert_eq!(partitions(&manager, &[("team", "support")]), [vec![team("support")]]);
        assert!(partitions(&manager, &[("team", "sales")]).is_empty());
        assert!(partitions(&manager, &[("state", "quarantined")]).is_empty());
        assert!(partitions(&member(Role::Manager, &[]), &[]).is_empty());
        for role in [Role::Staff, Role::Auditor] {
            for given in [&[][..], &[("number", "090-1234-5678")], &[("team", "sales")]] {
                assert!(partitions(&member(role, &["sales"]), given).is_empty());
            }
        }
    }

    #[test]
    fn months_are_read_newest_first_in_utc() {
        let admin = member(Role::Admin, &[]);
        let months = |from, to| -> Vec<String> {
            planned(&admin, &[("team", "sales"), ("from", from), ("to", to)])
                .groups
                .into_iter()
                .map(|group| match &group.partitions[0] {
                    Partition::Team(_, month) => month.clone(),
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(months("2026-09-30T23:59:59Z", "2026-11-01T00:00:00.001Z"), ["2026-11", "2026-10", "2026-09"]);
        assert_eq!(months("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), ["2026-10"]);
        assert_eq!(months("2025-12-31T23:00:00Z", "2026-01-01T08:59:59+09:00"), ["2025-12"]);
        assert_eq!(months("2025-10-01T00:00:00Z", "2026-11-05T00:00:00Z").len(), 14);
    }

    #[test]
    fn what_can_be_sorted_out_after_reading_is_known_before() {
        let admin = member(Role::Admin, &[]);
        let manager = member(Role::Manager, &["sales"]);
        for (member, given, is_selective) in [
            (&admin, &[][..], false),
            (&admin, &[("line", "代表")], true),
            (&admin, &[("number", "090-1234-5678")], false),
            (&admin, &[("staff", "sato"), ("team", "sales")], true),
            (&manager, &[], false),
            (&manager, &[("team", "sales")], false),
            (&manager, &[("staff", "sato")], true),
            (&manager, &[("last4", "5678")], true),
        ] {
            assert_eq!(planned(member, given).is_selective, is_selective, "{given:?}");
        }
    }
}
