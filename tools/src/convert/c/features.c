/* What each feature goes through by itself: standardisation, permutation, scale. */

#ifndef COUPLET_FEATURES_C
#define COUPLET_FEATURES_C

/* z = (x - mean) / std. */
COUPLET_INLINE void couplet_standardize(const float *mean, const float *std, const float *x, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        z[i] = (x[i] - mean[i]) / std[i];
    }
}

/* x = z std + mean. */
COUPLET_INLINE void couplet_unstandardize(const float *mean, const float *std, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        z[i] = couplet_times(z[i], std[i]) + mean[i];
    }
}

/* z[i] = x[p[i]], in place. `from` is scratch of n numbers. */
COUPLET_INLINE void couplet_permute(const uint16_t *p, float *x, float *from, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        from[i] = x[i];
    }
    for (i = 0; i < n; i++) {
        x[i] = from[p[i]];
    }
}

/* x[p[i]] = z[i], in place. `from` is scratch of n numbers. */
COUPLET_INLINE void couplet_unpermute(const uint16_t *p, float *z, float *from, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        from[i] = z[i];
    }
    for (i = 0; i < n; i++) {
        z[p[i]] = from[i];
    }
}

/* Multiplies each feature by its factor. */
COUPLET_INLINE void couplet_scale(const float *factor, float *x, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        x[i] = couplet_times(x[i], factor[i]);
    }
}

/* Replaces each NaN by the canonical one. */
COUPLET_INLINE void couplet_canonical(float *x, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        if (couplet_is_nan(x[i])) {
            x[i] = COUPLET_NAN;
        }
    }
}

#endif
