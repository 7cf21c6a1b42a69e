//! Metrics, as lines of a log: CloudWatch reads them out of it, so that counting costs no call.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The namespace of all of them.
pub const NAMESPACE: &str = "Rokuban";

/// The dimension of all of them: two stacks of one account and Region share the namespace.
pub const STACK: &str = "Stack";

/// One line in CloudWatch's embedded metric format, every value a count of the stack's.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
pub fn line(stack: &str, at: Timestamp, counts: &[(&str, u64)]) -> String {
    let metrics: Vec<Value> = counts.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [[STACK]], "Metrics": metrics}],
        }),
    );
    line.insert(STACK.to_owned(), json!(stack));
    for (name, count) in counts {
        line.insert((*name).to_owned(), json!(count));
    }
    Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let at = "2026-11-03T05:05:02.123Z".parse().unwrap();
        let line: Value = serde_json::from_str(&line("rokuban", at, &[("OverdueDeletions", 3)])).unwrap();
        assert_eq!(line["_aws"]["Timestamp"], 1_793_682_302_123_i64);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Rokuban");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "OverdueDeletions");
        assert_eq!(line["OverdueDeletions"], 3);
        // A dimension's value stands beside the counts.
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack"]]));
        assert_eq!(line["Stack"], "rokuban");
    }
}
