/* Components of a mixture with a full covariance: y is a triangle's map of z - m. */

#ifndef COUPLET_FULL_C
#define COUPLET_FULL_C

/* The log-density of n latents under `count` components, whose means, scales and weights below the
   diagonal lie one component after the other. `y` is scratch of n numbers, `parts` of `count`. */
COUPLET_SHARED float couplet_full_log_prob(const float *log_norm, const float *mean, const float *scale, const float *factor,
                                           int count, const float *z, int n, float *y, float *parts)
{
    int k;
    for (k = 0; k < count; k++) {
        float square = 0.0f;
        int i;
        for (i = 0; i < n; i++) {
            y[i] = z[i] - mean[i];
        }
        couplet_triangle_forward(scale, factor, y, n);
        for (i = 0; i < n; i++) {
            square += couplet_times(y[i], y[i]);
        }
        parts[k] = log_norm[k] - couplet_times(0.5f, square);
        mean += n;
        scale += n;
        factor += n * (n - 1) / 2;
    }
    return couplet_mixture_join(parts, count);
}

/* Turns a standard normal point into one of a component. */
COUPLET_SHARED void couplet_full_place(const float *mean, const float *scale, const float *factor, float *z, int n)
{
    int i;
    couplet_triangle_inverse(scale, factor, z, n);
    for (i = 0; i < n; i++) {
        z[i] += mean[i];
    }
}

#endif
