/* Adjustment, and how it is measured. */

static couplet_adjusting adjusting;
static float mean[MOST_FEATURES];
static float deviation[MOST_FEATURES];

static void new_adjusting(void)
{
    static couplet_moments moments[MOST_FEATURES];
    features = (uint16_t)take();
    take_floats(mean, features);
    take_floats(deviation, features);
    adjusting = couplet_adjusting_new(moments, features);
}

static void adjust_by(void)
{
    float x[MOST_FEATURES];
    const uint32_t times = take();
    uint32_t i;
    take_floats(x, features);
    for (i = 0u; i < times; i++) {
        couplet_adjusting_push(&adjusting, mean, deviation, x);
    }
    give(adjusting.valid);
    give(adjusting.invalid);
}

/* The error, the adjustment of each feature, the first feature without one. */
static void give_adjustment(void)
{
    couplet_adjustment adjustment[MOST_FEATURES];
    couplet_error error =
        couplet_adjusting_finish(&adjusting, mean, deviation, take() != 0u, adjustment);
    uint16_t i;
    give(error);
    if (error == COUPLET_FEATURE) {
        for (i = 0u; adjustment[i].factor > 0.0f; i++) {
        }
        give(i);
        give_float(adjustment[i].factor);
    }
    if (error == COUPLET_OK) {
        for (i = 0u; i < features; i++) {
            give_float(adjustment[i].offset);
            give_float(adjustment[i].factor);
        }
        give_float(couplet_adjustment_log_det(adjustment, features));
        couplet_adjust(adjustment, features, mean, values);
        give_floats(values, features);
    }
}
