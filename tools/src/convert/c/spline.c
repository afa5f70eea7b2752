/* A monotone rational-quadratic spline in the bin between two knots (x0, y0), (x1, y1) of the slopes
   d0, d1. Neural Spline Flows (Durkan et al., 2019), https://arxiv.org/abs/1906.04032. */

#ifndef COUPLET_SPLINE_C
#define COUPLET_SPLINE_C

typedef struct {
    float x0, y0, d0, x1, y1, d1;
} couplet_bin;

/* y at x, and the slope there. */
COUPLET_SHARED float couplet_spline_forward(const couplet_bin *bin, float x, float *slope)
{
    float w = bin->x1 - bin->x0;
    float h = bin->y1 - bin->y0;
    float l = bin->d0 * w;
    float r = bin->d1 * w;
    float t = x - bin->x0;
    float v = bin->x1 - x;
    float left = couplet_times(h, t) + couplet_times(l, v);
    float right = couplet_times(h, v) + couplet_times(r, t);
    float n = couplet_times(t, left);
    float c = h / (n + couplet_times(v, right));
    *slope = couplet_times(c * c * w, couplet_times(t, right) + couplet_times(v, left));
    return bin->y0 + couplet_times(n, c);
}

/* x at y, and the slope dy/dx there. */
COUPLET_SHARED float couplet_spline_inverse(const couplet_bin *bin, float y, float *slope)
{
    float w = bin->x1 - bin->x0;
    float h = bin->y1 - bin->y0;
    float g = y - bin->y0;
    float u = bin->y1 - y;
    float a = couplet_times(bin->d0 * w, u) - couplet_times(bin->d1 * w, g);
    float q = h + h;
    float qg = couplet_times(q, g);
    float qu = couplet_times(q, u);
    float s = couplet_abs(a) + couplet_sqrt(couplet_times(a, a) + couplet_times(qg, qu));
    float x = a >= 0.0f ? bin->x0 + w * qg / (s + qg) : bin->x1 - w * qu / (s + qu);
    (void)couplet_spline_forward(bin, x, slope);
    return x;
}

#endif
