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

/* The next eight weights. On Arm one instruction loads them, if they are in registers that follow each
   other; compilers do not see to that by themselves. */
#if defined(__arm__) && defined(__GNUC__)
#if defined(__cplusplus) && __cplusplus >= 201703L
#pragma GCC diagnostic ignored "-Wregister"
#endif
#define COUPLET_NEXT_EIGHT(w)                                                                     \
    register float w0 __asm__("s8");                                                              \
    register float w1 __asm__("s9");                                                              \
    register float w2 __asm__("s10");                                                             \
    register float w3 __asm__("s11");                                                             \
    register float w4 __asm__("s12");                                                             \
    register float w5 __asm__("s13");                                                             \
    register float w6 __asm__("s14");                                                             \
    register float w7 __asm__("s15");                                                             \
    __asm__("vldmia %0!, {s8-s15}"                                                                \
            : "+r"(w), "=t"(w0), "=t"(w1), "=t"(w2), "=t"(w3), "=t"(w4), "=t"(w5), "=t"(w6), "=t"(w7) \
            : "m"(*(const float(*)[8])w))
#else
#define COUPLET_NEXT_EIGHT(w)                                                                     \
    float w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5], w6 = w[6], w7 = w[7]; \
    w += 8
#endif

/* Eight outputs, whose sums start at b and stay in registers, from n inputs. */
static void couplet_eight(const float *w, const float *x, int n, float floor, const float *b, float *y)
{
    float y0 = b[0], y1 = b[1], y2 = b[2], y3 = b[3], y4 = b[4], y5 = b[5], y6 = b[6], y7 = b[7];
    const float *end = x + n;
    while (x != end) {
        float u = *x++;
        COUPLET_NEXT_EIGHT(w);
        y0 += couplet_times(w0, u);
        y1 += couplet_times(w1, u);
        y2 += couplet_times(w2, u);
        y3 += couplet_times(w3, u);
        y4 += couplet_times(w4, u);
        y5 += couplet_times(w5, u);
        y6 += couplet_times(w6, u);
        y7 += couplet_times(w7, u);
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
static void couplet_four(const float *w, const float *x, int n, float floor, const float *b, float *y)
{
    float y0 = b[0], y1 = b[1], y2 = b[2], y3 = b[3];
    const float *end = x + n;
    while (x != end) {
        float u = *x++;
        y0 += couplet_times(w[0], u);
        y1 += couplet_times(w[1], u);
        y2 += couplet_times(w[2], u);
        y3 += couplet_times(w[3], u);
        w += 4;
    }
    y[0] = couplet_at_least(floor, y0);
    y[1] = couplet_at_least(floor, y1);
    y[2] = couplet_at_least(floor, y2);
    y[3] = couplet_at_least(floor, y3);
}

/* Two outputs. */
static void couplet_two(const float *w, const float *x, int n, float floor, const float *b, float *y)
{
    float y0 = b[0], y1 = b[1];
    const float *end = x + n;
    while (x != end) {
        float u = *x++;
        y0 += couplet_times(w[0], u);
        y1 += couplet_times(w[1], u);
        w += 2;
    }
    y[0] = couplet_at_least(floor, y0);
    y[1] = couplet_at_least(floor, y1);
}

/* One output. */
static void couplet_one(const float *w, const float *x, int n, float floor, const float *b, float *y)
{
    float sum = *b;
    const float *end = x + n;
    while (x != end) {
        sum += couplet_times(*w++, *x++);
    }
    *y = couplet_at_least(floor, sum);
}

/* From `in` inputs x to `out` outputs y. */
COUPLET_SHARED void couplet_dense(const float *w, const float *b, const float *x, int in, int out, float floor, float *y)
{
    if (in % 2 != 0) {
        int i;
        for (i = 0; i < out; i++) {
            y[i] = b[i] + couplet_times(*w++, *x);
        }
        x++;
        in--;
        b = y;
    }
    for (; out >= 8; out -= 8) {
        couplet_eight(w, x, in, floor, b, y);
        w += 8 * in;
        b += 8;
        y += 8;
    }
    if (out >= 4) {
        couplet_four(w, x, in, floor, b, y);
        w += 4 * in;
        b += 4;
        y += 4;
        out -= 4;
    }
    if (out >= 2) {
        couplet_two(w, x, in, floor, b, y);
        w += 2 * in;
        b += 2;
        y += 2;
        out -= 2;
    }
    if (out >= 1) {
        couplet_one(w, x, in, floor, b, y);
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
