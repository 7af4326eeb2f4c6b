//! The scenarios. Each starts its own emulator, so they may run in any order and in parallel.

pub mod areas;
pub mod faults;
pub mod operations;
pub mod pages;
pub mod refusals;
pub mod uploads;
pub mod uploads_polyv;

/// Passes all scenarios to a macro: `area { scenario, … }` for each area. A new scenario gets a line here,
/// and then runs over both transports and in the canary test.
#[macro_export]
macro_rules! scenarios {
    ($then:ident) => {
        $then! {
            areas { every_operation_succeeds, a_connection_lost_once }
            operations { typed, without_an_account }
            faults {
                once_each, again_and_again, late_answers, a_clock_that_is_off, a_block, a_retry_after_beyond_the_deadline, an_endless_answer,
                a_deletion_whose_answer_was_lost,
            }
            pages { to_the_end, after_the_last_id, an_error_ends_the_rows }
            refusals { past_the_checks, of_the_account, of_existing_state }
            uploads {
                bytes_arrive, without_checksums, an_empty_file, storage_that_recovers, storage_that_asks_for_time, storage_that_stays_down, a_connection_that_breaks, cancelled_under_way,
                cancelled_before_the_start, a_url_that_expired, a_file_that_shrinks, a_file_that_grows, no_such_file, an_application_that_fails,
                a_commit_whose_answer_was_lost, a_silent_storage, a_crash_before_the_commit,
            }
            uploads_polyv {
                a_small_file, a_file_in_parts, without_checksums, a_run_that_was_stopped, a_bad_line, a_token_that_ends, damage, lost_answers, a_provider_that_was_not_told,
                no_space_left, a_file_that_changed, a_file_that_was_touched, a_file_that_was_moved, two_at_once, an_unreadable_checkpoint, an_abandoned_upload,
                a_narrow_line,
            }
        }
    };
}
