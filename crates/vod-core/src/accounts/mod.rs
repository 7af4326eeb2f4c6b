//! The credentials that requests are signed with.

mod endpoint;
pub(crate) mod polyv;
pub(crate) mod qingcloud;

pub use endpoint::Endpoint;

use crate::schema::info::Provider;

/// The credentials of a client, one set per provider. Without credentials for its provider, an operation
/// fails before it is sent.
///
/// ```
/// use vod_core::{Accounts, polyv, qingcloud};
/// let one = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "key"));
/// let both = one.with_qingcloud(qingcloud::Credentials::new("ID", "key"));
/// assert!(!format!("{both:?}").contains("\"key\""));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Accounts {
    /// The Polyv account.
    pub polyv: Option<polyv::Credentials>,
    /// The QingCloud account.
    pub qingcloud: Option<qingcloud::Credentials>,
}

impl Accounts {
    /// No credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the Polyv credentials.
    #[must_use]
    pub fn with_polyv(mut self, account: polyv::Credentials) -> Self {
        self.polyv = Some(account);
        self
    }

    /// Sets the QingCloud credentials.
    #[must_use]
    pub fn with_qingcloud(mut self, account: qingcloud::Credentials) -> Self {
        self.qingcloud = Some(account);
        self
    }

    /// Where a provider's calls go, if not to the provider's own hosts.
    #[must_use]
    pub fn endpoint(&self, provider: Provider) -> Option<&Endpoint> {
        match provider {
            Provider::Polyv => self.polyv.as_ref()?.endpoint.as_ref(),
            Provider::QingCloud => self.qingcloud.as_ref()?.endpoint.as_ref(),
        }
    }
}

impl From<polyv::Credentials> for Accounts {
    fn from(account: polyv::Credentials) -> Self {
        Self::new().with_polyv(account)
    }
}

impl From<qingcloud::Credentials> for Accounts {
    fn from(account: qingcloud::Credentials) -> Self {
        Self::new().with_qingcloud(account)
    }
}
