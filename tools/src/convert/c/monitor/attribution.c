#ifndef COUPLET_ATTRIBUTION_C
#define COUPLET_ATTRIBUTION_C

/* How many features are blamed at most, beside those that are not finite. */
#define COUPLET_ROUNDS 3u
/* How many features of a round are judged by all typical values. */
#define COUPLET_FINE 6u
/* No feature. */
#define COUPLET_NOBODY 0xffffu

/* What a step does. */
enum {
    /* The log_prob of the reading. */
    COUPLET_BEGIN,
    /* The first stage: judges the next feature. */
    COUPLET_COARSE_STAGE,
    /* The second stage judges the best of the features that it has not judged. */
    COUPLET_FINE_STAGE,
    COUPLET_END
};

/* A typical value of a feature. */
static float couplet_typical_at(const couplet_typical *typical, uint16_t row, uint16_t feature)
{
    return typical->values[(uint32_t)row * typical->features + feature];
}

/* The middle value: the median, where rows are quantiles. */
static float couplet_median(const couplet_typical *typical, uint16_t feature)
{
    return couplet_typical_at(typical, typical->rows / 2u, feature);
}

/* The first stage tries every so many values. */
static uint16_t couplet_stride(const couplet_typical *typical)
{
    return typical->rows < 9u ? 1u : (uint16_t)((typical->rows - 1u) / 4u);
}

/* NaN counts as negative infinity. */
static float couplet_or_impossible(float log_prob)
{
    return couplet_is_nan(log_prob) ? COUPLET_NEGATIVE_INFINITY : log_prob;
}

/* What log_prob gains, where negative infinity less itself is nothing. */
static float couplet_gain(float after, float before)
{
    return after == before ? 0.0f : after - before;
}

COUPLET_SHARED couplet_attribution couplet_attribution_new(
    const couplet_typical *typical, float threshold, float *x, couplet_blame *blame)
{
    couplet_attribution attribution;
    uint16_t i;
    attribution.typical = typical;
    attribution.x = x;
    attribution.blame = blame;
    attribution.threshold = threshold;
    attribution.log_prob = COUPLET_NEGATIVE_INFINITY;
    attribution.culprits = 0u;
    attribution.next = 0u;
    attribution.round = 0u;
    attribution.stage = COUPLET_BEGIN;
    for (i = 0u; i < typical->features; i++) {
        blame[i].best = COUPLET_NEGATIVE_INFINITY;
        blame[i].expected = couplet_median(typical, i);
        blame[i].nats = 0.0f;
        blame[i].place = 0u;
        blame[i].is_fine = false;
        if (!couplet_is_finite(x[i])) {
            x[i] = blame[i].expected;
            attribution.culprits++;
            blame[i].place = attribution.culprits;
        }
    }
    return attribution;
}

/* The feature with the largest best, of those that are not blamed yet; in the second stage of those
   that it has not judged. The lower index wins ties. */
static uint16_t couplet_best(const couplet_attribution *attribution, bool is_second_stage)
{
    const couplet_blame *blame = attribution->blame;
    uint16_t first = COUPLET_NOBODY;
    uint16_t i;
    for (i = 0u; i < attribution->typical->features; i++) {
        const bool is_asked = blame[i].place == 0u && !(is_second_stage && blame[i].is_fine);
        if (is_asked && (first == COUPLET_NOBODY || blame[i].best > blame[first].best)) {
            first = i;
        }
    }
    return first;
}

/* The first feature from here on that is not blamed. */
static uint16_t couplet_open(const couplet_attribution *attribution, uint16_t from)
{
    uint16_t i;
    for (i = from; i < attribution->typical->features; i++) {
        if (attribution->blame[i].place == 0u) {
            return i;
        }
    }
    return COUPLET_NOBODY;
}

/* Blames the best feature of the round; begins the next, if there is one. */
static void couplet_end_round(couplet_attribution *attribution)
{
    const float threshold = attribution->threshold;
    const uint16_t feature = couplet_best(attribution, false);
    couplet_blame *blamed;
    attribution->stage = COUPLET_END;
    attribution->round++;
    if (feature == COUPLET_NOBODY) {
        return;
    }
    if (attribution->round == 1u && attribution->culprits > 0u &&
        attribution->log_prob >= threshold) {
        return; /* those that were not finite were enough */
    }
    blamed = &attribution->blame[feature];
    attribution->culprits++;
    blamed->place = attribution->culprits;
    attribution->next = couplet_open(attribution, 0u);
    if (blamed->best >= threshold || attribution->round >= COUPLET_ROUNDS ||
        attribution->next == COUPLET_NOBODY) {
        return;
    }
    attribution->x[feature] = blamed->expected;
    attribution->log_prob = blamed->best;
    attribution->stage = COUPLET_COARSE_STAGE;
}

/* The next step of the second stage, which has judged `count` features. */
static void couplet_go_on_fine(couplet_attribution *attribution, uint16_t count)
{
    if (count < COUPLET_FINE && couplet_best(attribution, true) != COUPLET_NOBODY) {
        attribution->stage = COUPLET_FINE_STAGE;
        attribution->next = count;
    } else {
        couplet_end_round(attribution);
    }
}

