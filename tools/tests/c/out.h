/* Where programs print: standard output, or on a device the debugger (semihosting). */

#ifndef OUT_H
#define OUT_H

#if !defined(__linux__)
/* See start.c. */
void debugger(int operation, const void *argument);

static inline void out_text(const char *text)
{
    debugger(4, text); /* SYS_WRITE0 */
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
