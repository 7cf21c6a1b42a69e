//! A number as people at home read and dial it.

use super::{PhoneNumber, plan};

impl PhoneNumber {
    /// As it is dialled in a country, with hyphens where its form is certain: `090-1234-5678`. A number of another
    /// country stays E.164.
    pub fn dialled_in(&self, country: &str) -> String {
        let home = plan(country).filter(|plan| !plan.trunk.is_empty());
        let national = home.and_then(|plan| {
            let national = self.0.strip_prefix('+')?.strip_prefix(plan.calling_code)?;
            (plan.is_national)(national).then(|| format!("{}{national}", plan.trunk))
        });
        let Some(national) = national else { return self.0.clone() };
        let parts = match (country, national.len()) {
            ("JP", 11) if national.starts_with("0800") => Some((4, 7)),
            ("JP", 11) if ["050", "070", "080", "090"].iter().any(|start| national.starts_with(start)) => Some((3, 7)),
            ("JP", 10) if ["0120", "0570"].iter().any(|start| national.starts_with(start)) => Some((4, 7)),
            ("JP", 10) if ["03", "06"].iter().any(|start| national.starts_with(start)) => Some((2, 6)),
            _ => None,
        };
        match parts {
            Some((first, second)) => {
                format!("{}-{}-{}", &national[..first], &national[first..second], &national[second..])
            }
            None => national,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_number_is_shown_as_it_is_dialled_at_home() {
        for (number, shown) in [
            ("+819012345678", "090-1234-5678"),
            ("+81312345678", "03-1234-5678"),
            ("+81120000000", "0120-000-000"),
            ("+818000000000", "0800-000-0000"),
            ("+81451234567", "0451234567"),
            ("+12025550123", "+12025550123"),
            ("110", "110"),
        ] {
            assert_eq!(PhoneNumber::try_from(number.to_owned()).unwrap().dialled_in("JP"), shown);
        }
        let abroad = PhoneNumber::try_from("+12025550123".to_owned()).unwrap();
        assert_eq!(abroad.dialled_in("US"), "12025550123");
        assert_eq!(abroad.dialled_in("XX"), "+12025550123");
    }
}
