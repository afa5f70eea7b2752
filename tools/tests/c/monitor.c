/* The bits of what stands around a model, as examples/firmware/src/monitor.rs shows them. */

/* A number that is uniform in [-4, 4), and in every second point sometimes strange. */
static float number(visit *v, uint32_t point)
{
    const bool is_strange = point % 2 == 1 && word(v) % 16 == 0;
    return is_strange ? couplet_from_bits(strange(v)) : typical(v);
}

static couplet_calibration commission(visit *v, uint32_t point)
{
    float kept[40];
    couplet_calibration calibration;
    couplet_recalibration recalibration = couplet_recalibration_new(kept, 40, point);
    uint32_t i;
    for (i = 0; i < 60; i++) {
        couplet_recalibration_push(&recalibration, number(v, point));
    }
    if (couplet_recalibrate(&recalibration, 7, 1, 10, &calibration) != COUPLET_OK) {
        calibration.threshold = -1.0f;
        calibration.rows = 9;
        for (i = 0; i < COUPLET_TABLE; i++) {
            calibration.log_probs[i] = -1.0f;
            calibration.surprises[i] = 1.0f;
        }
    }
    see(v, "log_probs", calibration.log_probs, COUPLET_TABLE);
    see(v, "surprises", calibration.surprises, COUPLET_TABLE);
    return calibration;
}

static uint32_t code(couplet_event event)
{
    static const uint32_t kinds[6] = {0, 0, 5, 6, 7, 8};
    return event.kind == COUPLET_ALARM ? event.cause + 8 * event.began : kinds[event.kind];
}

static void watch(visit *v, uint32_t point, const couplet_calibration *calibration)
{
    static const couplet_drift drift = {0.1f, 0.05f, 0.3f};
    couplet_rules rules = {1.5f, 3.0f, 1.0f, 0, 5, 2, 0};
    couplet_detector detector = {0.0f, 0.0f, 0, 0, 0, 0, 0, 0, 0, 0};
    uint32_t events[2] = {0, 0};
    float state[3];
    int i;
    rules.k = (uint8_t)(point % 4);
    rules.drift = point % 3 == 0 ? &drift : 0;
    for (i = 0; i < 40; i++) {
        couplet_event event;
        if (word(v) % 8 == 0) {
            event = couplet_detector_missing(&detector, &rules);
        } else {
            event = couplet_detector_push(&detector, calibration, &rules, number(v, point));
        }
        events[0] = code(event) + events[0] * 31;
    }
    state[0] = detector.sum;
    state[1] = detector.offset;
    state[2] = couplet_p_value(calibration, number(v, point));
    events[1] = detector.history;
    see(v, "state", state, 3);
    see_bits(v, "events", events, 2);
}

static void attribute(visit *v, uint32_t point, const couplet_calibration *calibration)
{
    couplet_blame blame[MOONS_FEATURES];
    uint16_t ranked[MOONS_FEATURES];
    float x[MOONS_FEATURES], values[4][MOONS_FEATURES], answer;
    int i;
    for (i = 0; i < MOONS_FEATURES; i++) {
        x[i] = number(v, point);
    }
    moons_attribute(calibration, x, blame);
    couplet_ranked(blame, MOONS_FEATURES, ranked);
    for (i = 0; i < MOONS_FEATURES; i++) {
        values[0][i] = blame[i].best;
        values[1][i] = blame[i].expected;
        values[2][i] = blame[i].nats;
        values[3][i] = (float)ranked[i];
    }
    see(v, "best", values[0], MOONS_FEATURES);
    see(v, "expected", values[1], MOONS_FEATURES);
    see(v, "nats", values[2], MOONS_FEATURES);
    see(v, "ranked", values[3], MOONS_FEATURES);
    answer = moons_alarm_self_test() == 0 ? 0.0f : 1.0f;
    see(v, "answer", &answer, 1);
}

static void hear(visit *v, uint32_t point)
{
    static const couplet_band bands[3] = {
        COUPLET_PASS(0.219554860f, 0.945431050f, 0.560890300f),
        COUPLET_PASS(0.240577770f, -0.674391000f, 0.518844500f), COUPLET_BIN(1.61803400f)};
    static const char *const names[2] = {"settling", "features"};
    couplet_memory memories[3];
    couplet_window window = couplet_window_new(0.5f, bands, memories, 3);
    int i, n;
    for (i = 0; i < 2; i++) {
        float features[3 + COUPLET_STATISTICS];
        for (n = 0; n < 48; n++) {
            couplet_window_push(&window, typical(v));
        }
        if (point % 8 == 5) {
            couplet_window_push(&window, couplet_from_bits(strange(v)));
        }
        if (!couplet_window_features(&window, features)) {
            for (n = 0; n < 6; n++) {
                features[n] = 0.0f;
            }
        }
        see(v, names[i], features, 6);
    }
}

static void adjust(visit *v, uint32_t point)
{
    couplet_moments moments[MOONS_FEATURES];
    couplet_adjustment adjustment[MOONS_FEATURES];
    couplet_adjusting adjusting = couplet_adjusting_new(moments, MOONS_FEATURES);
    float values[2][MOONS_FEATURES];
    bool is_there;
    int i, n;
    for (n = 0; n < 8; n++) {
        float x[MOONS_FEATURES];
        for (i = 0; i < MOONS_FEATURES; i++) {
            x[i] = number(v, point);
        }
        moons_adjusting_push(&adjusting, x);
    }
    is_there = moons_adjusting_finish(&adjusting, true, adjustment) == COUPLET_OK;
    for (i = 0; i < MOONS_FEATURES; i++) {
        values[0][i] = is_there ? adjustment[i].offset : 0.0f;
        values[1][i] = is_there ? adjustment[i].factor : 0.0f;
    }
    see(v, "offset", values[0], MOONS_FEATURES);
    see(v, "factor", values[1], MOONS_FEATURES);
}

static void monitor_at(visit *v, uint32_t point)
{
    couplet_calibration calibration;
    couplet_xoshiro_seed(&v->rng, ((uint64_t)1 << 32) + point);
    calibration = commission(v, point);
    watch(v, point, &calibration);
    attribute(v, point, &calibration);
    hear(v, point);
    adjust(v, point);
}
