//! The query parameters of a search.

use rokuban_http::export::CONDITIONS;
use rokuban_http::parameters::Parameter;
use rokuban_http::problem::Constraint;

/// The query parameters.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "from",
        Constraint::Time,
        "Calls that began then or later; a day counts whole. Unless given, 30 days before `to`; with `number`, `last4` or \
         `staff` the longest period in force.",
        "2026-11-03T00:00:00+09:00",
    ),
    Parameter::new(
        "to",
        Constraint::Time,
        "Calls that began before then; a day counts whole. Now unless given. At most 400 days after `from`.",
        "2026-11-04T00:00:00+09:00",
    ),
    Parameter::new("number", Constraint::Number, "The counterpart's number 相手番号, in any form.", "090-1234-5678"),
    Parameter::new("last4", Constraint::FourDigits, "The last four digits of it.", "5678"),
    Parameter::new(
        "number_prefix",
        Constraint::NumberBeginning,
        "The first digits of it, as one writes them: `090-12`, `03-52`, `+8135`.",
        "03-52",
    ),
    Parameter::new(
        "number_suffix",
        Constraint::NumberEnding,
        "The last digits of it. With four or more the search reads their index, with fewer all calls of the time.",
        "678",
    ),
    Parameter::new(
        "counterpart_absent",
        Constraint::Absent,
        "Calls without a counterpart's number, by the reason.",
        "withheld",
    ),
    Parameter::new(
        "staff",
        Constraint::StaffNames,
        "The member of staff, by id or name in any width or case; several with `,` between them.",
        "sato,鈴木 一郎",
    ),
    Parameter::new("team", Constraint::Text, "The team at the time of the call, in any width or case.", "sales"),
    Parameter::new("extension", Constraint::Text, "Our extension: one that a member has or had.", "201"),
    Parameter::new("line", Constraint::Text, "Our line 回線・窓口, by its name in the rulebook.", "代表"),
    Parameter::new("direction", Constraint::Direction, "Which way the call went.", "inbound"),
    Parameter::new(
        "min_seconds",
        Constraint::Seconds,
        "The least length, in whole seconds; with it calls of unknown length are left out.",
        "60",
    ),
    Parameter::new(
        "max_seconds",
        Constraint::Seconds,
        "The greatest length, in whole seconds; with it calls of unknown length are left out.",
        "600",
    ),
    Parameter::new("notes", Constraint::YesOrNo, "Whether a note 通話メモ stands on it.", "true"),
    Parameter::new("held", Constraint::YesOrNo, "Whether a hold 削除停止 stands.", "true"),
    Parameter::new(
        "state",
        Constraint::State,
        "What is active unless told; what is in quarantine 要確認 is the admins'.",
        "active",
    ),
    Parameter::new("sort", Constraint::Sort, "Which end of the time comes first.", "oldest"),
    Parameter::new(
        "count",
        Constraint::YesOrNo,
        "Whether the answer has `total`: exact up to 1,000. It reads at most 5,000 recordings more. Not in CSV.",
        "true",
    ),
    CONDITIONS,
    Parameter::new(
        "limit",
        Constraint::Limit,
        "The most items of a page; 50 unless told. Of CSV a page takes 1,000 rows, and has them unless told.",
        "50",
    ),
    Parameter::new(
        "cursor",
        Constraint::Cursor,
        "What the page before gave as `next_cursor`.",
        "eyJ2IjoyLCJhdCI6IjIwMjYtMTEtMDNUMDU6MDU6MDIuMDAwWiIsImYiOiI4MTFjOWRjNSJ9",
    ),
];

/// Those of them that a search of notes takes: it has no total.
pub(crate) const NOTE_PARAMETERS: &[Parameter] = &NOTE_PARAMETERS_ARRAY;

const NOTE_PARAMETERS_COUNT: usize = PARAMETERS.len() - 2;

const NOTE_PARAMETERS_ARRAY: [Parameter; NOTE_PARAMETERS_COUNT] = {
    let mut taken = [PARAMETERS[0]; NOTE_PARAMETERS_COUNT];
    let (mut from, mut to) = (0, 0);
    while from < PARAMETERS.len() {
        if !matches!(PARAMETERS[from].name.as_bytes(), b"notes" | b"count") {
            taken[to] = PARAMETERS[from];
            to += 1;
        }
        from += 1;
    }
    taken
};
