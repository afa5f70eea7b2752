/* The standard normal distribution: log_prob(z) = -sum(z^2) / 2 - n/2 ln(2 pi). */

#ifndef COUPLET_NORMAL_C
#define COUPLET_NORMAL_C

/* The log-density of n latents. */
COUPLET_SHARED float couplet_normal_log_prob(const float *z, int n)
{
    float square = 0.0f;
    int i;
    for (i = 0; i < n; i++) {
        square += couplet_times(z[i], z[i]);
    }
    return couplet_times(-0.5f, square) - couplet_times((float)n, 0.918938518f);
}

#endif
