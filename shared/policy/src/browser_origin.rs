//! Where a browser asks the console from, as the console hands it on to the API: a word that only who has the day's key can
//! say, for one token, one method and one minute.
//!
//! The value of the header is `{seconds} {address} {user agent} {mac}`: UTC seconds, the address that the gateway saw, the
//! user agent in base64 (RFC 4648, 5), and an HMAC-SHA-256 over all of it, the token and the method.

use std::fmt;
use std::net::IpAddr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// The header that has it. A browser's own is never passed on.
pub const BROWSER_ORIGIN_HEADER: &str = "x-rokuban-browser";

/// 60 s: what lies between two of AWS's clocks, and a request that is passed on at once.
const LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// 200 characters: browsers name themselves in 150.
const USER_AGENT_CHARACTERS: usize = 200;

/// What the key is for, so that it proves nothing else.
const PURPOSE: &[u8] = b"rokuban: where a browser asks from, 1";

/// 32 bytes: what HMAC-SHA-256 is made for.
pub const KEY_BYTES: usize = 32;

/// 64 bytes: the block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// The key of a day.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserOriginKey([u8; KEY_BYTES]);

/// QUIET: a key is never printed.
impl fmt::Debug for BrowserOriginKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BrowserOriginKey(…)")
    }
}

/// Where a browser asks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserOrigin {
    /// The address that the gateway saw.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// What the word belongs to.
#[derive(Clone, Copy)]
pub struct BoundRequest<'a> {
    /// The access token. Another token makes another word.
    pub token: &'a str,
    /// The method.
    pub method: &'a str,
}

impl BrowserOriginKey {
    /// A key of random bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// As the table holds it: 64 hexadecimal digits.
    pub fn to_digits(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// From the table; `None` for anything else.
    pub fn from_digits(digits: &str) -> Option<Self> {
        HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The day whose key proves a word of a moment.
    pub fn day_of(at: Timestamp) -> Date {
        at.to_zoned_datetime(TimeZone::UTC).date()
    }

    /// The value of the header.
    pub fn sign(&self, origin: &BrowserOrigin, request: BoundRequest<'_>, now: Timestamp) -> String {
        let user_agent: String = origin.user_agent.chars().take(USER_AGENT_CHARACTERS).collect();
        let user_agent = BASE64URL_NOPAD.encode(user_agent.as_bytes());
        let said = format!("{} {} {user_agent}", now.as_second(), origin.address);
        let mac = HEXLOWER.encode(&self.mac(&said, request).finalize().into_bytes());
        format!("{said} {mac}")
    }

    fn mac(&self, said: &str, request: BoundRequest<'_>) -> Hmac<Sha256> {
        // HMAC fills a shorter key up with zeros.
        let mut block = [0; BLOCK_BYTES];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // No part holds a line feed: the token is a digest, and the rest is text of a header.
        let token = HEXLOWER.encode(&Sha256::digest(request.token));
        for part in [PURPOSE, token.as_bytes(), request.method.as_bytes(), said.as_bytes()] {
            mac.update(part);
            mac.update(b"\n");
        }
        mac
    }
}

/// A word that nobody has proved yet.
#[derive(Clone, Debug)]
pub struct ClaimedOrigin<'h> {
    said: &'h str,
    mac: Vec<u8>,
    origin: BrowserOrigin,
    day: Date,
}

impl<'h> ClaimedOrigin<'h> {
    /// Reads the value of the header; `None` for anything that the console would not say now.
    pub fn read(header: &'h str, now: Timestamp) -> Option<Self> {
        let (said, mac) = header.rsplit_once(' ')?;
        let mut parts = said.split(' ');
        let (at, address, user_agent) = (parts.next()?, parts.next()?, parts.next()?);
        let at = Timestamp::from_second(at.parse().ok()?).ok()?;
        let user_agent = String::from_utf8(BASE64URL_NOPAD.decode(user_agent.as_bytes()).ok()?).ok()?;
        let is_now = now.duration_since(at).abs() <= LIFETIME;
        (is_now && parts.next().is_none()).then_some(())?;
        let origin = BrowserOrigin { address: address.parse().ok()?, user_agent };
        Some(Self { said, mac: HEXLOWER.decode(mac.as_bytes()).ok()?, origin, day: BrowserOriginKey::day_of(at) })
    }

