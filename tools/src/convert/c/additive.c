/* The coupling of NICE: b <- b + t, log_det = 0. */

#ifndef COUPLET_ADDITIVE_C
#define COUPLET_ADDITIVE_C

/* Adds the shifts t to n features. Returns log_det. */
COUPLET_INLINE float couplet_additive_forward(const float *t, float *b, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        b[i] += t[i];
    }
    return 0.0f;
}

/* Back again. Returns log_det of this direction. */
COUPLET_INLINE float couplet_additive_inverse(const float *t, float *b, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        b[i] -= t[i];
    }
    return 0.0f;
}

#endif
