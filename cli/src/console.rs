//! Progress on standard error, and how numbers are written.

use std::cell::Cell;
use std::future;
use std::io::{Write, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Instant, sleep};

/// The cost of a file beside its bytes, to estimate the time left: small files are bound by requests.
const REQUEST_AS_BYTES: u64 = 64 * 1024;

/// A line each five seconds: enough to see that it goes on, few enough for a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// A bar moves four times a second.
const BAR_EVERY: Duration = Duration::from_millis(250);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// A bar: on a terminal.
    Bar,
    /// A line each few seconds.
    Lines,
    /// Not at all.
    Nothing,
}

impl Show {
    /// Says something once.
    pub(crate) fn say(self, text: &str) {
        if self != Self::Nothing {
            // Go on when standard error is closed.
            let _ = writeln!(stderr(), "{text}");
        }
    }
}

/// How far the uploads are.
pub(crate) struct Progress {
    show: Show,
    bar: ProgressBar,
    total_files: u64,
    total_bytes: u64,
    files: Cell<u64>,
    bytes: Cell<u64>,
    began: Instant,
}

impl Progress {
    pub(crate) fn new(show: Show, total_files: u64, total_bytes: u64) -> Self {
        let bar = if show == Show::Bar { ProgressBar::new(100) } else { ProgressBar::hidden() };
        // The template is ours and well formed; with another the bar would only look plainer.
        if let Ok(style) = ProgressStyle::with_template("  {bar:28} {percent:>3} %  {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { show, bar, total_files, total_bytes, files: Cell::new(0), bytes: Cell::new(0), began: Instant::now() }
    }

    /// A file is done with.
    pub(crate) fn advance(&self, bytes: u64) {
        self.files.set(self.files.get() + 1);
        self.bytes.set(self.bytes.get() + bytes);
    }

    /// Shows the progress repeatedly; never ends.
    pub(crate) async fn shown(&self) {
        match self.show {
            Show::Nothing => future::pending().await,
            Show::Lines => loop {
                sleep(LINE_EVERY).await;
                self.show.say(&self.line());
            },
            Show::Bar => loop {
                sleep(BAR_EVERY).await;
                self.bar.set_position(self.percent());
                self.bar.set_message(self.line());
            },
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn percent(&self) -> u64 {
        let done = cost(self.files.get(), self.bytes.get());
        (done * 100).checked_div(cost(self.total_files, self.total_bytes)).unwrap_or(100).min(100)
    }

    fn line(&self) -> String {
        let (files, bytes) = (self.files.get(), self.bytes.get());
        let elapsed = self.elapsed();
        let rate = match u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) {
            0 => String::new(),
            milliseconds => format!(" · {}/s", size(bytes.saturating_mul(1_000) / milliseconds)),
        };
        let left = time_left(elapsed, cost(files, bytes), cost(self.total_files, self.total_bytes))
            .map_or_else(String::new, |left| format!(" · {} left", time(left)));
        let (total, total_bytes) = (count(self.total_files), size(self.total_bytes));
        format!("{} of {total} files · {} of {total_bytes}{rate}{left}", count(files), size(bytes))
    }
}

fn cost(files: u64, bytes: u64) -> u64 {
    files.saturating_mul(REQUEST_AS_BYTES).saturating_add(bytes) / 1_000
}

/// How long the rest takes at the pace so far; empty while the pace is unknown.
fn time_left(elapsed: Duration, done: u64, total: u64) -> Option<Duration> {
    let rest = total.checked_sub(done)?;
    let seconds = u128::from(rest).checked_mul(elapsed.as_millis())?.checked_div(u128::from(done))? / 1_000;
    Some(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `12,345 files`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `999 B`, `1.2 kB`, `28.4 GB`: by thousands, as S3's bills are.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `45 s`, `12 min`, `3 h 05 min`.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (28_412_345_678, "28.4 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (seconds, text) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (11_100, "3 h 05 min")] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn the_time_left_is_the_rest_at_the_pace_so_far() {
        let minute = Duration::from_secs(60);
        assert_eq!(time_left(minute, 0, 100), None);
        assert_eq!(time_left(minute, 25, 100), Some(Duration::from_secs(180)));
        assert_eq!(time_left(minute, 100, 100), Some(Duration::ZERO));
        // A folder that grew while it was uploaded.
        assert_eq!(time_left(minute, 101, 100), None);
    }

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long() {
        let progress = Progress::new(Show::Nothing, 2_000, 5_800_000_000);
        progress.advance(2_900_000);
        assert!(progress.line().starts_with("1 of 2,000 files · 2.9 MB of 5.8 GB"), "{}", progress.line());
        assert_eq!(progress.percent(), 0);
    }
}
