/* What conditioners see of a reading far from all training data: the edge of that data. */

#ifndef COUPLET_CLAMPED_C
#define COUPLET_CLAMPED_C

/* Copies n inputs, each clamped to -bound..bound. NaN stays NaN. */
COUPLET_INLINE void couplet_clamp(const float *a, int n, float bound, float *clamped)
{
    int i;
    for (i = 0; i < n; i++) {
        float x = a[i];
        clamped[i] = x > bound ? bound : x < -bound ? -bound : x;
    }
}

#endif
