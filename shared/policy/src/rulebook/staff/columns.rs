//! The columns of a staff list, and what companies call them.

use crate::rulebook::text::fold;

/// The columns, as they are called in English and in Japanese, and whether a list must have them.
pub(super) const COLUMNS: [(&str, &str, bool); COLUMN_COUNT] = [
    ("id", "社員番号", true),
    ("name", "氏名", true),
    ("login", "ログイン名", false),
    ("mail", "メールアドレス", false),
    ("extension", "内線番号", false),
    ("numbers", "会社の携帯番号", false),
    ("team", "部署", true),
    ("role", "役割", true),
    ("manages", "担当する部署", false),
    ("affiliation", "所属", false),
    ("from", "開始日", true),
    ("until", "終了日", false),
];

/// How many there are.
pub(super) const COLUMN_COUNT: usize = 12;

/// What companies call these columns in their own lists.
pub(super) const LIKELY: [(&str, &str); 23] = [
    ("社員id", "id"),
    ("従業員番号", "id"),
    ("no", "id"),
    ("名前", "name"),
    ("社員名", "name"),
    ("ログイン", "login"),
    ("ログインid", "login"),
    ("email", "mail"),
    ("メール", "mail"),
    ("内線", "extension"),
    ("携帯番号", "numbers"),
    ("携帯電話", "numbers"),
    ("電話番号", "numbers"),
    ("部門", "team"),
    ("所属部署", "team"),
    ("課", "team"),
    ("権限", "role"),
    ("ロール", "role"),
    ("担当部署", "manages"),
    ("管理部署", "manages"),
    ("入社日", "from"),
    ("退職日", "until"),
    ("雇用形態", "affiliation"),
];

/// Which of [`COLUMNS`] a heading names.
pub(super) fn column(cell: &str) -> Option<usize> {
    let name = fold(cell).to_lowercase();
    COLUMNS.iter().position(|(column, in_japanese, _)| *column == name || *in_japanese == name)
}

/// The columns, to be named to a person.
pub(super) fn known() -> String {
    COLUMNS.map(|(column, ..)| column).join(", ")
}
