/* Samples of the standard normal distribution, two from two random words: a radius and a direction.
   A Note on the Generation of Random Normal Deviates (Box and Muller, 1958). */

#ifndef COUPLET_NORMAL_SAMPLE_C
#define COUPLET_NORMAL_SAMPLE_C

/* Draws n latents. */
COUPLET_SHARED void couplet_normal_sample(couplet_next next, void *generator, float *z, int n)
{
    int i;
    for (i = 0; i < n; i += 2) {
        bool unused;
        float direction[2];
        float ln = couplet_ln(couplet_draw(next, generator, &unused));
        float radius;
        couplet_direction(next, generator, direction);
        radius = couplet_sqrt(-(ln + ln));
        z[i] = couplet_times(radius, direction[0]);
        if (i + 1 < n) {
            z[i + 1] = couplet_times(radius, direction[1]);
        }
    }
}

#endif
