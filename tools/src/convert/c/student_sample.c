/* Samples of Student's t distribution, each from two random words: a radius and a direction.
   Polar Generation of Random Variates with the t-Distribution (Bailey, 1994). */

#ifndef COUPLET_STUDENT_SAMPLE_C
#define COUPLET_STUDENT_SAMPLE_C

/* Draws n latents: sqrt(nu (u^(-2 / nu) - 1)) cos(2 pi v). */
COUPLET_SHARED void couplet_student_sample(couplet_next next, void *generator, const float *freedom, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        bool unused;
        float direction[2];
        float ln = couplet_ln(couplet_draw(next, generator, &unused));
        float exponent, power, growth;
        couplet_direction(next, generator, direction);
        exponent = -(ln + ln) / freedom[i];
        power = couplet_exp(exponent);
        growth = exponent;
        if (!(power == 1.0f)) {
            /* power - 1, with the digits that the rounding of the power took where nu is large. */
            growth = (power - 1.0f) * exponent / couplet_ln(power);
        }
        z[i] = couplet_times(couplet_sqrt(freedom[i] * growth), direction[0]);
    }
}

#endif