    /// Which day's key proves it.
    pub fn day(&self) -> Date {
        self.day
    }

    /// What it says, where the key proves it; the comparison takes the same time for every other one.
    pub fn prove(self, key: &BrowserOriginKey, request: BoundRequest<'_>) -> Option<BrowserOrigin> {
        key.mac(self.said, request).verify_slice(&self.mac).ok().map(|()| self.origin)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const REQUEST: BoundRequest<'_> = BoundRequest { token: "eyJ.one", method: "POST" };

    fn now() -> Timestamp {
        "2026-11-13T00:00:20Z".parse().unwrap()
    }

    fn origin(address: &str) -> BrowserOrigin {
        BrowserOrigin { address: address.parse().unwrap(), user_agent: "Mozilla/5.0 録番".to_owned() }
    }

    fn proved(header: &str, key: u8, request: BoundRequest<'_>, now: Timestamp) -> Option<BrowserOrigin> {
        ClaimedOrigin::read(header, now)?.prove(&BrowserOriginKey::new([key; KEY_BYTES]), request)
    }

    #[test]
    fn what_the_key_signed_is_believed_for_its_token_its_method_and_a_minute() {
        for address in ["192.0.2.1", "2001:db8::1"] {
            let header = BrowserOriginKey::new([1; KEY_BYTES]).sign(&origin(address), REQUEST, now());
            assert_eq!(proved(&header, 1, REQUEST, now()), Some(origin(address)));
            let other_token = BoundRequest { token: "eyJ.two", ..REQUEST };
            let other_method = BoundRequest { method: "GET", ..REQUEST };
            for (what, found) in [
                ("another key", proved(&header, 2, REQUEST, now())),
                ("another token", proved(&header, 1, other_token, now())),
                ("another method", proved(&header, 1, other_method, now())),
                ("later", proved(&header, 1, REQUEST, now() + SignedDuration::from_secs(61))),
                ("before", proved(&header, 1, REQUEST, now() - SignedDuration::from_secs(61))),
            ] {
                assert_eq!(found, None, "{what}");
            }
            let last = proved(&header, 1, REQUEST, now() + SignedDuration::from_secs(60));
            assert_eq!(last, Some(origin(address)), "in its minute");
        }
    }

    #[test]
    fn no_part_of_it_can_be_changed() {
        let header = BrowserOriginKey::new([1; KEY_BYTES]).sign(&origin("192.0.2.1"), REQUEST, now());
        for at in 0..header.len() {
            for byte in [b'0', b'1', b' ', b'a'] {
                let mut other = header.clone().into_bytes();
                if other[at] == byte {
                    continue;
                }
                other[at] = byte;
                let other = String::from_utf8(other).unwrap();
                assert_eq!(proved(&other, 1, REQUEST, now()), None, "{other}");
            }
        }
        for other in ["", " ", "   ", &header[..header.len() - 2], &format!("{header}00"), &format!(" {header}")] {
            assert_eq!(proved(other, 1, REQUEST, now()), None, "{other}");
        }
    }

    #[test]
    fn the_key_of_a_word_is_that_of_the_day_it_was_said_on() {
        let before = "2026-11-12T23:59:50Z".parse().unwrap();
        let header = BrowserOriginKey::new([1; KEY_BYTES]).sign(&origin("192.0.2.1"), REQUEST, before);
        let claimed = ClaimedOrigin::read(&header, now()).unwrap();
        assert_eq!(claimed.day(), BrowserOriginKey::day_of(before));
        assert_ne!(claimed.day(), BrowserOriginKey::day_of(now()));
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_never_printed() {
        let key = BrowserOriginKey::new([7; KEY_BYTES]);
        assert_eq!(BrowserOriginKey::from_digits(&key.to_digits()), Some(key.clone()));
        assert_eq!(BrowserOriginKey::from_digits("07"), None);
        assert!(!format!("{key:?}").contains("07"));
    }
}
