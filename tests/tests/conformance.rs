//! Every scenario over both transports.

use vod_tests::scenarios;

/// Creates a test for each scenario and each transport.
macro_rules! over_both {
    ($($area:ident { $($scenario:ident),* $(,)? })*) => {
        $(mod $area {
            mod over_async {
                $(#[tokio::test] async fn $scenario() { crate::scenarios::$area::$scenario::<vod_async::Client>().await })*
            }
            mod over_blocking {
                $(#[tokio::test] async fn $scenario() { crate::scenarios::$area::$scenario::<vod_blocking::Client>().await })*
            }
        })*
    };
}

vod_tests::scenarios!(over_both);
