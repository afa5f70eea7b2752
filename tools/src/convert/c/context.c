/* The context of a conditional density: the state of operation in which a reading was taken. */

#ifndef COUPLET_CONTEXT_C
#define COUPLET_CONTEXT_C

/* What conditioners see of n numbers c: (c - mean) / std. False if one of them is not finite. */
COUPLET_INLINE bool couplet_see(const float *mean, const float *std, const float *c, float *seen, int n)
{
    int i;
    couplet_standardize(mean, std, c, seen, n);
    for (i = 0; i < n; i++) {
        if (!couplet_is_finite(seen[i])) {
            return false;
        }
    }
    return true;
}

/* Whether each of n numbers is within what training saw. */
COUPLET_INLINE bool couplet_is_known(const float *least, const float *most, const float *c, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        if (!(c[i] >= least[i] && c[i] <= most[i])) {
            return false;
        }
    }
    return true;
}

/* Fills n numbers with NaN. */
COUPLET_INLINE void couplet_not_a_number(float *x, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        x[i] = COUPLET_NAN;
    }
}

#endif
