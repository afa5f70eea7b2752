use core::hint::black_box;

/// In the body of a loop, keeps it a loop: on a device, where flash is scarce, the compiler would otherwise write some out, for
/// each shape anew.
#[inline(always)]
pub(crate) fn keep_rolled() {
    if cfg!(target_os = "none") {
        black_box(());
    }
}
