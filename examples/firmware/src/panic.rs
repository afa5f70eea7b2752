//! Nothing in couplet panics. What the rest of a firmware does then is its own choice: here, to end the run as failed.

use core::panic::PanicInfo;
use cortex_m as _; // the critical section of hprintln
use cortex_m_semihosting::{debug, hprintln};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}
