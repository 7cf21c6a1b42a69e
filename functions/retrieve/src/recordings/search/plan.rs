//! Which partitions of which index a search reads.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use policy::rulebook::{Member, Role, Rulebook};
use store::{ListOrder, Month, Partition, TIME_SHARDS};

use super::filters::Filters;

/// What a search reads, in this order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In the search's order; each is read only if the page is not full before.
    pub(crate) groups: Vec<Group>,
    /// Whether much of what is read may not fit.
    pub(crate) is_selective: bool,
}

/// Partitions that are read together: of one month, or the whole range.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) partitions: Vec<Partition>,
    /// What lies beyond is in the next group: what is older, or, oldest first, what is newer.
    pub(crate) edge: Timestamp,
}

/// The narrowest index that holds everything asked for. Whoever can view nothing reads nothing, so that
/// neither a page nor the time it takes can tell what there is.
pub(crate) fn plan(filters: &Filters, member: &Member, rulebook: &Rulebook) -> Plan {
    let nothing = Plan { groups: Vec::new(), is_selective: false };
    match member.role {
        Role::Admin => of_all(filters),
        _ if filters.is_quarantine => nothing,
        Role::Manager if !member.manages.is_empty() => of_teams(filters, member),
        Role::Staff if rulebook.staff_view_days > 0 => of_staff(filters, &[&member.id], member),
        // A manager of no team, and staff whose own calls are not for them, find what was handed over.
        Role::Manager | Role::Staff => of_staff(filters, &[], member),
        Role::Auditor => nothing,
    }
}

/// What one who may view everything reads.
fn of_all(filters: &Filters) -> Plan {
    if filters.is_quarantine {
        let shards =
            |month: &Month| (0..TIME_SHARDS).map(|shard| Partition::Quarantine(month.clone(), shard)).collect();
        return Plan { groups: by_month(filters, shards), is_selective: filters.count() > 0 };
    }
    if let Some(plan) = by_name(filters) {
        return plan;
    }
    if let Some(team) = &filters.team {
        let of_team = |month: &Month| vec![Partition::Team(team.clone(), month.clone())];
        return Plan { groups: by_month(filters, of_team), is_selective: filters.count() > 1 };
    }
    let shards = |month: &Month| (0..TIME_SHARDS).map(|shard| Partition::Time(month.clone(), shard)).collect();
    Plan { groups: by_month(filters, shards), is_selective: filters.count() > 0 }
}

/// What a manager of some teams reads: whatever is named, and decided on item by item; else the teams, and
/// what was handed over.
fn of_teams(filters: &Filters, member: &Member) -> Plan {
    if let Some(plan) = by_name(filters) {
        return Plan { is_selective: true, ..plan };
    }
    // A team that is not managed is read no more than one that does not exist.
    let is_asked = |team: &&String| filters.team.as_ref().is_none_or(|asked| asked == *team);
    let teams: Vec<&String> = member.manages.iter().filter(is_asked).collect();
    if teams.is_empty() && member.predecessors.is_empty() {
        return Plan { groups: Vec::new(), is_selective: false };
    }
    let partitions = |month: &Month| {
        let of_teams = teams.iter().map(|team| Partition::Team((*team).clone(), month.clone()));
        let handed_over = member.predecessors.iter().map(|id| Partition::Staff(id.clone(), month.clone()));
        // What lies in two of them is weighed as one.
        of_teams.chain(handed_over).collect()
    };
    Plan {
        groups: by_month(filters, partitions),
        is_selective: filters.count() > usize::from(filters.team.is_some()) || !member.predecessors.is_empty(),
    }
}

/// What one reads whose recordings are those of some members of staff: theirs, whatever else is asked for, so
/// that the time it takes tells nothing of others'.
fn of_staff(filters: &Filters, own: &[&String], member: &Member) -> Plan {
    let is_asked = |id: &&String| filters.staff.is_empty() || filters.staff.contains(id);
    let whose: Vec<&String> = own.iter().copied().chain(&member.predecessors).filter(is_asked).collect();
    if whose.is_empty() {
        return Plan { groups: Vec::new(), is_selective: false };
    }
    let partitions = |month: &Month| whose.iter().map(|id| Partition::Staff((*id).clone(), month.clone())).collect();
    // Their own calls are viewed for some days alone.
    Plan { groups: by_month(filters, partitions), is_selective: true }
}

