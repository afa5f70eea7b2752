/* Student's t distribution with nu degrees of freedom for each feature: log_prob(z) = normalizer -
   sum((nu + 1)/2 ln(1 + z^2 / nu)). */

#ifndef COUPLET_STUDENT_C
#define COUPLET_STUDENT_C

/* The log-density of n latents. */
COUPLET_SHARED float couplet_student_log_prob(const float *freedom, float normalizer, const float *z, int n)
{
    float sum = 0.0f;
    int i;
    for (i = 0; i < n; i++) {
        float nu = freedom[i];
        float q = z[i] * z[i] / nu;
        float u = 1.0f + q;
        float lost = q - (u - 1.0f); /* what the rounding of u took; NaN where q is infinite */
        float correction = couplet_is_nan(lost) ? 0.0f : lost / u;
        sum += couplet_times((nu + 1.0f) * 0.5f, couplet_ln(u) + correction);
    }
    return normalizer - sum;
}

#endif
