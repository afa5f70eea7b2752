#ifndef COUPLET_ADJUSTMENT_C
#define COUPLET_ADJUSTMENT_C

/* A feature that is more standard deviations than this from the mean is no reading. */
#define COUPLET_FARTHEST 65536.0f
/* More readings change no mean that a float holds. */
#define COUPLET_MOST UINT32_C(16777216)

COUPLET_SHARED void couplet_adjust(
    const couplet_adjustment *adjustment, uint16_t features, const float *x, float *adjusted)
{
    uint16_t i;
    for (i = 0u; i < features; i++) {
        adjusted[i] = couplet_times(x[i] - adjustment[i].offset, adjustment[i].factor);
    }
}

COUPLET_SHARED float couplet_adjustment_log_det(
    const couplet_adjustment *adjustment, uint16_t features)
{
    float sum = 0.0f;
    uint16_t i;
    for (i = 0u; i < features; i++) {
        sum += couplet_ln(adjustment[i].factor);
    }
    return sum;
}

COUPLET_SHARED couplet_adjusting couplet_adjusting_new(couplet_moments *moments, uint16_t features)
{
    couplet_adjusting adjusting;
    uint16_t i;
    adjusting.moments = moments;
    adjusting.features = features;
    adjusting.valid = 0u;
    adjusting.invalid = 0u;
    for (i = 0u; i < features; i++) {
        moments[i].mean = 0.0f;
        moments[i].squares = 0.0f;
    }
    return adjusting;
}

/* Whether all features are near enough to their means; false for NaN. */
static bool couplet_is_near(
    const float *mean, const float *deviation, const float *x, uint16_t features)
{
    uint16_t i;
    for (i = 0u; i < features; i++) {
        if (!(couplet_abs((x[i] - mean[i]) / deviation[i]) <= COUPLET_FARTHEST)) {
            return false;
        }
    }
    return true;
}

COUPLET_SHARED void couplet_adjusting_push(
    couplet_adjusting *adjusting, const float *mean, const float *deviation, const float *x)
{
    float count;
    uint16_t i;
    if (!couplet_is_near(mean, deviation, x, adjusting->features)) {
        if (adjusting->invalid < UINT32_C(0xffffffff)) {
            adjusting->invalid++;
        }
        return;
    }
    if (adjusting->valid == COUPLET_MOST) {
        return;
    }
    adjusting->valid++;
    count = (float)adjusting->valid;
    for (i = 0u; i < adjusting->features; i++) {
        couplet_moments *moments = &adjusting->moments[i];
        const float z = (x[i] - mean[i]) / deviation[i];
        const float distance = z - moments->mean;
        moments->mean += distance / count;
        moments->squares += couplet_times(distance, z - moments->mean);
    }
}

COUPLET_SHARED couplet_error couplet_adjusting_finish(
    const couplet_adjusting *adjusting, const float *mean, const float *deviation,
    bool with_factors, couplet_adjustment *adjustment)
{
    couplet_error error = COUPLET_OK;
    float freedom;
    uint16_t i;
    if (adjusting->valid < 2u) {
        return COUPLET_TOO_FEW;
    }
    freedom = (float)(adjusting->valid - 1u);
    for (i = 0u; i < adjusting->features; i++) {
        /* x = mean + std z: z less its mean, over its deviation. */
        const couplet_moments *moments = &adjusting->moments[i];
        float offset = couplet_times(deviation[i], moments->mean);
        float factor = 1.0f;
        if (with_factors) {
            const float spread = couplet_sqrt(moments->squares / freedom);
            factor = 1.0f / spread;
            offset = offset + (mean[i] - couplet_times(mean[i], spread));
        }
        if (!(couplet_is_finite(offset) && couplet_is_finite(factor) && factor > 0.0f)) {
            factor = COUPLET_NAN;
            error = COUPLET_FEATURE;
        }
        adjustment[i].offset = offset;
        adjustment[i].factor = factor;
    }
    return error;
}

#endif
