/* The coupling of RealNVP: b <- b e^s + t, log_det = sum(s), where s = r / (1 + |r| / bound). */

#ifndef COUPLET_AFFINE_C
#define COUPLET_AFFINE_C

/* Maps n features by their r and then t. Returns log_det. */
COUPLET_SHARED float couplet_affine_forward(const float *r, float bound, float *b, int n)
{
    const float *t = r + n;
    float log_det = 0.0f;
    int i;
    for (i = 0; i < n; i++) {
        float s = r[i] / (1.0f + couplet_abs(r[i]) / bound);
        b[i] = couplet_times(b[i], couplet_exp(s)) + t[i];
        log_det += s;
    }
    return log_det;
}

/* Back again. Returns log_det of this direction. */
COUPLET_SHARED float couplet_affine_inverse(const float *r, float bound, float *b, int n)
{
    const float *t = r + n;
    float log_det = 0.0f;
    int i;
    for (i = 0; i < n; i++) {
        float s = r[i] / (1.0f + couplet_abs(r[i]) / bound);
        b[i] = couplet_times(b[i] - t[i], couplet_exp(-s));
        log_det -= s;
    }
    return log_det;
}

#endif
