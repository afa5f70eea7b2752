/* e^x in sums, products and integers, in the order written here. */

#ifndef COUPLET_EXPONENTIAL_C
#define COUPLET_EXPONENTIAL_C

/* e^x = mantissa 2^exponent, with x = exponent ln 2 + r and |r| <= ln 2 / 2. Returns the mantissa. */
COUPLET_INLINE float couplet_mantissa(float x, int32_t *exponent)
{
    /* 1.5 2^23: adding it to a small number leaves the nearest integer in the lowest bits. */
    const float round = 12582912.0f;
    float rounded = couplet_times(x, 1.44269502f) + round;
    float n = rounded - round;
    /* ln 2 in two parts; the product with the first is exact. */
    float r = x - couplet_times(n, 0.693359375f) - couplet_times(n, -0.000212194442f);
    float q = 0.00836850982f + couplet_times(r, 0.00138146023f);
    q = 0.0416683517f + couplet_times(r, q);
    q = 0.166665211f + couplet_times(r, q);
    q = 0.499999940f + couplet_times(r, q);
    *exponent = (int32_t)(couplet_bits(rounded) - couplet_bits(round));
    return 1.0f + (r + couplet_times(r * r, q));
}

/* x 2^exponent, where neither x nor the result is subnormal or infinite. */
COUPLET_INLINE float couplet_shifted(float x, int32_t exponent)
{
    return couplet_from_bits(couplet_bits(x) + ((uint32_t)exponent << 23));
}

/* e^x, within one unit of the last place. */
COUPLET_SHARED float couplet_exp(float x)
{
    int32_t exponent;
    if (couplet_bits(couplet_abs(x)) <= couplet_bits(87.0f)) {
        float mantissa = couplet_mantissa(x, &exponent);
        return couplet_shifted(mantissa, exponent);
    }
    /* The result may be subnormal, 0, infinite or NaN: comparisons with NaN are false. */
    if (x > 89.0f) {
        x = 89.0f;
    }
    if (x < -104.0f) {
        x = -104.0f;
    }
    {
        float mantissa = couplet_mantissa(x, &exponent);
        int32_t half = exponent / 2;
        return couplet_times(mantissa * couplet_shifted(1.0f, half), couplet_shifted(1.0f, exponent - half));
    }
}

#endif
