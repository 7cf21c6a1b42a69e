//! XML as JSON: FreeSWITCH writes one record either way, with the same names at the same places.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// 64 levels, as in JSON: a call's record nests under ten.
const DEPTH_LIMIT: usize = 64;

/// An element that is open.
#[derive(Default)]
struct Element {
    name: String,
    children: Map<String, Value>,
    text: String,
}

impl Element {
    fn value(self) -> Value {
        if self.children.is_empty() { Value::String(self.text.trim().to_owned()) } else { Value::Object(self.children) }
    }

    /// Of two children with one name the first stands: of a call's profiles that is the latest.
    fn adopt(&mut self, child: Element) {
        let name = child.name.clone();
        self.children.entry(name).or_insert_with(|| child.value());
    }
}

/// The root element of a document: an element with children is an object, any other its text. Attributes say
/// nothing here. `None` where it is no well-formed XML in UTF-8.
pub(super) fn to_json(document: &[u8]) -> Option<Value> {
    let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() > DEPTH_LIMIT {
                    return None;
                }
                let name = std::str::from_utf8(start.name().as_ref()).ok()?.to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::Empty(empty) => {
                let name = std::str::from_utf8(empty.name().as_ref()).ok()?.to_owned();
                open.last_mut()?.adopt(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let closed = open.pop()?;
                open.last_mut()?.adopt(closed);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(entity) => {
                let text = match entity.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => resolve_predefined_entity(&entity.decode().ok()?)?.to_owned(),
                };
                open.last_mut()?.text.push_str(&text);
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
        }
    }
    let [root] = <[Element; 1]>::try_from(open).ok()?;
    root.children.into_iter().next().map(|(_, record)| record)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_are_objects_and_texts_and_of_two_with_one_name_the_first_stands() {
        let document = br#"<?xml version="1.0"?>
<cdr core-uuid="1"><variables><a> 1 &amp; 2&#33;</a><b/><c><![CDATA[<x>]]></c></variables>
<callflow><caller_profile><n>201</n></caller_profile></callflow><callflow><caller_profile><n>202</n></caller_profile></callflow></cdr>"#;
        assert_eq!(
            to_json(document),
            Some(json!({
                "variables": { "a": "1 & 2!", "b": "", "c": "<x>" },
                "callflow": { "caller_profile": { "n": "201" } },
            }))
        );
    }

    #[test]
    fn what_is_no_whole_xml_is_none_and_no_entity_is_expanded() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        for document in [
            "",
            "text",
            "<a><b></a></b>",
            "<a>",
            "</a>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a>&#xD800;</a>",
            &deep,
        ] {
            assert_eq!(to_json(document.as_bytes()), None, "{document}");
        }
        assert_eq!(to_json(b"<a>\xff</a>"), None);
    }
}
