//! `DynamoDB`'s items as plain JSON.

use serde_json::{Map, Value};

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// An item or a value of it without `DynamoDB`'s type names: strings, numbers, lists, objects;
/// sets are sorted lists, binary stays base64.
pub(crate) fn plain(item: &Value) -> Value {
    members(item).map(|(name, value)| (name.clone(), plain_value(value))).collect::<Map<_, _>>().into()
}

fn plain_value(value: &Value) -> Value {
    let Some((kind, inner)) = members(value).next() else {
        return Value::Null;
    };
    let number =
        |text: &Value| text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| text.clone());
    match kind.as_str() {
        "N" => number(inner),
        "NULL" => Value::Null,
        "L" => list(inner).iter().map(plain_value).collect(),
        "M" => plain(inner),
        "NS" | "SS" | "BS" => {
            let mut members = list(inner).to_vec();
            members.sort_by_key(ToString::to_string);
            if kind == "NS" { members.iter().map(number).collect() } else { Value::Array(members) }
        }
        _ => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plain_item_has_no_type_names() {
        let item = json!({
            "pk": { "S": "a" }, "n": { "N": "1.5" }, "gone": { "NULL": true },
            "m": { "M": { "l": { "L": [{ "BOOL": true }] } } }, "s": { "NS": ["2", "1"] },
        });
        assert_eq!(plain(&item), json!({ "pk": "a", "n": 1.5, "gone": null, "m": { "l": [true] }, "s": [1, 2] }));
    }
}
