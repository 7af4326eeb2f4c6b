//! What only the system knows and [`vod_core`] is given: the time, random numbers, which hosts are this
//! machine.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use vod_core::Timestamp;

/// The time by the system's clock. A clock set before 1970 gives a negative time.
#[must_use]
pub fn now() -> Timestamp {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    })
}

/// A random seed for the jitter of retries. Where the system has no randomness to give, it is taken from the
/// clock: the seed only keeps callers from retrying in step and is no secret.
#[must_use]
pub fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| now().as_millis().unsigned_abs())
}

/// Whether a URL's host is this machine: `localhost`, or a loopback address, with or without the brackets of
/// IPv6. Proxies are not used for these. Names are not looked up.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    address(host).map_or_else(|| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// The address that a URL's host is, if it is one and no name.
#[must_use]
pub fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_in_all_its_spellings() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "[::2]", "api.polyv.net", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(seed(), seed());
    }
}
