/* Dense layers: y = max(W x + b, floor). Each sum starts at its bias and adds w x in the order of x.

   The order of the weights is that of their use. If the number of inputs is odd, the weights of the
   first input come first. Those of the others lie in blocks of outputs: as many blocks of eight as
   there are, then one of four, of two and of one where outputs are left. Within a block the weights
   of an input lie beside each other. */

#ifndef COUPLET_DENSE_C
#define COUPLET_DENSE_C

/* max(y, floor), but NaN stays NaN. */
COUPLET_INLINE float couplet_at_least(float floor, float y)
{
    return y < floor ? floor : y;
}

#if COUPLET_HAS_FLOAT

/* Eight outputs, whose sums stay in registers; two inputs at a time. */
static void couplet_eight(const float *w, const float *x, int pairs, float floor, float *y)
{
    float y0 = y[0], y1 = y[1], y2 = y[2], y3 = y[3], y4 = y[4], y5 = y[5], y6 = y[6], y7 = y[7];
    const float *end = x + 2 * pairs;
    while (x != end) {
        float u = x[0];
        float v = x[1];
        y0 += couplet_times(w[0], u);
        y1 += couplet_times(w[1], u);
        y2 += couplet_times(w[2], u);
        y3 += couplet_times(w[3], u);
        y4 += couplet_times(w[4], u);
        y5 += couplet_times(w[5], u);
        y6 += couplet_times(w[6], u);
        y7 += couplet_times(w[7], u);
        y0 += couplet_times(w[8], v);
        y1 += couplet_times(w[9], v);
        y2 += couplet_times(w[10], v);
        y3 += couplet_times(w[11], v);
        y4 += couplet_times(w[12], v);
        y5 += couplet_times(w[13], v);
        y6 += couplet_times(w[14], v);
        y7 += couplet_times(w[15], v);
        w += 16;
        x += 2;
    }
    y[0] = couplet_at_least(floor, y0);
    y[1] = couplet_at_least(floor, y1);
    y[2] = couplet_at_least(floor, y2);
    y[3] = couplet_at_least(floor, y3);
    y[4] = couplet_at_least(floor, y4);
    y[5] = couplet_at_least(floor, y5);
    y[6] = couplet_at_least(floor, y6);
    y[7] = couplet_at_least(floor, y7);
}

/* Four outputs. */
static void couplet_four(const float *w, const float *x, int pairs, float floor, float *y)
{
    float y0 = y[0], y1 = y[1], y2 = y[2], y3 = y[3];
    const float *end = x + 2 * pairs;
    while (x != end) {
        float u = x[0];
        float v = x[1];
        y0 += couplet_times(w[0], u);
        y1 += couplet_times(w[1], u);
        y2 += couplet_times(w[2], u);
        y3 += couplet_times(w[3], u);
        y0 += couplet_times(w[4], v);
        y1 += couplet_times(w[5], v);
        y2 += couplet_times(w[6], v);
        y3 += couplet_times(w[7], v);
        w += 8;
        x += 2;
    }
    y[0] = couplet_at_least(floor, y0);
    y[1] = couplet_at_least(floor, y1);
    y[2] = couplet_at_least(floor, y2);
    y[3] = couplet_at_least(floor, y3);
}

/* Two outputs. */
static void couplet_two(const float *w, const float *x, int pairs, float floor, float *y)
{
    float y0 = y[0], y1 = y[1];
    const float *end = x + 2 * pairs;
    while (x != end) {
        float u = x[0];
        float v = x[1];
        y0 += couplet_times(w[0], u);
        y1 += couplet_times(w[1], u);
        y0 += couplet_times(w[2], v);
        y1 += couplet_times(w[3], v);
        w += 4;
        x += 2;
    }
    y[0] = couplet_at_least(floor, y0);
    y[1] = couplet_at_least(floor, y1);
}

/* One output. */
static void couplet_one(const float *w, const float *x, int pairs, float floor, float *y)
{
    float sum = y[0];
    const float *end = x + 2 * pairs;
    while (x != end) {
        sum += couplet_times(w[0], x[0]);
        sum += couplet_times(w[1], x[1]);
        w += 2;
        x += 2;
    }
    y[0] = couplet_at_least(floor, sum);
}

/* From `in` inputs x to `out` outputs y. */
COUPLET_SHARED void couplet_dense(const float *w, const float *b, const float *x, int in, int out, float floor, float *y)
{
    int pairs = in / 2;
    int i;
    if (in % 2 != 0) {
        for (i = 0; i < out; i++) {
            y[i] = b[i] + couplet_times(w[i], x[0]);
        }
        w += out;
        x++;
    } else {
        for (i = 0; i < out; i++) {
            y[i] = b[i];
        }
    }
    for (; out >= 8; out -= 8) {
        couplet_eight(w, x, pairs, floor, y);
        w += 16 * pairs;
        y += 8;
    }
    if (out >= 4) {
        couplet_four(w, x, pairs, floor, y);
        w += 8 * pairs;
        y += 4;
        out -= 4;
    }
    if (out >= 2) {
        couplet_two(w, x, pairs, floor, y);
        w += 4 * pairs;
        y += 2;
        out -= 2;
    }
    if (out >= 1) {
        couplet_one(w, x, pairs, floor, y);
    }
}

#else

/* From `in` inputs x to `out` outputs y. Without registers for float each product and each sum is a
   call, so one sum at a time is under way. */
COUPLET_SHARED void couplet_dense(const float *w, const float *b, const float *x, int in, int out, float floor, float *y)
{
    const float *first = w;        /* the weights of the first input, if their number is odd */
    int odd = in % 2;
    const float *block = w + odd * out;
    int row = 0;
    while (row < out) {
        int left = out - row;
        int height = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        int r;
        for (r = 0; r < height; r++) {
            float sum = b[row];
            const float *at = block + r;
            int i;
            if (odd != 0) {
                sum += couplet_times(first[row], x[0]);
            }
            for (i = odd; i < in; i++) {
                sum += couplet_times(*at, x[i]);
                at += height;
            }
            y[row] = couplet_at_least(floor, sum);
            row++;
        }
        block += height * (in - odd);
    }
}

#endif

#endif
