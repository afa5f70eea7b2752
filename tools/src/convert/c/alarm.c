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
    float x[PUMP_FEATURES];
    float surprise;
    uint16_t i;
    for (i = 0u; i < PUMP_TYPICAL.features; i++) {
        x[i] = couplet_from_bits(PUMP_ALARM_READING[i]);
    }
    surprise = couplet_surprise(&PUMP_CALIBRATION, pump_log_prob(x));
    if (couplet_bits(surprise) != PUMP_ALARM_SURPRISE) {
        return 1;
    }
    pump_attribute(&PUMP_CALIBRATION, x, blame);
    couplet_ranked(blame, PUMP_TYPICAL.features, ranked);
    if (ranked[0] != PUMP_ALARM_BLAMED) {
        return 2;
    }
    return couplet_bits(blame[ranked[0]].best) == PUMP_ALARM_BEST ? 0 : 3;
}
