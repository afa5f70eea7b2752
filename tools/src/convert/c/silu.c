/* The activation y / (1 + e^-y). */

#ifndef COUPLET_SILU_C
#define COUPLET_SILU_C

/* Turns each of n numbers y into y / (1 + e^-y). */
COUPLET_SHARED void couplet_activate_silu(float *y, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        y[i] = y[i] / (1.0f + couplet_exp(-y[i]));
    }
}

#endif
