//! The parameters of paths and queries.

use policy::case::CaseOutcome;
use policy::facts::Direction;
use policy::number::Absent;
use policy::{Label, Language};
use serde_json::{Value, json};

use crate::paging::{CURSOR_LIMIT_CHARACTERS, DEFAULT_LIMIT, LIMIT};
use crate::parameter::Parameter;
use crate::parameters::{NUMBER_LIMIT_CHARACTERS, SECONDS_LIMIT, STAFF_LIMIT, TEXT_LIMIT_CHARACTERS};
use crate::problem::Constraint;

/// The parameters of a path.
pub(super) fn in_path(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name| {
        let (description, schema, example) = match name {
            "id" => (
                if path.starts_with("/cases/") {
                    "The case's id."
                } else if path.starts_with("/deletions/") {
                    "The request's id."
                } else {
                    "The recording's id."
                },
                json!({"type": "string", "pattern": "^[a-z2-7]{26}$"}),
                "3tqk5nwo2xvq7yhl4zgm6cbeda",
            ),
            "number" => {
                ("The note's number in custody.", json!({"type": "string", "pattern": "^[1-9][0-9]{0,9}$"}), "2")
            }
            "hold_id" => {
                ("The hold's id.", json!({"type": "string", "pattern": "^[a-z2-7]{26}$"}), "3tqk5nwo2xvq7yhl4zgm6cbeda")
            }
            "recording_id" | "share_id" | "release_id" => (
                match name {
                    "share_id" => "The share's id.",
                    "release_id" => "The release's id.",
                    _ => "The recording's id.",
                },
                json!({"type": "string", "pattern": "^[a-z2-7]{26}$"}),
                "3tqk5nwo2xvq7yhl4zgm6cbeda",
            ),
            "source" => ("The source's name.", json!({"type": "string", "minLength": 1}), "freepbx"),
            "call_id" => ("The PBX's own id of the call.", json!({"type": "string", "minLength": 1}), "1793682300.101"),
            other => panic!("what is `{other}` in a path? say it"),
        };
        json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
            "example": example,
        })
    };
    names.map(parameter).collect()
}

/// A parameter of a query.
pub(super) fn in_query(parameter: &Parameter) -> Value {
    let schema = schema_of(parameter);
    let example = match schema["type"].as_str() {
        Some("integer") => json!(parameter.example.parse::<u64>().unwrap()),
        _ => json!(parameter.example),
    };
    json!({
        "name": parameter.name, "in": "query", "required": false,
        "description": parameter.description, "schema": schema, "example": example,
    })
}

/// The schema of a query parameter.
fn schema_of(parameter: &Parameter) -> Value {
    match parameter.constraint {
        Constraint::Time => json!({
            "type": "string", "minLength": 10, "maxLength": 35,
            "pattern": "^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[-+ ][0-9]{2}:[0-9]{2}))?$",
        }),
        Constraint::Day => json!({
            "type": "string", "minLength": 10, "maxLength": 10, "pattern": "^[0-9]{4}([-/])[0-9]{2}[-/][0-9]{2}$",
        }),
        Constraint::Number => json!({"type": "string", "minLength": 1, "maxLength": NUMBER_LIMIT_CHARACTERS}),
        Constraint::FourDigits => json!({"type": "string", "pattern": "^[0-9]{4}$"}),
        Constraint::Text => json!({"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT_CHARACTERS}),
        Constraint::State => json!({"type": "string", "enum": ["active", "quarantined"], "default": "active"}),
        Constraint::CaseOutcome => json!({"type": "string", "enum": CaseOutcome::ALL.map(CaseOutcome::as_str)}),
        Constraint::CaseState => json!({"type": "string", "enum": ["new", "in_progress", "closed"]}),
        Constraint::DeletionState => json!({"type": "string", "enum": ["waiting", "approved"], "default": "waiting"}),
        Constraint::Month => json!({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}),
        Constraint::Outcome => json!({"type": "string", "enum": ["permitted", "refused"]}),
        Constraint::NumberBeginning => json!({"type": "string", "minLength": 3, "maxLength": NUMBER_LIMIT_CHARACTERS}),
        Constraint::NumberEnding => json!({"type": "string", "minLength": 2, "maxLength": 15}),
        Constraint::Absent => json!({"type": "string", "enum": words(Absent::ALL.map(|one| (one.as_str(), one)))}),
        Constraint::Direction => {
            json!({"type": "string", "enum": words(Direction::ALL.map(|one| (one.as_str(), one)))})
        }
        Constraint::Seconds => json!({"type": "integer", "minimum": 0, "maximum": SECONDS_LIMIT}),
        Constraint::Version => json!({"type": "integer", "minimum": 1}),
        Constraint::YesOrNo => json!({"type": "string", "enum": ["true", "false"]}),
        Constraint::Sort => json!({"type": "string", "enum": ["newest", "oldest"], "default": "newest"}),
        Constraint::StaffNames => {
            json!({"type": "string", "minLength": 1, "maxLength": STAFF_LIMIT * (TEXT_LIMIT_CHARACTERS + 1)})
        }
        Constraint::Limit => {
            json!({"type": "integer", "minimum": 1, "maximum": LIMIT, "default": DEFAULT_LIMIT})
        }
        Constraint::Cursor => json!({
            "type": "string", "minLength": 1, "maxLength": CURSOR_LIMIT_CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$",
        }),
        other => panic!("no query parameter must be {other:?}"),
    }
}

/// Words with their Japanese labels: both are taken.
fn words<Word: Label, const COUNT: usize>(words: [(&'static str, Word); COUNT]) -> Vec<&'static str> {
    words.into_iter().flat_map(|(word, label)| [word, label.label(Language::Japanese)]).collect()
}
