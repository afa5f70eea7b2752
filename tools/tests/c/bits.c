/* Prints the bits of every map of several models at the points of examples/firmware/src/bits.rs, in
   its lines, or digests of blocks of points: FROM, TO and BLOCK say which. models.h has the models.

   In every second point one feature is strange, or all are wide or strange. */

#include "models.h"
#include "out.h"

typedef struct {
    couplet_xoshiro rng;
    uint64_t digest;
    bool prints;
} visit;

static uint32_t word(visit *v)
{
    return couplet_xoshiro_next(&v->rng);
}

/* A number that is uniform in [-4, 4). */
static float typical(visit *v)
{
    return couplet_times((float)(word(v) >> 8), 8.0f / 16777216.0f) - 4.0f;
}

/* A number of any sign and of a magnitude between 2^-16 and 2^16. */
static uint32_t wide(visit *v)
{
    uint32_t exponent = 127 - 16 + word(v) % 32;
    return (word(v) & UINT32_C(0x807fffff)) | exponent << 23;
}

/* A number with any bits, and often one at the edges of what a float can be. */
static uint32_t strange(visit *v)
{
    static const uint32_t edges[11] = {
        UINT32_C(0x7fc00000), UINT32_C(0x7f800001), UINT32_C(0x7fffffff), UINT32_C(0x7f800000),
        UINT32_C(0x7f7fffff), UINT32_C(0x7149f2ca), UINT32_C(0x3f800000), UINT32_C(0x00800000),
        UINT32_C(0x007fffff), UINT32_C(0x00000001), UINT32_C(0x00000000)};
    uint32_t any = word(v);
    uint32_t choice = word(v) % 16;
    return choice < 11 ? edges[choice] | (any & UINT32_C(0x80000000)) : any;
}

/* The features of a point as bits, since numbers may lose those of a NaN on their way. */
static void features(visit *v, uint32_t point, uint32_t *bits, int n)
{
    int one = (int)(word(v) % (uint32_t)n);
    int i;
    for (i = 0; i < n; i++) {
        switch (point % 8) {
        case 3:
            bits[i] = wide(v);
            break;
        case 7:
            bits[i] = strange(v);
            break;
        default:
            bits[i] = point % 4 == 1 && i == one ? strange(v) : couplet_bits(typical(v));
            break;
        }
    }
}

static void see_bits(visit *v, const char *quantity, const uint32_t *bits, int n)
{
    int i;
    if (v->prints) {
        out_text(" ");
        out_text(quantity);
    }
    for (i = 0; i < n; i++) {
        v->digest = (v->digest ^ bits[i]) * UINT64_C(0x00000100000001b3);
        if (v->prints) {
            out_text(i == 0 ? "=" : ",");
            out_hex(bits[i]);
        }
    }
}

static void see(visit *v, const char *quantity, const float *values, int n)
{
    uint32_t bits[COUPLET_TABLE];
    int i;
    for (i = 0; i < n; i++) {
        bits[i] = couplet_bits(values[i]);
    }
    see_bits(v, quantity, bits, n);
}

/* Visits the points that are asked for, of which an expensive model has fewer. */
static void every_point(const char *name, uint32_t expense, void (*at)(visit *, uint32_t))
{
    uint32_t point, from, end = (uint32_t)TO / expense;
    for (from = BLOCK ? 0 : FROM; from < (BLOCK ? end : TO); from += BLOCK ? BLOCK : 1) {
        uint32_t to = !BLOCK ? from + 1 : from + BLOCK < end ? from + BLOCK : end;
        visit v;
        v.digest = UINT64_C(0xcbf29ce484222325);
        v.prints = !BLOCK;
        out_text(name);
        out_text(" ");
        out_number(from);
        for (point = from; point < to; point++) {
            at(&v, point);
        }
        if (BLOCK) {
            out_text("..");
            out_number(to);
            out_text(" ");
            out_hex((uint32_t)(v.digest >> 32));
            out_hex((uint32_t)v.digest);
        }
        out_text("\n");
    }
}

