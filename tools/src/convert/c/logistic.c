/* The standard logistic distribution: log_prob(z) = sum(-|z| - 2 ln(1 + e^-|z|)). */

#ifndef COUPLET_LOGISTIC_C
#define COUPLET_LOGISTIC_C

/* The log-density of n latents. */
COUPLET_SHARED float couplet_logistic_log_prob(const float *z, int n)
{
    float sum = 0.0f;
    int i;
    for (i = 0; i < n; i++) {
        float size = couplet_abs(z[i]);
        float softplus = couplet_log1p(couplet_exp(-size));
        sum += -size - (softplus + softplus);
    }
    return sum;
}

#endif
