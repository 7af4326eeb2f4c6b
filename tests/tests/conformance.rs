//! Every scenario over both transports.

use vod_tests::scenarios;

/// Makes a test of each scenario for each transport.
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

over_both! {
    operations { all_go_well, typed, without_an_account }
    faults {
        once_each, again_and_again, answers_too_late, a_clock_that_is_off, a_block, a_word_on_when_to_come_back, an_answer_without_end,
        a_deletion_whose_answer_was_lost,
    }
    refusals { past_the_checks, of_the_account }
    uploads {
        bytes_arrive, an_empty_file, storage_that_recovers, storage_that_does_not, a_connection_that_breaks, a_wish_to_stop, a_wish_before_the_start,
        a_url_that_expired, a_file_that_shrinks, a_file_that_grows, no_such_file, an_application_that_fails, a_commit_whose_answer_was_lost,
        a_storage_that_says_nothing,
    }
}
