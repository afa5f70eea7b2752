/* What the bits of a score depend on: the compiler evaluates float as float, and each product of a
   sum is rounded on its own. */

#ifndef COUPLET_ARITHMETIC_H
#define COUPLET_ARITHMETIC_H

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif
#if !defined(__GNUC__)
#include <string.h>
#endif

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__)
#error "couplet: -ffast-math and its parts change the scores: compile this file without them"
#endif
#if defined(__FINITE_MATH_ONLY__)
#if __FINITE_MATH_ONLY__
#error "couplet: -ffinite-math-only hides readings that are no numbers: compile this file without it"
#endif
#endif
#if defined(__FLT_EVAL_METHOD__)
#if __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "couplet: this target evaluates float as a wider type, as x87 does: on x86 add -msse2 -mfpmath=sse"
#endif
#endif

/* Small functions, which cost nothing where nobody calls them. */
#if defined(__GNUC__)
#define COUPLET_INLINE static inline __attribute__((unused, always_inline))
#define COUPLET_COPY(to, from, bytes) __builtin_memcpy(to, from, bytes)
#else
#define COUPLET_INLINE static inline
#define COUPLET_COPY(to, from, bytes) memcpy(to, from, bytes)
#endif

/* Functions of which a program with several models has one copy. Another compiler than GCC and
   Clang takes the implementations of all models in one source file. */
#if defined(__GNUC__)
#define COUPLET_SHARED __attribute__((weak))
#else
#define COUPLET_SHARED
#endif

/* Makes the compiler take a number as it is: it cannot join the product that made it with the sum
   that it goes into, as a fused multiply-add would. The letter is the kind of register. */
#if !defined(__GNUC__)
/* See couplet_times. */
#elif defined(__AVR__)
#define COUPLET_ROUNDED(x) ((void)0)
#elif defined(__aarch64__)
#define COUPLET_ROUNDED(x) __asm__("" : "+w"(x))
#elif defined(__arm__) && defined(__ARM_FP)
#define COUPLET_ROUNDED(x) __asm__("" : "+t"(x))
#elif defined(__riscv_flen) || (defined(__XTENSA__) && !defined(__XTENSA_SOFT_FLOAT__))
#define COUPLET_ROUNDED(x) __asm__("" : "+f"(x))
#elif defined(__SSE__)
#define COUPLET_ROUNDED(x) __asm__("" : "+x"(x))
#else
#define COUPLET_ROUNDED(x) __asm__("" : "+r"(x))
#endif

/* Whether the processor has registers for float. */
#if defined(__ARM_FP) || defined(__riscv_flen) || defined(__SSE__) || \
    (defined(__XTENSA__) && !defined(__XTENSA_SOFT_FLOAT__))
#define COUPLET_HAS_FLOAT 1
#else
#define COUPLET_HAS_FLOAT 0
#endif

/* a b, rounded. Every product that a sum may take is one of these; a plain * stands only where its
   value goes straight into another product or a quotient. */
COUPLET_INLINE float couplet_times(float a, float b)
{
#if defined(COUPLET_ROUNDED)
    float product = a * b;
    COUPLET_ROUNDED(product);
#else
    volatile float product = a * b;
#endif
    return product;
}

/* The bits of a number. */
COUPLET_INLINE uint32_t couplet_bits(float x)
{
    uint32_t bits;
    COUPLET_COPY(&bits, &x, sizeof bits);
    return bits;
}

/* The number of these bits. */
COUPLET_INLINE float couplet_from_bits(uint32_t bits)
{
    float x;
    COUPLET_COPY(&x, &bits, sizeof x);
    return x;
}

#define COUPLET_INFINITY couplet_from_bits(UINT32_C(0x7f800000))
#define COUPLET_NEGATIVE_INFINITY couplet_from_bits(UINT32_C(0xff800000))
/* The canonical NaN: processors disagree about the bits of the others. */
#define COUPLET_NAN couplet_from_bits(UINT32_C(0x7fc00000))

/* |x|. */
COUPLET_INLINE float couplet_abs(float x)
{
    return couplet_from_bits(couplet_bits(x) & UINT32_C(0x7fffffff));
}

/* Whether x is no number. */
COUPLET_INLINE bool couplet_is_nan(float x)
{
    return (couplet_bits(x) & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000);
}

/* Whether x is neither infinite nor NaN. */
COUPLET_INLINE bool couplet_is_finite(float x)
{
    return (couplet_bits(x) & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
}

#endif
