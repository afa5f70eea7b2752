/* ln and ln(1 + x), which are those of FreeBSD's mathematical library, operation by operation. */

/* ====================================================
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunPro, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 */

#ifndef COUPLET_LOGARITHM_C
#define COUPLET_LOGARITHM_C

/* ln(1 + f) + k ln 2 + c, for 1 + f between sqrt(2)/2 and sqrt(2). */
COUPLET_INLINE float couplet_ln_of_parts(float f, int32_t k, float c)
{
    float s = f / (2.0f + f);
    float z = couplet_times(s, s);
    float w = couplet_times(z, z);
    float t1 = couplet_times(w, 0.400009722f + couplet_times(w, 0.242790788f));
    float t2 = couplet_times(z, 0.666666627f + couplet_times(w, 0.284987867f));
    float r = t2 + t1;
    float half_square = couplet_times(0.5f * f, f);
    float n = (float)k;
    float low = couplet_times(n, 0.00000905800061f) + c;
    return couplet_times(s, half_square + r) + low - half_square + f + couplet_times(n, 0.693138123f);
}

/* The bits of a number between sqrt(2)/2 and sqrt(2), which is one of these bits by a power of 2. */
COUPLET_INLINE uint32_t couplet_reduced(uint32_t bits, int32_t *exponent)
{
    const uint32_t least = UINT32_C(0x3f3504f3); /* sqrt(2)/2 */
    bits += UINT32_C(0x3f800000) - least;
    *exponent = (int32_t)(bits >> 23) - 127;
    return (bits & UINT32_C(0x007fffff)) + least;
}

/* ln(x): negative infinity at 0, NaN below. */
COUPLET_SHARED float couplet_ln(float x)
{
    uint32_t bits = couplet_bits(x);
    int32_t scaled = 0;
    int32_t k;
    if (bits << 1 == 0) {
        return COUPLET_NEGATIVE_INFINITY;
    }
    if (bits >> 31 != 0) {
        return COUPLET_NAN;
    }
    if (bits >= UINT32_C(0x7f800000)) {
        return x;
    }
    if (bits == UINT32_C(0x3f800000)) {
        return 0.0f;
    }
    if (bits < UINT32_C(0x00800000)) {
        scaled = 25; /* subnormal */
        bits = couplet_bits(x * 33554432.0f);
    }
    bits = couplet_reduced(bits, &k);
    return couplet_ln_of_parts(couplet_from_bits(bits) - 1.0f, k - scaled, 0.0f);
}

/* ln(1 + x), accurate near 0: negative infinity at -1, NaN below. */
COUPLET_SHARED float couplet_log1p(float x)
{
    uint32_t bits = couplet_bits(x);
    uint32_t size = bits & UINT32_C(0x7fffffff);
    float f = x;
    float c = 0.0f;
    int32_t k = 0;
    if (bits == UINT32_C(0xbf800000)) {
        return COUPLET_NEGATIVE_INFINITY;
    }
    if (bits > UINT32_C(0xbf800000)) {
        return COUPLET_NAN;
    }
    if (size < UINT32_C(0x33800000) || bits == UINT32_C(0x7f800000) || couplet_is_nan(x)) {
        return x;
    }
    if (bits >= UINT32_C(0x3ed413d0) && (bits >> 31 == 0 || bits > UINT32_C(0xbe95f619))) {
        float u = 1.0f + x;
        f = couplet_from_bits(couplet_reduced(couplet_bits(u), &k)) - 1.0f;
        /* What the rounding of u took. */
        if (k < 25) {
            c = (k >= 2 ? 1.0f - (u - x) : x - (u - 1.0f)) / u;
        }
    }
    return couplet_ln_of_parts(f, k, c);
}

#endif
