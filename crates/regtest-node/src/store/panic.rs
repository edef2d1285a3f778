//! A library that panics where it should return an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does `work`; if it panics, what the panic said. Nothing that `work` changed is to be used again
/// but to be dropped.
pub(super) fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        said.or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("the log says where")
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words() {
        assert_eq!(unless_it_panics(|| 7), Ok(7));
        let odd = |number: u32| assert!(number % 2 == 1, "{number} is even");
        assert_eq!(unless_it_panics(|| odd(2)), Err("2 is even".to_owned()));
        assert_eq!(
            unless_it_panics(|| std::panic::panic_any(7)),
            Err("the log says where".to_owned())
        );
    }
}
