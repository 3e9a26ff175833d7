//! The requests to Valgrind.
//!
//! `unsafe`, as the library never is, because Valgrind's requests are C. They change no memory that Rust knows of: only what
//! Valgrind notes about it.

mod c {
    unsafe extern "C" {
        pub(super) safe fn memcheck_is_there() -> i32;
        pub(super) safe fn memcheck_reports() -> u32;
        pub(super) fn memcheck_undefined(start: *mut u8, len: usize);
        pub(super) fn memcheck_defined(start: *mut u8, len: usize);
        pub(super) safe fn memcheck_off();
        pub(super) safe fn memcheck_on();
    }
}

pub(crate) fn is_there() -> bool {
    c::memcheck_is_there() != 0
}

/// How many times something was reported so far.
pub(crate) fn reports() -> u32 {
    c::memcheck_reports()
}

/// From now on, Valgrind reports each branch and each address that depends on these values.
pub(crate) fn make_secret<T: Copy>(values: &mut [T]) {
    // SAFETY: the range is ours, and its bytes stay as they are.
    unsafe { c::memcheck_undefined(values.as_mut_ptr().cast(), size_of_val(values)) }
}

/// The value is not secret any more.
pub(crate) fn make_public<T: Copy>(mut value: T) -> T {
    // SAFETY: the range is ours, and its bytes stay as they are.
    unsafe { c::memcheck_defined((&raw mut value).cast(), size_of::<T>()) }
    value
}

/// Without reports: what happens before a delivery arrives may depend on the keys.
pub(crate) fn unseen<T>(run: impl FnOnce() -> T) -> T {
    c::memcheck_off();
    let result = run();
    c::memcheck_on();
    result
}
