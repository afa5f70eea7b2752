#if PUMP_PLAIN
void pump_attribute(
    const couplet_calibration *calibration, const float x[PUMP_FEATURES],
    couplet_blame blame[PUMP_FEATURES])
{
    float reset[PUMP_FEATURES];
    uint16_t i;
    for (i = 0u; i < PUMP_TYPICAL.features; i++) {
        reset[i] = x[i];
    }
    couplet_attribute(pump_log_prob, &PUMP_TYPICAL, calibration->threshold, reset, blame);
}
#endif
#if PUMP_CONTEXT
/* The log-density of a reading whose context lies behind it. */
static float pump_log_prob_of_both(const float *x)
{
    return pump_log_prob_given(x, x + PUMP_FEATURES);
}

void pump_attribute_given(
    const couplet_calibration *calibration, const float x[PUMP_FEATURES],
    const float c[PUMP_CONTEXTS], couplet_blame blame[PUMP_FEATURES])
{
    float reset[PUMP_FEATURES + PUMP_CONTEXTS];
    uint16_t i;
    for (i = 0u; i < PUMP_TYPICAL.features; i++) {
        reset[i] = x[i];
    }
    for (i = 0u; i < PUMP_CONTEXTS; i++) {
        reset[PUMP_FEATURES + i] = c[i];
    }
    couplet_attribute(pump_log_prob_of_both, &PUMP_TYPICAL, calibration->threshold, reset, blame);
}
#endif

void pump_adjusting_push(couplet_adjusting *adjusting, const float x[PUMP_FEATURES])
{
    couplet_adjusting_push(adjusting, PUMP_MEAN, PUMP_STD, x);
}

couplet_error pump_adjusting_finish(
    const couplet_adjusting *adjusting, bool with_factors,
    couplet_adjustment adjustment[PUMP_FEATURES])
{
    return couplet_adjusting_finish(adjusting, PUMP_MEAN, PUMP_STD, with_factors, adjustment);
}

int pump_alarm_self_test(void)
{
    couplet_blame blame[PUMP_FEATURES];
    uint16_t ranked[PUMP_FEATURES];
    float surprise;
    uint16_t i;
#if PUMP_PLAIN
    float x[PUMP_FEATURES];
    for (i = 0u; i < PUMP_TYPICAL.features; i++) {
        x[i] = couplet_from_bits(PUMP_ALARM_READING[i]);
    }
    surprise = couplet_surprise(&PUMP_CALIBRATION, pump_log_prob(x));
#endif
#if PUMP_CONTEXT
    float x[PUMP_FEATURES + PUMP_CONTEXTS];
    for (i = 0u; i < PUMP_FEATURES + PUMP_CONTEXTS; i++) {
        x[i] = couplet_from_bits(PUMP_ALARM_READING[i]);
    }
    surprise = couplet_surprise(&PUMP_CALIBRATION, pump_log_prob_of_both(x));
#endif
    if (couplet_bits(surprise) != PUMP_ALARM_SURPRISE) {
        return 1;
    }
#if PUMP_PLAIN
    pump_attribute(&PUMP_CALIBRATION, x, blame);
#endif
#if PUMP_CONTEXT
    pump_attribute_given(&PUMP_CALIBRATION, x, x + PUMP_FEATURES, blame);
#endif
    couplet_ranked(blame, PUMP_TYPICAL.features, ranked);
    if (ranked[0] != PUMP_ALARM_BLAMED) {
        return 2;
    }
    return couplet_bits(blame[ranked[0]].best) == PUMP_ALARM_BEST ? 0 : 3;
}
