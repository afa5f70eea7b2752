/* Each feature by a spline of its own through knots, three numbers each: x, y and slope. Beyond the
   first and the last knot nothing changes. */

#ifndef COUPLET_MARGINAL_C
#define COUPLET_MARGINAL_C

/* Finds the bin of a value of x, or with axis 1 of y; false where there is none, and for NaN. */
static bool couplet_marginal_bin(const float *knots, int count, int axis, float value, couplet_bin *bin)
{
    int k;
    if (!(knots[axis] <= value)) {
        return false;
    }
    for (k = 1; k < count; k++) {
        const float *knot = knots + 3 * k;
        if (!(knot[axis] <= value)) {
            bin->x0 = knot[-3];
            bin->y0 = knot[-2];
            bin->d0 = knot[-1];
            bin->x1 = knot[0];
            bin->y1 = knot[1];
            bin->d1 = knot[2];
            return true;
        }
    }
    return false;
}

/* Maps n features; `count` is the number of knots of each. Returns log_det. */
COUPLET_SHARED float couplet_marginal_forward(const float *knots, int count, float *x, int n)
{
    couplet_slopes slopes = {1.0f, 0.0f};
    int i;
    for (i = 0; i < n; i++) {
        couplet_bin bin;
        float slope = 1.0f;
        if (couplet_marginal_bin(knots, count, 0, x[i], &bin)) {
            x[i] = couplet_spline_forward(&bin, x[i], &slope);
        }
        couplet_slopes_take(&slopes, slope);
        knots += 3 * count;
    }
    return couplet_slopes_ln(&slopes);
}

/* Back again. Returns log_det of this direction. */
COUPLET_SHARED float couplet_marginal_inverse(const float *knots, int count, float *z, int n)
{
    couplet_slopes slopes = {1.0f, 0.0f};
    int i;
    for (i = 0; i < n; i++) {
        couplet_bin bin;
        float slope = 1.0f;
        if (couplet_marginal_bin(knots, count, 1, z[i], &bin)) {
            z[i] = couplet_spline_inverse(&bin, z[i], &slope);
        }
        couplet_slopes_take(&slopes, slope);
        knots += 3 * count;
    }
    return -couplet_slopes_ln(&slopes);
}

#endif
