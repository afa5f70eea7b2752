/* The hyperbolic tangent, and the activation of it. */

#ifndef COUPLET_TANGENT_C
#define COUPLET_TANGENT_C

/* tanh(x), within 1.5 units of the last place, and never beyond 1. */
COUPLET_SHARED float couplet_tanh(float x)
{
    const float one = 9.02f;  /* above, 1 is the nearest number */
    const float half = 0.55f; /* above, the error of what is taken from 1 stays small */
    float size = couplet_abs(x);
    float tanh = 1.0f;
    if (couplet_bits(size) < couplet_bits(half)) {
        float z = couplet_times(x, x);
        float p = -0.0526709296f + couplet_times(z, 0.0164358374f);
        p = 0.133207113f + couplet_times(z, p);
        p = -0.333329469f + couplet_times(z, p);
        return x + couplet_times(x, z * p);
    }
    if (couplet_bits(size) < couplet_bits(one)) {
        int32_t exponent;
        float mantissa = couplet_mantissa(size + size, &exponent);
        tanh = 1.0f - 2.0f / (1.0f + couplet_shifted(mantissa, exponent));
    } else if (couplet_is_nan(x)) {
        return x;
    }
    return couplet_from_bits(couplet_bits(tanh) | (couplet_bits(x) & UINT32_C(0x80000000)));
}

/* Turns each of n numbers into its hyperbolic tangent. */
COUPLET_SHARED void couplet_activate_tanh(float *y, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        y[i] = couplet_tanh(y[i]);
    }
}

#endif