/// By the number, its last digits or the member of staff asked for. Beside the filter that names the
/// partition, each one more can sort out what was read.
fn by_name(filters: &Filters) -> Option<Plan> {
    let edge = match filters.sort {
        ListOrder::NewestFirst => filters.from,
        ListOrder::OldestFirst => filters.to,
    };
    let whole = |partition| vec![Group { partitions: vec![partition], edge }];
    let mut is_selective = filters.count() > 1;
    let groups = if let Some(number) = &filters.number {
        whole(Partition::Number(number.clone()))
    } else if let Some(digits) = &filters.last4 {
        whole(Partition::Last4(digits.clone()))
    } else if let Some(last4) =
        filters.number_suffix.as_ref().and_then(|suffix| suffix.get(suffix.len().checked_sub(4)?..))
    {
        is_selective = true;
        whole(Partition::Last4(last4.to_owned()))
    } else if filters.staff.is_empty() {
        return None;
    } else {
        let of_each =
            |month: &Month| filters.staff.iter().map(|id| Partition::Staff(id.clone(), month.clone())).collect();
        by_month(filters, of_each)
    };
    Some(Plan { groups, is_selective })
}

/// The months of the range that are not done, in the search's order.
fn by_month(filters: &Filters, partitions: impl Fn(&Month) -> Vec<Partition>) -> Vec<Group> {
    let group = |at, edge| Group { partitions: partitions(&Month::of(at)), edge };
    let mut groups = Vec::new();
    match filters.sort {
        ListOrder::NewestFirst => {
            let mut latest = filters.start.latest();
            while latest >= filters.from {
                let Some(begins_at) = first_of_month(latest, 0) else {
                    break;
                };
                groups.push(group(latest, begins_at));
                let Ok(earlier) = begins_at.checked_sub(SignedDuration::from_nanos(1)) else {
                    break;
                };
                latest = earlier;
            }
        }
        ListOrder::OldestFirst => {
            let mut earliest = filters.start.earliest();
            while earliest < filters.to {
                let Some(ends_at) = first_of_month(earliest, 1) else {
                    break;
                };
                groups.push(group(earliest, ends_at));
                earliest = ends_at;
            }
        }
    }
    groups
}