/* The next step of the first stage. Features that are blamed take no step. */
static void couplet_go_on_coarse(couplet_attribution *attribution, uint16_t from)
{
    const bool is_fine = couplet_stride(attribution->typical) == 1u;
    uint16_t i;
    attribution->next = couplet_open(attribution, from);
    if (attribution->next != COUPLET_NOBODY) {
        attribution->stage = COUPLET_COARSE_STAGE;
        return;
    }
    for (i = 0u; i < attribution->typical->features; i++) {
        attribution->blame[i].is_fine = is_fine;
    }
    couplet_go_on_fine(attribution, 0u);
}

/* The log_prob of the reading whose features are all finite. */
static void couplet_judge_reading(couplet_attribution *attribution, couplet_log_prob log_prob)
{
    const float found = couplet_or_impossible(log_prob(attribution->x));
    uint16_t i;
    attribution->log_prob = found;
    for (i = 0u; i < attribution->typical->features; i++) {
        couplet_blame *blame = &attribution->blame[i];
        if (blame->place > 0u) {
            blame->best = found;
            blame->nats = couplet_gain(found, COUPLET_NEGATIVE_INFINITY);
        }
    }
}

/* The best reset of a feature to the typical values of a stage. */
static void couplet_judge(
    couplet_attribution *attribution, uint16_t feature, bool is_second_stage,
    couplet_log_prob log_prob)
{
    const couplet_typical *typical = attribution->typical;
    const uint16_t stride = couplet_stride(typical);
    couplet_blame *blame = &attribution->blame[feature];
    float *x = &attribution->x[feature];
    const float own = *x;
    uint16_t row;
    for (row = 0u; row < typical->rows; row++) {
        const bool is_of_second_stage = row % stride != 0u;
        if (is_of_second_stage == is_second_stage) {
            float found;
            *x = couplet_typical_at(typical, row, feature);
            found = couplet_or_impossible(log_prob(attribution->x));
            if (found > blame->best) {
                blame->best = found;
                blame->expected = *x;
            }
        }
    }
    blame->nats = couplet_gain(blame->best, attribution->log_prob);
    *x = own;
}

COUPLET_SHARED bool couplet_attribution_step(
    couplet_attribution *attribution, couplet_log_prob log_prob)
{
    const uint16_t next = attribution->next;
    if (attribution->stage == COUPLET_BEGIN) {
        couplet_judge_reading(attribution, log_prob);
        couplet_go_on_coarse(attribution, 0u);
    } else if (attribution->stage == COUPLET_COARSE_STAGE) {
        /* Takes back what an earlier round found. */
        attribution->blame[next].best = COUPLET_NEGATIVE_INFINITY;
        attribution->blame[next].expected = couplet_median(attribution->typical, next);
        couplet_judge(attribution, next, false, log_prob);
        couplet_go_on_coarse(attribution, (uint16_t)(next + 1u));
    } else if (attribution->stage == COUPLET_FINE_STAGE) {
        const uint16_t feature = couplet_best(attribution, true);
        couplet_judge(attribution, feature, true, log_prob);
        attribution->blame[feature].is_fine = true;
        couplet_go_on_fine(attribution, (uint16_t)(next + 1u));
    }
    return attribution->stage != COUPLET_END;
}

COUPLET_SHARED void couplet_attribute(
    couplet_log_prob log_prob, const couplet_typical *typical, float threshold, float *x,
    couplet_blame *blame)
{
    couplet_attribution attribution = couplet_attribution_new(typical, threshold, x, blame);
    while (couplet_attribution_step(&attribution, log_prob)) {
    }
}

/* Whether a feature is ranked before another: by place, then by best, then by index. */
static bool couplet_is_before(const couplet_blame *blame, uint16_t one, uint16_t other)
{
    /* 0, which is no place, becomes the last. */
    const uint16_t place = (uint16_t)(blame[one].place - 1u);
    const uint16_t others = (uint16_t)(blame[other].place - 1u);
    if (place != others) {
        return place < others;
    }
    return blame[one].best > blame[other].best ||
           (blame[one].best == blame[other].best && one < other);
}

COUPLET_SHARED void couplet_ranked(const couplet_blame *blame, uint16_t features, uint16_t *ranked)
{
    uint16_t i;
    uint16_t j;
    for (i = 0u; i < features; i++) {
        uint16_t before = 0u;
        for (j = 0u; j < features; j++) {
            if (couplet_is_before(blame, j, i)) {
                before++;
            }
        }
        ranked[before] = i;
    }
}

COUPLET_SHARED uint16_t couplet_culprits(const couplet_blame *blame, uint16_t features)
{
    uint16_t culprits = 0u;
    uint16_t i;
    for (i = 0u; i < features; i++) {
        if (blame[i].place > 0u) {
            culprits++;
        }
    }
    return culprits;
}

COUPLET_SHARED bool couplet_explains(const couplet_blame *feature, float threshold)
{
    return feature->best >= threshold;
}

#endif
