/* Windows of a signal. */

static couplet_window window;

static void new_window(void)
{
    static couplet_band bands[MOST_FEATURES];
    static couplet_memory memories[MOST_FEATURES];
    const float offset = take_float();
    const uint16_t count = (uint16_t)take();
    uint16_t i;
    for (i = 0u; i < count; i++) {
        const bool is_pass = take() != 0u;
        couplet_band pass = COUPLET_PASS(0.0f, 0.0f, 0.0f);
        couplet_band bin = COUPLET_BIN(0.0f);
        bands[i] = is_pass ? pass : bin;
        bands[i].gain = take_float();
        bands[i].first = take_float();
        bands[i].second = take_float();
    }
    window = couplet_window_new(offset, bands, memories, count);
}

static void give_features(void)
{
    float found[MOST_FEATURES];
    const bool is_there = couplet_window_features(&window, found);
    give(is_there);
    if (is_there) {
        give_floats(found, window.count + COUPLET_STATISTICS);
    }
}
