//! Counts what passed and what failed, in the words of each test runner.

/// Tests, and checks that count as one each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

/// One check that passed.
pub(crate) const ONE_PASSED: Totals = Totals { passed: 1, failed: 0 };

/// What a step's log says about the tests in it. Nothing, if the step is one check.
pub(crate) type Count = fn(&str) -> Option<Totals>;

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// A step that is one check.
pub(crate) fn one(_: &str) -> Option<Totals> {
    None
}

/// The sums of every `test result:` line of cargo's test runs.
pub(crate) fn cargo_tests(log: &str) -> Option<Totals> {
    let mut totals = Totals::default();
    let results = log.lines().filter_map(|line| line.trim().strip_prefix("test result: "));
    let mut any = false;
    for result in results {
        any = true;
        let number = |word: &str| {
            let before = result.split(&format!(" {word}")).next()?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        };
        totals.passed += number("passed").unwrap_or_default();
        totals.failed += number("failed").unwrap_or_default();
    }
    any.then_some(totals)
}

/// The numbers in the last lines of Python's unittest.
pub(crate) fn python_tests(log: &str) -> Option<Totals> {
    let ran: usize = log.lines().find_map(|line| line.strip_prefix("Ran "))?.split(' ').next()?.parse().ok()?;
    let number = |name: &str| -> usize {
        let last = log.lines().rev().find(|line| line.starts_with("FAILED (")).unwrap_or_default();
        let after = last.split(&format!("{name}=")).nth(1).unwrap_or_default();
        after
            .split(|next: char| !next.is_ascii_digit())
            .next()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    };
    let failed = number("failures") + number("errors");
    Some(Totals { passed: ran.saturating_sub(failed), failed })
}

/// The sums that Node's runner prints after each run.
pub(crate) fn node_tests(log: &str) -> Option<Totals> {
    let sum = |word: &str| -> Option<usize> {
        let numbers =
            log.lines().filter_map(|line| line.strip_prefix("# ")?.strip_prefix(word)?.trim().parse::<usize>().ok());
        numbers.reduce(|sum, number| sum + number)
    };
    Some(Totals { passed: sum("pass ")?, failed: sum("fail ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_added_up() {
        let log = "running 3 tests\n\
                   test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                   test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s\n";
        assert_eq!(cargo_tests(log), Some(Totals { passed: 15, failed: 2 }));
        assert_eq!(cargo_tests("error: could not compile"), None);
    }

    #[test]
    fn nodes_results_are_added_up() {
        let log = "ok 1 - a\n# pass 17\n# fail 0\nok 2 - b\n# pass 40\n# fail 2\n";
        assert_eq!(node_tests(log), Some(Totals { passed: 57, failed: 2 }));
        assert_eq!(node_tests("npm error"), None);
    }

    #[test]
    fn pythons_results_are_read() {
        assert_eq!(python_tests("Ran 14 tests in 0.1s\n\nOK\n"), Some(Totals { passed: 14, failed: 0 }));
        let failed = "Ran 14 tests in 0.1s\n\nFAILED (failures=2, errors=1)\n";
        assert_eq!(python_tests(failed), Some(Totals { passed: 11, failed: 3 }));
        assert_eq!(python_tests("Traceback"), None);
    }
}
