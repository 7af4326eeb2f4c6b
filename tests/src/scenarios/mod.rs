//! The scenarios. Each starts an emulator of its own, so they may run in any order and side by side.

pub mod areas;
pub mod faults;
pub mod operations;
pub mod pages;
pub mod refusals;
pub mod uploads;
pub mod uploads_polyv;

/// Hands all scenarios to a macro: `area { scenario, … }` for each area. A new scenario gets its line here,
/// and runs over both transports and under the eyes of the canary test.
#[macro_export]
macro_rules! scenarios {
    ($then:ident) => {
        $then! {
            areas { all_go_well, a_connection_lost_once }
            operations { typed, without_an_account }
            faults {
                once_each, again_and_again, answers_too_late, a_clock_that_is_off, a_block, a_word_on_when_to_come_back, an_answer_without_end,
                a_deletion_whose_answer_was_lost,
            }
            pages { to_the_end, behind_the_last_id, an_error_ends_the_rows }
            refusals { past_the_checks, of_the_account, of_what_is_there }
            uploads {
                bytes_arrive, an_empty_file, storage_that_recovers, storage_that_asks_for_time, storage_that_does_not, a_connection_that_breaks, a_wish_to_stop,
                a_wish_before_the_start, a_url_that_expired, a_file_that_shrinks, a_file_that_grows, no_such_file, an_application_that_fails,
                a_commit_whose_answer_was_lost, a_storage_that_says_nothing, a_crash_before_the_commit,
            }
            uploads_polyv {
                a_small_file, a_file_in_parts, a_run_that_was_stopped, a_bad_line, a_token_that_ends, damage, lost_answers, a_provider_that_was_not_told,
                no_space_left, a_file_that_changed, a_file_that_was_touched, a_file_that_was_moved, two_at_once, a_checkpoint_that_says_nothing, an_abandoned_upload,
                a_narrow_line,
            }
        }
    };
}
