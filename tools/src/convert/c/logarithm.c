/* ln in sums, products, one quotient and integers, in the order written here. */

#ifndef COUPLET_LOGARITHM_C
#define COUPLET_LOGARITHM_C

/* The natural logarithm, as FreeBSD's logf computes it, /usr/src/lib/msun/src/e_logf.c.

   ====================================================
   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.

   Developed at SunPro, a Sun Microsystems, Inc. business.
   Permission to use, copy, modify, and distribute this
   software is freely granted, provided that this notice
   is preserved.
   ====================================================
   Conversion to float by Ian Lance Taylor, Cygnus Support, ian@cygnus.com. */
COUPLET_SHARED float couplet_ln(float x);
COUPLET_SHARED float couplet_ln(float x)
{
    uint32_t bits = couplet_bits(x);
    int32_t k = 0;
    float f;
    float s;
    float z;
    float w;
    float t1;
    float t2;
    float hfsq;
    float dk;
    if (bits << 1 == 0u) {
        return -COUPLET_INFINITY;
    }
    if (bits > 0x80000000u) {
        return COUPLET_NAN;
    }
    if (bits >= 0x7f800000u) {
        return x;
    }
    if (bits == 0x3f800000u) {
        return 0.0f;
    }
    if (bits < 0x00800000u) {
        k = -25;
        bits = couplet_bits(couplet_times(x, 33554432.0f));
    }
    /* x in [sqrt(2) / 2, sqrt(2)] */
    bits += 0x3f800000u - 0x3f3504f3u;
    k += (int32_t)(bits >> 23) - 0x7f;
    x = couplet_from_bits((bits & 0x007fffffu) + 0x3f3504f3u);
    f = x - 1.0f;
    s = f / (2.0f + f);
    z = couplet_times(s, s);
    w = couplet_times(z, z);
    t1 = couplet_times(w, 0.400009722f + couplet_times(w, 0.242790788f));
    t2 = couplet_times(z, 0.666666627f + couplet_times(w, 0.284987867f));
    hfsq = couplet_times(couplet_times(0.5f, f), f);
    dk = (float)k;
    return couplet_times(s, hfsq + (t2 + t1)) + couplet_times(dk, 9.05800061e-06f) - hfsq + f +
           couplet_times(dk, 0.693138123f);
}

#endif
