//! The daily roll-ups that reports and the month of the admins are made of.

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use rokuban_http::problem::Problem;
use rokuban_http::time::Day;
use serde::de::DeserializeOwned;
use store::{ReportKind, RollUp};

use crate::context::Context;

/// 16 days are read at once.
const AT_ONCE: usize = 16;

/// What a file says of the days that are not computed yet: without it nobody tells them from days without a call.
pub(crate) fn pending(days: &[Day]) -> Vec<(&'static str, String)> {
    let days: Vec<&str> = days.iter().map(Day::as_text).collect();
    if days.is_empty() { Vec::new() } else { vec![("pending_days", days.join("; "))] }
}

/// The roll-ups of days, those of their lines that may be seen, and the days that have none.
pub(crate) async fn read_roll_ups<Line: DeserializeOwned>(
    context: &Context,
    report: ReportKind,
    days: &[Date],
    may_see: impl Fn(&Line) -> bool,
) -> Result<(Vec<(Date, RollUp<Line>)>, Vec<Day>), Problem> {
    let read: Vec<(Date, Option<RollUp<Line>>)> = stream::iter(days.iter().copied())
        .map(|day| async move { context.shared.table.roll_up(report, day).await.map(|roll_up| (day, roll_up)) })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let missing = read.iter().filter(|(_, roll_up)| roll_up.is_none()).map(|(day, _)| Day::new(*day)).collect();
    let mut rolled: Vec<_> = read.into_iter().filter_map(|(day, roll_up)| Some((day, roll_up?))).collect();
    for (_, roll_up) in &mut rolled {
        roll_up.lines.retain(&may_see);
    }
    Ok((rolled, missing))
}