/// The first moment of the month of a moment, or of one some months later, in UTC.
fn first_of_month(at: Timestamp, months_later: i64) -> Option<Timestamp> {
    let first = at.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
    let first = first.checked_add(months_later.months()).ok()?;
    Some(first.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rokuban_http::paging::Pages;
    use rokuban_http::parameters::Given;

    use super::*;

    fn member(role: Role, manages: &[&str]) -> Member {
        Member {
            id: "someone".to_owned(),
            name: "誰か".to_owned(),
            role,
            teams: Vec::new(),
            manages: manages.iter().map(|team| (*team).to_owned()).collect(),
            deputy_for: Vec::new(),
            predecessors: Vec::new(),
        }
    }

    fn rulebook(staff_view_days: u32) -> Rulebook {
        Rulebook { staff_view_days, ..Rulebook::strict_default("root") }
    }

    fn planned(member: &Member, given: &[(&str, &str)]) -> Plan {
        let range = [("from", "2026-10-20T00:00:00+09:00"), ("to", "2026-11-01T09:00:00+09:00")];
        let has_range = given.iter().any(|(name, _)| *name == "from");
        let range = if has_range { &[][..] } else { &range[..] };
        let given: Vec<_> =
            given.iter().chain(range).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let filters = Filters::read(
            &Given(given),
            &Rulebook::strict_default("yamada"),
            "2026-11-13T00:00:00Z".parse().unwrap(),
            Pages::Json,
        )
        .unwrap();
        plan(&filters, member, &rulebook(7))
    }

    fn partitions(member: &Member, given: &[(&str, &str)]) -> Vec<Vec<Partition>> {
        planned(member, given).groups.into_iter().map(|group| group.partitions).collect()
    }

    #[test]
    fn the_narrowest_index_is_read() {
        let admin = member(Role::Admin, &[]);
        let october = || "2026-10".parse::<Month>().unwrap();
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
        let staff = |id: &str| Partition::Staff(id.to_owned(), october());
        assert_eq!(partitions(&admin, &[("staff", "sato,abe")]), [vec![staff("sato"), staff("abe")]]);
        let last4 = vec![Partition::Last4("5678".to_owned())];
        assert_eq!(partitions(&admin, &[("number_suffix", "2345678")]), [last4]);
        let shards: Vec<_> = (0..TIME_SHARDS).map(|shard| Partition::Time(october(), shard)).collect();
        assert_eq!(partitions(&admin, &[("number_suffix", "678")]), std::slice::from_ref(&shards));
        assert_eq!(partitions(&admin, &[]), [shards]);
        let shards: Vec<_> = (0..TIME_SHARDS).map(|shard| Partition::Quarantine(october(), shard)).collect();
        assert_eq!(partitions(&admin, &[("state", "quarantined")]), [shards]);
    }

    #[test]
    fn a_manager_reads_the_managed_teams_and_whoever_views_nothing_reads_nothing() {
        let manager = member(Role::Manager, &["general", "support"]);
        let team = |name: &str| Partition::Team(name.to_owned(), "2026-10".parse().unwrap());
        assert_eq!(partitions(&manager, &[]), [vec![team("general"), team("support")]]);
        assert_eq!(partitions(&manager, &[("team", "support")]), [vec![team("support")]]);
        assert!(partitions(&manager, &[("team", "sales")]).is_empty());
        assert!(partitions(&manager, &[("state", "quarantined")]).is_empty());
        assert!(partitions(&member(Role::Manager, &[]), &[]).is_empty());
        for given in [&[][..], &[("number", "090-1234-5678")], &[("team", "sales")], &[("state", "quarantined")]] {
            assert!(partitions(&member(Role::Auditor, &[]), given).is_empty());
        }
    }

    #[test]
    fn staff_and_successors_read_the_calls_that_are_theirs_whatever_they_ask_for() {
        let own = |id: &str| Partition::Staff(id.to_owned(), "2026-10".parse().unwrap());
        let staff = member(Role::Staff, &[]);
        for given in [&[][..], &[("number", "090-1234-5678")], &[("team", "sales")], &[("staff", "someone")]] {
            assert_eq!(partitions(&staff, given), [vec![own("someone")]], "{given:?}");
        }
        assert!(partitions(&staff, &[("staff", "sato")]).is_empty());
        assert!(partitions(&staff, &[("state", "quarantined")]).is_empty());
        let successor = Member { predecessors: vec!["sato".to_owned()], ..staff.clone() };
        assert_eq!(partitions(&successor, &[]), [vec![own("someone"), own("sato")]]);
        assert_eq!(partitions(&successor, &[("staff", "sato")]), [vec![own("sato")]]);
        let filters = Filters::read(
            &Given::default(),
            &Rulebook::strict_default("yamada"),
            "2026-10-31T00:00:00Z".parse().unwrap(),
            Pages::Json,
        )
        .unwrap();
        let planned = |member: &Member| plan(&filters, member, &rulebook(0)).groups;
        assert!(planned(&staff).is_empty(), "0 days are none");
        assert_eq!(planned(&successor)[0].partitions, [own("sato")]);
        let manager = Member { predecessors: vec!["sato".to_owned()], ..member(Role::Manager, &["support"]) };
        let team = Partition::Team("support".to_owned(), "2026-10".parse().unwrap());
        assert_eq!(partitions(&manager, &[]), [vec![team, own("sato")]]);
        let of_none = Member { manages: Vec::new(), ..manager };
        assert_eq!(partitions(&of_none, &[]), [vec![own("sato")]]);
    }

    #[test]
    fn months_are_read_newest_first_in_utc() {
        let admin = member(Role::Admin, &[]);
        let months = |from, to| -> Vec<String> {
            planned(&admin, &[("team", "sales"), ("from", from), ("to", to)])
                .groups
                .into_iter()
                .map(|group| match &group.partitions[0] {
                    Partition::Team(_, month) => month.to_string(),
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(months("2026-09-30T23:59:59Z", "2026-11-01T00:00:00.001Z"), ["2026-11", "2026-10", "2026-09"]);
        assert_eq!(months("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), ["2026-10"]);
        assert_eq!(months("2025-12-31T23:00:00Z", "2026-01-01T08:59:59+09:00"), ["2025-12"]);
        assert_eq!(months("2025-10-01T00:00:00Z", "2026-11-05T00:00:00Z").len(), 14);
        let given = [("sort", "oldest"), ("from", "2026-09-30T23:59:59Z"), ("to", "2026-11-01T00:00:00.001Z")];
        let groups = planned(&admin, &given).groups;
        let edges: Vec<String> = groups.iter().map(|group| group.edge.to_string()).collect();
        assert_eq!(edges, ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"]);
        assert_eq!(groups[0].partitions[0], Partition::Time("2026-09".parse().unwrap(), 0));
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
            (&admin, &[("number_suffix", "15678")], true),
            (&admin, &[("number_prefix", "090-1")], true),
            (&admin, &[("staff", "sato,abe")], false),
            (&admin, &[("direction", "inbound")], true),
        ] {
            assert_eq!(planned(member, given).is_selective, is_selective, "{given:?}");
        }
    }
}
