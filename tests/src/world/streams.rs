//! A table that is put back, and the streams of tables: what was written, as Lambda brings it.

use serde_json::{Value, json};

use super::dynamo::{Tables, run};

impl Tables {
    /// Puts a table back to what it was: these items, and no others. Nothing lags behind a restored table.
    pub(crate) fn put_back(&self, table: &str, image: &[Value]) {
        let names = self.keys.lock().expect("nothing panics while holding it").get(table).cloned().unwrap_or_default();
        let key_of = |item: &Value| -> Value { names.iter().map(|name| (name.clone(), item[name].clone())).collect() };
        for item in self.items(table) {
            self.must("DeleteItem", &json!({"TableName": table, "Key": key_of(&item)}));
        }
        for item in image {
            self.must("PutItem", &json!({"TableName": table, "Item": item}));
        }
        if let Some(replica) = &self.behind {
            replica.lock().expect("nothing panics while holding it").catch_up(0);
        }
        // The stream of a restored table is a new one.
        self.take_stream(table);
    }

    /// What a table's stream says since it was last read, as Lambda brings it; nothing where it has none.
    pub(crate) fn take_stream(&self, table: &str) -> Vec<Value> {
        let mut streams = self.streams.lock().expect("nothing panics while holding it");
        let read = |operation, body| run(&self.current, operation, &body).expect("the stream can be read");
        let mut next = if let Some(next) = streams.get(table) {
            next.clone()
        } else {
            let streams = read("ListStreams", json!({"TableName": table}));
            let Some(stream) = streams.pointer("/Streams/0/StreamArn") else { return Vec::new() };
            let description = read("DescribeStream", json!({"StreamArn": stream}));
            let shard = &description["StreamDescription"]["Shards"][0]["ShardId"];
            let from = json!({"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
            text_of(&read("GetShardIterator", from)["ShardIterator"])
        };
        let mut records = Vec::new();
        loop {
            let mut page = read("GetRecords", json!({"ShardIterator": next}));
            next = text_of(&page["NextShardIterator"]);
            match page["Records"].take() {
                Value::Array(some) if !some.is_empty() => records.extend(some),
                _ => break,
            }
        }
        streams.insert(table.to_owned(), next);
        records
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
