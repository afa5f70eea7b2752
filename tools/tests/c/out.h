/* Where programs print: standard output, or on a device the debugger (semihosting). */

#ifndef OUT_H
#define OUT_H

#if defined(__arm__) && !defined(__linux__)
static inline void out_text(const char *text)
{
    register int operation __asm__("r0") = 4; /* SYS_WRITE0 */
    register const char *argument __asm__("r1") = text;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
}
#elif defined(__riscv)
static inline void out_text(const char *text)
{
    register long operation __asm__("a0") = 4;
    register const char *argument __asm__("a1") = text;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(operation)
                     : "r"(argument)
                     : "memory");
}
#else
#include <stdio.h>
static inline void out_text(const char *text)
{
    fputs(text, stdout);
}
#endif

static inline void out_hex(uint32_t bits)
{
    char text[9];
    int i;
    for (i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[bits >> (28 - 4 * i) & 15];
    }
    text[8] = 0;
    out_text(text);
}

static inline void out_number(uint32_t value)
{
    char text[11];
    int i = 10;
    text[10] = 0;
    do {
        text[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    out_text(text + i);
}

#endif
