//! What keeps code small on a device, where flash is scarce.

use core::hint::black_box;

/// In the body of a loop, keeps it a loop: the compiler would otherwise write some out, for each
/// shape anew.
#[inline(always)]
pub(crate) fn keep_rolled() {
    if cfg!(target_os = "none") {
        black_box(());
    }
}

/// Hides what the compiler knows of a value, so that a function it is passed to is there once for
/// all shapes.
#[inline(always)]
pub(crate) fn unspecialised<T>(value: T) -> T {
    if cfg!(target_os = "none") { black_box(value) } else { value }
}

/// The numbers that a loop goes over, where it stays a loop from nine on: fewer may be written out,
/// which takes no more code.
#[inline(always)]
pub(crate) fn rolled<T>(numbers: &mut [T]) -> &mut [T] {
    if numbers.len() > 8 { unspecialised(numbers) } else { numbers }
}
