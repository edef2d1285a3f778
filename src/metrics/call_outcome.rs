//! How requests end, and how long they take: what the gateway counts them by.

/// From an answer out of memory to a scan of the unspent outputs.
pub(super) const REQUEST_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0,
];

macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident $name:literal)*) => {
        /// How a request ends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CallOutcome {
            $($(#[$doc])* $variant,)*
        }

        impl CallOutcome {
            pub(super) const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The label's value.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

outcomes! {
    /// The node answered with HTTP 200.
    Answered "answered"
    /// The node answered with another status.
    NodeError "node_error"
    /// The body was no JSON, or no call.
    Invalid "invalid"
    /// No or wrong credentials.
    Unauthorized "unauthorized"
    /// A method that this caller may not use.
    Forbidden "forbidden"
    /// Too large a body or a batch.
    TooLarge "too_large"
    /// Over a limit.
    Limited "limited"
    /// The node could not be reached, or went away before its answer.
    NodeDown "node_down"
    /// No slot at the node became free in time.
    Busy "busy"
    /// It took too long.
    TimedOut "timed_out"
    /// The client did not wait for the end.
    ClientGone "client_gone"
    /// The node went away in the middle of its answer.
    NodeDied "node_died"
}
