#ifndef COUPLET_RULES_C
#define COUPLET_RULES_C

/* The largest sum; 0 where there is no sum. */
static float couplet_rules_cap(const couplet_rules *rules)
{
    const float cap = rules->limit + rules->limit;
    return rules->limit > 0.0f && couplet_is_finite(cap) ? cap : 0.0f;
}

/* The bits of the last n readings. */
static uint32_t couplet_rules_mask(const couplet_rules *rules)
{
    return rules->n < 32u ? ((uint32_t)1 << rules->n) - 1u : UINT32_C(0xffffffff);
}

static bool couplet_is_positive(float value)
{
    return couplet_is_finite(value) && value > 0.0f;
}

COUPLET_SHARED couplet_error couplet_rules_check(const couplet_rules *rules)
{
    const couplet_drift *drift = rules->drift;
    const bool has_sum = couplet_rules_cap(rules) > 0.0f;
    if (!(rules->limit >= 0.0f)) {
        return COUPLET_LIMIT;
    }
    if (has_sum && !(couplet_is_finite(rules->reference) && rules->reference > 1.0f)) {
        return COUPLET_REFERENCE;
    }
    if (!(couplet_is_finite(rules->release) && rules->release >= 0.0f) ||
        (has_sum && rules->release > rules->limit)) {
        return COUPLET_RELEASE;
    }
    if (rules->n > 32u || rules->k > rules->n) {
        return COUPLET_COUNT;
    }
    if (drift && !(couplet_is_positive(drift->rate) && drift->rate < 1.0f &&
                   couplet_is_positive(drift->step) && couplet_is_positive(drift->cap))) {
        return COUPLET_DRIFT;
    }
    return COUPLET_OK;
}

#endif
