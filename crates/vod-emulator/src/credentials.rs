//! The emulator's demo credentials.

use crate::model::random::Random;
use std::fmt;

/// The credentials that the emulator accepts: one Polyv account with a sub-account, and one QingCloud
/// account.
///
/// All are demo values derived from [`Options::seed`](crate::Options::seed): the same seed gives the same
/// credentials on every machine, so they protect nothing. `Debug` hides the secrets all the same, since tests
/// look for leaks with these values.
#[derive(Clone)]
#[non_exhaustive]
pub struct DemoCredentials {
    /// Polyv account id: 10 lower-case hex digits.
    pub polyv_user_id: String,
    /// Polyv secret key, which signs the main account's calls.
    pub polyv_secret_key: String,
    /// Polyv write token.
    pub polyv_write_token: String,
    /// Polyv sub-account's application id.
    pub polyv_app_id: String,
    /// Polyv sub-account's secret.
    pub polyv_app_secret: String,
    /// QingCloud access key id: 20 upper-case letters.
    pub qingcloud_access_key_id: String,
    /// QingCloud secret access key.
    pub qingcloud_secret_access_key: String,
    /// Key that signs QingCloud's callbacks.
    pub qingcloud_callback_key: String,
    /// Key id in the presigned storage URLs.
    pub(crate) storage_key_id: String,
    /// Secret that signs the presigned storage URLs.
    pub(crate) storage_secret: String,
}

impl DemoCredentials {
    pub(crate) fn draw(seed: u64) -> Self {
        // A separate generator: the ids that the model draws from the seed must not reveal or repeat these.
        let mut random = Random::new(seed ^ 0x6372_6564_656e_7469);
        Self {
            polyv_user_id: random.hex(10),
            polyv_secret_key: random.alphanumeric(10),
            polyv_write_token: random.alphanumeric(36),
            polyv_app_id: random.alphanumeric(10),
            polyv_app_secret: random.alphanumeric(32),
            qingcloud_access_key_id: random.capitals(20),
            qingcloud_secret_access_key: random.alphanumeric(40),
            // The console requires upper case, lower case and digits.
            qingcloud_callback_key: format!("aA1{}", random.alphanumeric(17)),
            storage_key_id: random.capitals(20),
            storage_secret: random.alphanumeric(40),
        }
    }
}

impl fmt::Debug for DemoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named here, so that a new one cannot be printed by accident.
        let Self {
            polyv_user_id,
            polyv_secret_key: _,
            polyv_write_token: _,
            polyv_app_id,
            polyv_app_secret: _,
            qingcloud_access_key_id,
            qingcloud_secret_access_key: _,
            qingcloud_callback_key: _,
            storage_key_id: _,
            storage_secret: _,
        } = self;
        f.debug_struct("DemoCredentials")
            .field("polyv_user_id", polyv_user_id)
            .field("polyv_app_id", polyv_app_id)
            .field("qingcloud_access_key_id", qingcloud_access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_and_debug_hides() {
        let one = DemoCredentials::draw(1);
        assert_eq!(one.polyv_secret_key, DemoCredentials::draw(1).polyv_secret_key);
        assert_ne!(one.polyv_secret_key, DemoCredentials::draw(2).polyv_secret_key);
        let debug = format!("{one:?}");
        assert!(debug.contains(&one.polyv_user_id));
        for secret in [
            &one.polyv_secret_key,
            &one.polyv_write_token,
            &one.polyv_app_secret,
            &one.qingcloud_secret_access_key,
            &one.qingcloud_callback_key,
            &one.storage_key_id,
            &one.storage_secret,
        ] {
            assert!(!debug.contains(secret.as_str()), "{debug}");
        }
    }
}
