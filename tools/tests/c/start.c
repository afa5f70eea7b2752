/* Starts a program on an emulated core without a C library, and ends the emulation after it. */

#include <stddef.h>

int main(void);
void debugger(int operation, const void *argument);

/* SYS_EXIT. */
static void end(int well)
{
    debugger(0x18, (const void *)(well ? 0x20026 : 0x20024));
    for (;;) {
    }
}

__attribute__((used)) static void run(void)
{
    end(main() == 0);
}

#if defined(__arm__)
/* Asks the debugger for something (semihosting). */
__attribute__((naked, noinline)) void debugger(int operation, const void *argument)
{
    (void)operation;
    (void)argument;
    __asm__ volatile("bkpt 0xab\nbx lr");
}

static void reset(void)
{
#if defined(__ARM_FP)
    *(volatile unsigned *)0xE000ED88 |= 0xfu << 20; /* turns the FPU on */
    __asm__ volatile("dsb\nisb");
#endif
    run();
}

static void fault(void)
{
    end(0);
}

extern unsigned stack_top;
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault};
#else
__asm__(".section .vectors, \"ax\"\n"
        "la sp, stack_top\n"
        "li t0, 0x6000\n"
        ".word 0x3002a073\n" /* csrs mstatus, t0: turns the FPU on */
        "call run\n"
        ".text\n"
        ".option push\n.option norvc\n.option norelax\n"
        ".balign 16\n"
        ".global debugger\n"
        "debugger: slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\nret\n"
        ".option pop\n");
#endif

/* What compilers call without being asked. Its loops must not become calls of itself. */
__attribute__((optimize("no-tree-loop-distribute-patterns"), used)) void *memcpy(void *to, const void *from, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

__attribute__((optimize("no-tree-loop-distribute-patterns"), used)) void *memset(void *to, int value, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        ((char *)to)[i] = (char)value;
    }
    return to;
}
