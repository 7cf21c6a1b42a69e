//! The placeholders of the rulebook that ships: a company replaces them before it publishes.

use super::model::Post;
use super::{policy, staff};

const SHIPPED_POLICY: &str = include_str!("../../../../infra/rulebook/policy.toml");

const SHIPPED_STAFF: &str = include_str!("../../../../infra/rulebook/staff.csv");

/// The placeholders that still stand in a policy and a staff list, faulty or not: the company's name, then people's.
pub fn placeholders(policy_text: &str, staff_text: &str) -> Vec<String> {
    let company = |text: &str| policy::read(text).0.company;
    let people = |text: &str| staff::read(text, "JP").0.posts.into_iter().map(|located| located.value);
    let mut found = Vec::new();
    let shipped = company(SHIPPED_POLICY);
    if company(policy_text) == shipped {
        found.push(shipped);
    }
    let listed: Vec<Post> = people(staff_text).collect();
    for sample in people(SHIPPED_STAFF) {
        if listed.iter().any(|post| post.id == sample.id && post.name == sample.name) && !found.contains(&sample.name) {
            found.push(sample.name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_all_placeholders_and_a_companys_own_has_none() {
        let found = placeholders(SHIPPED_POLICY, SHIPPED_STAFF);
        assert_eq!((found.len(), found[0].as_str(), found[1].as_str()), (8, "会社名を書いてください", "管理者 一郎"));
        let own = SHIPPED_POLICY.replace("会社名を書いてください", "山田商事");
        let staff = |rows: &str| format!("id,name,login,team,role,manages,from\n{rows}\n");
        assert!(placeholders(&own, &staff("yamada,山田 太郎,,営業部,admin,,2026/4/1")).is_empty());
        // An id of the sample's for somebody of one's own is nobody's placeholder.
        assert!(placeholders(&own, &staff("admin1,山田 太郎,,総務部,admin,,2026/4/1")).is_empty());
        let written_otherwise =
            "氏名,社員番号,ログイン名,部署,役割,担当する部署,開始日\n\"管理者 一郎\",admin1,,総務部,管理者,,2026/4/1\n";
        assert_eq!(placeholders(&own, written_otherwise), ["管理者 一郎"]);
        assert_eq!(placeholders("not TOML [", "no list"), [""; 0]);
    }
}
