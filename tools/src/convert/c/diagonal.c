/* Components of a mixture whose features do not depend on each other. */

#ifndef COUPLET_DIAGONAL_C
#define COUPLET_DIAGONAL_C

/* The log-density of n latents under `count` components, whose means and scales lie one component
   after the other. `parts` is scratch of `count` numbers. */
COUPLET_SHARED float couplet_diagonal_log_prob(const float *log_norm, const float *mean, const float *scale,
                                               int count, const float *z, int n, float *parts)
{
    int k;
    for (k = 0; k < count; k++) {
        float square = 0.0f;
        int i;
        for (i = 0; i < n; i++) {
            float y = scale[i] * (z[i] - mean[i]);
            square += couplet_times(y, y);
        }
        parts[k] = log_norm[k] - couplet_times(0.5f, square);
        mean += n;
        scale += n;
    }
    return couplet_mixture_join(parts, count);
}

/* Turns a standard normal point into one of a component. */
COUPLET_SHARED void couplet_diagonal_place(const float *mean, const float *scale, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        z[i] = z[i] / scale[i] + mean[i];
    }
}

#endif
