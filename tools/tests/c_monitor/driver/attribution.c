/* Attribution, by densities that the test has too. */

#include <string.h>

static uint16_t features;
static uint32_t density;
static uint32_t evaluations;
static uint32_t trace;

/* One of five densities; the test has the same. */
static float log_prob(const float *x)
{
    float sum = 0.0f;
    uint32_t hash = 0u;
    uint16_t i;
    for (i = 0u; i < features; i++) {
        sum -= couplet_times(x[i], x[i]);
        trace = (trace ^ couplet_bits(x[i])) * UINT32_C(16777619);
        hash = (hash ^ couplet_bits(x[i])) * UINT32_C(16777619);
    }
    evaluations++;
    if (density == 1u && sum > -1000.0f) {
        return (float)(int32_t)sum; /* ties */
    }
    if (density == 2u && x[0] > 0.5f) {
        return couplet_from_bits(UINT32_C(0xffc00001)); /* a NaN */
    }
    if (density == 2u && x[features - 1u] < 0.0f) {
        return COUPLET_NEGATIVE_INFINITY;
    }
    if (density == 4u && (hash >> 20) % 2u == 0u) {
        return -(float)((hash >> 24) % 16u); /* any, where it is not impossible */
    }
    return density >= 3u ? COUPLET_NEGATIVE_INFINITY : sum;
}

static void give_blame(const couplet_blame *blame, float threshold)
{
    uint16_t ranked[MOST_FEATURES];
    uint16_t i;
    couplet_ranked(blame, features, ranked);
    give(couplet_culprits(blame, features));
    for (i = 0u; i < features; i++) {
        give_float(blame[i].best);
        give_float(blame[i].expected);
        give_float(blame[i].nats);
        give(ranked[i]);
        give(couplet_explains(&blame[i], threshold));
    }
}

static void attribute(void)
{
    couplet_blame blame[MOST_FEATURES];
    couplet_attribution attribution;
    couplet_typical typical;
    float reading[MOST_FEATURES];
    float x[MOST_FEATURES];
    const float threshold = take_float();
    bool goes_on = true;
    density = take();
    features = (uint16_t)take();
    typical.features = features;
    typical.rows = (uint16_t)take();
    typical.values = values;
    take_floats(values, (uint32_t)typical.rows * features);
    take_floats(reading, features);
    memcpy(x, reading, sizeof x);
    evaluations = 0u;
    trace = 0u;
    attribution = couplet_attribution_new(&typical, threshold, x, blame);
    give_blame(blame, threshold);
    while (goes_on) {
        goes_on = couplet_attribution_step(&attribution, log_prob);
        give(goes_on);
        give(evaluations);
        give(trace);
        give_blame(blame, threshold);
    }
    give(couplet_attribution_step(&attribution, log_prob));
    couplet_attribute(log_prob, &typical, threshold, reading, blame);
    give_blame(blame, threshold);
}