/* What differs where a model has a context. */
#define PLAIN_CONTEXTS(UPPER) 1
#define PLAIN_DRAW(v, point, c, n) ((void)(c))
#define PLAIN_LOG_PROB(lower, x, c) lower##_log_prob(x)
#define PLAIN_FORWARD(lower, x, c, z) lower##_forward(x, z)
#define PLAIN_INVERSE(lower, z, c, x) lower##_inverse(z, x)
#define PLAIN_SAMPLE(lower, rng, c, x) lower##_sample(couplet_xoshiro_next, rng, x)
#define GIVEN_CONTEXTS(UPPER) UPPER##_CONTEXTS
#define GIVEN_DRAW(v, point, c, n) draw(v, (point) / 8, c, n)
#define GIVEN_LOG_PROB(lower, x, c) lower##_log_prob_given(x, c)
#define GIVEN_FORWARD(lower, x, c, z) lower##_forward_given(x, c, z)
#define GIVEN_INVERSE(lower, z, c, x) lower##_inverse_given(z, c, x)
#define GIVEN_SAMPLE(lower, rng, c, x) lower##_sample_given(couplet_xoshiro_next, rng, c, x)

/* A context. */
static inline void draw(visit *v, uint32_t point, float *c, int n)
{
    uint32_t bits[16];
    features(v, point, bits, n);
    COUPLET_COPY(c, bits, sizeof *c * (size_t)n);
}

#define VISIT(lower, UPPER, expense, KIND)                                                        \
    static void lower##_at(visit *v, uint32_t point)                                              \
    {                                                                                             \
        uint32_t bits[UPPER##_FEATURES];                                                          \
        float x[UPPER##_FEATURES], z[UPPER##_FEATURES], y[UPPER##_FEATURES];                      \
        float c[KIND##_CONTEXTS(UPPER)], log_det;                                                 \
        couplet_xoshiro_seed(&v->rng, point);                                                     \
        features(v, point, bits, UPPER##_FEATURES);                                               \
        COUPLET_COPY(z, bits, sizeof z);                                                          \
        COUPLET_COPY(x, bits, sizeof x);                                                          \
        if (point % 2 == 0) {                                                                     \
            couplet_unstandardize(UPPER##_MEAN, UPPER##_STD, x, UPPER##_FEATURES);                \
            COUPLET_COPY(bits, x, sizeof x);                                                      \
        }                                                                                         \
        KIND##_DRAW(v, point, c, KIND##_CONTEXTS(UPPER));                                         \
        see_bits(v, "x", bits, UPPER##_FEATURES);                                                 \
        log_det = KIND##_LOG_PROB(lower, x, c);                                                   \
        see(v, "log_prob", &log_det, 1);                                                          \
        log_det = KIND##_FORWARD(lower, x, c, y);                                                 \
        see(v, "forward", y, UPPER##_FEATURES);                                                   \
        see(v, "log_det", &log_det, 1);                                                           \
        log_det = KIND##_INVERSE(lower, z, c, y);                                                 \
        see(v, "inverse", y, UPPER##_FEATURES);                                                   \
        see(v, "inverse_log_det", &log_det, 1);                                                   \
        KIND##_SAMPLE(lower, &v->rng, c, y);                                                      \
        see(v, "sample", y, UPPER##_FEATURES);                                                    \
    }                                                                                             \
    static void lower##_all(void)                                                                 \
    {                                                                                             \
        every_point(#lower, expense, lower##_at);                                                 \
        out_text(lower##_self_test() == 0 ? "" : #lower " fails its self-test\n");                \
    }
MODELS(VISIT)

#include "monitor.c"

int main(void)
{
#define RUN(lower, UPPER, expense, KIND) lower##_all();
    MODELS(RUN)
    every_point("monitor", 8, monitor_at);
    return 0;
}
