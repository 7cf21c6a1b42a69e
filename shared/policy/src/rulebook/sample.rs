//! A small company for the tests of this crate.

#![allow(clippy::unwrap_used)]

use jiff::Timestamp;

use super::{Document, Rulebook, check, publish};

/// Noon of 20 November 2026 in Tokyo.
pub(crate) const NOW: &str = "2026-11-20T03:00:00Z";

pub(crate) const POLICY: &str = r#"[company]
name = "山田商事"
time_zone = "Asia/Tokyo"
country = "JP"

[purpose]
default = "evidence"

[[retention]]
class = "contracts"
when = { team = "sales", direction = "outbound" }
keep_days = 90

[[retention]]
class = "standard"
keep_days = 30

[access]
staff = "none"
manager_download = false

[[line]]
name = "代表"
number = "03-1234-5678"
team = "general"

[[line]]
name = "サポート窓口"
queue = "600"
team = "support"
owner = "line"

[[notice]]
line = "代表"
direction = "inbound"
placed = "ivr"
text = "通話内容の確認のため、録音させていただきます。"
from = "2026-04-01"
"#;

pub(crate) const STAFF: &str = "id,name,login,extension,numbers,team,role,manages,affiliation,from,until
yamada,山田 太郎,,100,,management,admin,,,2026-04-01,
hayashi,林 由美,,101,,management,admin,,,2026-04-01,
ono,小野 真理,,102,,audit,auditor,,,2026-04-01,
kato,加藤 恵,,210,,sales,manager,sales,,2026-04-01,
mori,森 健,,220,,support,manager,support;general,,2026-04-01,
sato,佐藤 花子,,201,090-0000-0201,sales,staff,,,2026-04-01,
tanaka,田中 誠,,203,,sales,staff,,,2026-04-01,2026-11-04
takahashi,高橋 美咲,,203,,general,staff,,,2026-11-05,
nakamura,中村 翔,,204,,support,staff,,派遣 人材サービス,2026-04-01,2027-03-31
";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn document() -> Document {
    publish(None, &check(POLICY, STAFF, now()).unwrap(), "yamada", now()).unwrap().document
}

pub(crate) fn rulebook() -> Rulebook {
    document().rulebook().unwrap()
}
