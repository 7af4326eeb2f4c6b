//! How errors of ureq are classified.

use std::io::ErrorKind;
use ureq::{Error, Timeout};
use vod_core::error::{Fault, FaultKind};

/// Classifies an error of ureq. `sent` says whether the whole request may have been sent.
pub(crate) fn fault(error: Error, sent: bool) -> Fault {
    let kind = match &error {
        Error::Timeout(Timeout::Resolve | Timeout::Connect)
        | Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::InvalidProxyUrl
        | Error::TlsRequired
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::BadUri(_)
        | Error::RequireHttpsOnly(_)
        | Error::Http(_) => FaultKind::Connect,
        Error::Timeout(_) => FaultKind::Timeout,
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => FaultKind::Connect,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => FaultKind::Timeout,
            // rustls reports a bad certificate as an I/O error.
            _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) && !sent => {
                FaultKind::Connect
            }
            _ => FaultKind::Broken,
        },
        _ => FaultKind::Broken,
    };
    let sent = sent && kind != FaultKind::Connect;
    match error {
        // These repeat the URL, which carries a signature.
        Error::BadUri(_) => Fault::caused(kind, sent, "the URL is not valid"),
        Error::RequireHttpsOnly(_) => Fault::caused(kind, sent, "the URL is not https"),
        Error::Io(error) => Fault::caused(kind, sent, error),
        error => Fault::caused(kind, sent, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_was_not_sent_did_not_arrive() {
        let io = |kind: ErrorKind| Error::Io(kind.into());
        for (error, sent, kind, arrived) in [
            (io(ErrorKind::ConnectionRefused), true, FaultKind::Connect, false),
            (Error::HostNotFound, true, FaultKind::Connect, false),
            (Error::Timeout(Timeout::Connect), true, FaultKind::Connect, false),
            (Error::Timeout(Timeout::Global), false, FaultKind::Timeout, false),
            (Error::Timeout(Timeout::RecvResponse), true, FaultKind::Timeout, true),
            (io(ErrorKind::ConnectionReset), true, FaultKind::Broken, true),
            (io(ErrorKind::ConnectionReset), false, FaultKind::Broken, false),
            (
                Error::Io(io::Error::new(ErrorKind::InvalidData, rustls::Error::DecryptError)),
                false,
                FaultKind::Connect,
                false,
            ),
            (
                Error::Io(io::Error::new(ErrorKind::InvalidData, rustls::Error::DecryptError)),
                true,
                FaultKind::Broken,
                true,
            ),
        ] {
            let shown = format!("{error:?}");
            let fault = fault(error, sent);
            assert_eq!((fault.kind, fault.may_have_arrived), (kind, arrived), "{shown}");
        }
    }

    #[test]
    fn urls_are_not_repeated() {
        for error in [
            Error::BadUri("ftp://host/?sign=5ec2e7".to_owned()),
            Error::RequireHttpsOnly("http://host/?sign=5ec2e7".to_owned()),
        ] {
            assert!(!format!("{:?}", fault(error, false)).contains("5ec2e7"));
        }
    }
}
