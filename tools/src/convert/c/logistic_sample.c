/* Samples of the standard logistic distribution, each from one random word. */

#ifndef COUPLET_LOGISTIC_SAMPLE_C
#define COUPLET_LOGISTIC_SAMPLE_C

/* Draws n latents: a fair sign, and ln((1 - v) / v) for v uniform in (0, 1/2]. */
COUPLET_SHARED void couplet_logistic_sample(couplet_next next, void *generator, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        bool is_negative;
        float v = couplet_times(0.5f, couplet_draw(next, generator, &is_negative));
        float size = couplet_log1p(-v) - couplet_ln(v);
        z[i] = is_negative ? -size : size;
    }
}

#endif
