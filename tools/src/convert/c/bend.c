/* The coupling of neural spline flows: each feature of b by a spline of `bins` bins between -bound and
   bound, whose widths, heights and inner slopes are raw numbers r, made positive by
   (1 + |r| + c r) / (1 + |r| - c r). */

#ifndef COUPLET_BEND_C
#define COUPLET_BEND_C

typedef struct {
    int bins;
    float bound;
    float c;
} couplet_bend;

COUPLET_INLINE float couplet_positive(float r, float c)
{
    float large = 1.0f + couplet_abs(r);
    float tilt = couplet_times(c, r);
    return (large + tilt) / (large - tilt);
}

/* Writes the knots of raw widths or heights without the first one: `bins` of them. */
static void couplet_bend_knots(const couplet_bend *bend, const float *raw, float *knots)
{
    float sum = 0.0f;
    float unit;
    int k;
    for (k = 0; k < bend->bins; k++) {
        sum += couplet_positive(raw[k], bend->c);
        knots[k] = sum;
    }
    unit = (bend->bound + bend->bound) / sum;
    for (k = 0; k < bend->bins - 1; k++) {
        knots[k] = couplet_times(knots[k], unit) - bend->bound;
    }
    knots[bend->bins - 1] = bend->bound;
}

/* Finds the bin of a value of x, or with `of_y` of y; false from the bound on, and for NaN.
   `knots` is scratch of twice as many numbers as there are bins. */
static bool couplet_bend_bin(const couplet_bend *bend, const float *raw, bool of_y, float value, float *knots, couplet_bin *bin)
{
    int bins = bend->bins;
    const float *slopes = raw + 2 * bins;
    float *x = knots;
    float *y = knots + bins;
    const float *along = of_y ? y : x;
    int k = 0;
    if (!(couplet_abs(value) < bend->bound)) {
        return false;
    }
    couplet_bend_knots(bend, raw, x);
    couplet_bend_knots(bend, raw + bins, y);
    while (k < bins - 1 && !(value < along[k])) {
        k++;
    }
    bin->x0 = k == 0 ? -bend->bound : x[k - 1];
    bin->y0 = k == 0 ? -bend->bound : y[k - 1];
    bin->d0 = k == 0 ? 1.0f : couplet_positive(slopes[k - 1], bend->c);
    bin->x1 = x[k];
    bin->y1 = y[k];
    bin->d1 = k == bins - 1 ? 1.0f : couplet_positive(slopes[k], bend->c);
    return true;
}

/* Maps n features by their raw numbers, 3 bins - 1 each. Returns log_det. */
COUPLET_SHARED float couplet_bend_forward(const couplet_bend *bend, const float *raw, float *b, int n, float *knots)
{
    couplet_slopes slopes = {1.0f, 0.0f};
    int i;
    for (i = 0; i < n; i++) {
        couplet_bin bin;
        float slope = 1.0f;
        if (couplet_bend_bin(bend, raw, false, b[i], knots, &bin)) {
            b[i] = couplet_spline_forward(&bin, b[i], &slope);
        }
        couplet_slopes_take(&slopes, slope);
        raw += 3 * bend->bins - 1;
    }
    return couplet_slopes_ln(&slopes);
}

/* Back again. Returns log_det of this direction. */
COUPLET_SHARED float couplet_bend_inverse(const couplet_bend *bend, const float *raw, float *b, int n, float *knots)
{
    couplet_slopes slopes = {1.0f, 0.0f};
    int i;
    for (i = 0; i < n; i++) {
        couplet_bin bin;
        float slope = 1.0f;
        if (couplet_bend_bin(bend, raw, true, b[i], knots, &bin)) {
            b[i] = couplet_spline_inverse(&bin, b[i], &slope);
        }
        couplet_slopes_take(&slopes, slope);
        raw += 3 * bend->bins - 1;
    }
    return -couplet_slopes_ln(&slopes);
}

#endif
