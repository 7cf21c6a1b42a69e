//! The shape of the document: examples out of examples, and schemas that every reader of them understands.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Map, Value, json};

/// An example made of the examples of what it is made of. Of an answer it has every field, of a body those
/// that must be there.
pub(super) fn example(schema: &Value, components: &Map<String, Value>, is_whole: bool, place: &str) -> Value {
    let of = |schema: &Value, place: &str| example(schema, components, is_whole, place);
    if let Some(first) = schema.pointer("/examples/0") {
        return first.clone();
    }
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return of(&components[name], name);
    }
    if let Some(value) = schema.get("const").or(schema.pointer("/enum/0")) {
        return value.clone();
    }
    if let Some(first) = schema.pointer("/oneOf/0").or(schema.pointer("/anyOf/0")) {
        return of(first, place);
    }
    let kind = schema["type"].as_str().or(schema.pointer("/type/0").and_then(Value::as_str));
    match kind {
        Some("object") => {
            let is_required =
                |name: &String| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            let properties = schema["properties"].as_object().into_iter().flatten();
            let shown = properties.filter(|(name, _)| is_whole || is_required(name));
            shown
                .map(|(name, schema)| (name.clone(), of(schema, &format!("{place}.{name}"))))
                .collect::<Map<_, _>>()
                .into()
        }
        Some("array") => json!([of(&schema["items"], &format!("{place}[]"))]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        _ => panic!("{place} has no example: give it one"),
    }
}

/// Makes one `enum` of a choice between constants, with what each means in the description: some generators of clients read
/// a `oneOf` of `const` as its first constant alone.
fn join_constants(members: &mut Map<String, Value>) {
    let Some(choices) = members.get("oneOf").and_then(Value::as_array) else { return };
    let mut words = Vec::new();
    let mut meanings = Vec::new();
    for choice in choices {
        let Some(word) = choice.get("const").and_then(Value::as_str) else { return };
        words.push(json!(word));
        if let Some(meaning) = choice.get("description").and_then(Value::as_str) {
            meanings.push(format!("`{word}`: {}", meaning.trim_end_matches('.')));
        }
    }
    let said = members.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{said} {}.", meanings.join("; ")).trim().to_owned();
    members.remove("oneOf");
    members.insert("type".to_owned(), json!("string"));
    members.insert("enum".to_owned(), json!(words));
    members.insert("description".to_owned(), json!(description));
}

/// STRICT for readers: an object has the fields that are named and no other. And what is said of a type in
/// Rust's documentation is plain text here.
pub(super) fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            join_constants(members);
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
            }
            members.values_mut().for_each(tidy);
        }
        _ => {}
    }
}
