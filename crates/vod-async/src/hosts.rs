//! The URLs of requests in reqwest's form.

use http::Uri;
use http::uri::{Authority, Scheme};
use reqwest::Url;
use std::sync::{PoisonError, RwLock};
use vod_core::error::{Fault, FaultKind};

/// More hosts than the providers have. URLs of further hosts are parsed whole.
const MOST: usize = 16;

/// The hosts called so far, each as a URL without a path. Parsing the host takes two thirds of the time of
/// parsing a URL, and a whole URL takes as long as all that the core does to build a request.
#[derive(Debug, Default)]
pub(crate) struct Hosts(RwLock<Vec<(Scheme, Authority, Url)>>);

impl Hosts {
    /// The URL of a request.
    pub(crate) fn url(&self, uri: &Uri) -> Result<Url, Fault> {
        let invalid = |error| Fault::caused(FaultKind::Connect, false, error);
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Url::parse(&uri.to_string()).map_err(invalid);
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        // After two slashes another host would follow.
        if path.as_bytes().get(1).is_some_and(|second| matches!(second, b'/' | b'\\')) {
            return Url::parse(&uri.to_string()).map_err(invalid);
        }
        let known = |(of, at, host): &(Scheme, Authority, Url)| {
            (of == scheme && at.as_str() == authority.as_str()).then(|| host.join(path))
        };
        if let Some(url) = self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find_map(known) {
            return url.map_err(invalid);
        }
        let host = Url::parse(&format!("{scheme}://{authority}/")).map_err(invalid)?;
        let url = host.join(path).map_err(invalid)?;
        let mut hosts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() < MOST {
            hosts.push((scheme.clone(), authority.clone(), host));
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_as_parsed_whole() {
        let hosts = Hosts::default();
        let paths = [
            "",
            "/",
            "/v2/video/a%2Fb/list?page=1&sign=5EC2E7",
            "//evil.example.com/x",
            "/..//x?a=//b",
            "/a/../b",
            "/?x",
        ];
        for host in [
            "https://api.polyv.net",
            "http://api.polyv.net",
            "http://127.0.0.1:8787",
            "http://[::1]:80",
            "https://API.polyv.net:443",
        ] {
            // The second time the host is known.
            for path in paths.iter().chain(&paths) {
                let uri: Uri = format!("{host}{path}").parse().unwrap();
                assert_eq!(hosts.url(&uri).unwrap(), Url::parse(&uri.to_string()).unwrap(), "{uri}");
            }
        }
        assert_eq!(hosts.0.read().unwrap().len(), 5);
        for port in 1..100 {
            hosts.url(&format!("http://127.0.0.1:{port}/").parse().unwrap()).unwrap();
        }
        assert_eq!(hosts.0.read().unwrap().len(), MOST);
        assert!(hosts.url(&Uri::from_static("/no/host")).is_err());
    }
}
