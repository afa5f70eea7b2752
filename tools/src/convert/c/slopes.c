/* The logarithm of a product of slopes: one ln for all, unless the product leaves [2^-64, 2^64]. */

#ifndef COUPLET_SLOPES_C
#define COUPLET_SLOPES_C

typedef struct {
    float product;
    float sum; /* the logarithms of what was in the product before */
} couplet_slopes;

/* Takes a slope, which is positive or NaN. */
COUPLET_INLINE void couplet_slopes_take(couplet_slopes *slopes, float slope)
{
    uint32_t bits;
    slopes->product = couplet_times(slopes->product, slope);
    bits = couplet_bits(slopes->product);
    if (bits < UINT32_C(0x1f800000) || bits > UINT32_C(0x5f800000)) {
        slopes->sum += couplet_ln(slopes->product);
        slopes->product = 1.0f;
    }
}

/* The logarithm. */
COUPLET_INLINE float couplet_slopes_ln(const couplet_slopes *slopes)
{
    return slopes->sum + couplet_ln(slopes->product);
}

#endif
