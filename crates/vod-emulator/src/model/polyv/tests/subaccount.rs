//! The area `subaccount`.
