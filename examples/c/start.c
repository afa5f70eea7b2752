/* Starts main on QEMU's mps2-an386, a Cortex-M4F. On your board the vendor's start-up code does this. */

#include <stdlib.h>

int main(void);
extern void initialise_monitor_handles(void); /* of newlib: the debugger prints */
extern unsigned stack_top;

static void reset(void)
{
    *(volatile unsigned *)0xE000ED88 |= 0xfu << 20; /* turns the FPU on */
    __asm__ volatile("dsb\nisb");
    initialise_monitor_handles();
    exit(main());
}

/* newlib's exit calls it. */
void _fini(void)
{
}

static void fault(void)
{
    abort();
}

/* The stack pointer, and where the core goes at a reset and at faults. */
__attribute__((section(".vectors"), used)) static const struct {
    unsigned *stack;
    void (*entries[6])(void);
} vectors = {&stack_top, {reset, fault, fault, fault, fault, fault}};
