#ifndef COUPLET_WINDOW_C
#define COUPLET_WINDOW_C

/* What is added to each mean square, so that a dead sensor has finite features. */
#define COUPLET_FLOOR 1e-9f

/* Forgets the samples of all bands. */
static void couplet_window_forget(couplet_window *window)
{
    uint16_t i;
    for (i = 0u; i < window->count; i++) {
        window->memories[i].last = 0.0f;
        window->memories[i].before = 0.0f;
        window->memories[i].energy = 0.0f;
    }
    window->last = 0.0f;
    window->before = 0.0f;
    window->pivot = 0.0f;
}

/* Forgets the sums of the window. */
static void couplet_window_begin(couplet_window *window)
{
    uint16_t i;
    for (i = 0u; i < 4u; i++) {
        window->sums[i] = 0.0f;
    }
    window->low = 0.0f;
    window->high = 0.0f;
    window->samples = 0u;
}

COUPLET_SHARED couplet_window couplet_window_new(
    float offset, const couplet_band *bands, couplet_memory *memories, uint16_t count)
{
    couplet_window window;
    window.bands = bands;
    window.memories = memories;
    window.count = count;
    window.is_settled = false;
    window.offset = offset;
    couplet_window_forget(&window);
    couplet_window_begin(&window);
    return window;
}

/* A band takes a sample x; `change` is x - x[-2]. */
static void couplet_memory_push(
    couplet_memory *memory, const couplet_band *band, float x, float change)
{
    float y;
    if (band->kind == COUPLET_PASS_BAND) {
        y = change - couplet_times(band->first, memory->last) -
            couplet_times(band->second, memory->before);
        memory->energy += couplet_times(y, y);
    } else {
        y = x + couplet_times(band->first, memory->last) - memory->before;
    }
    memory->before = memory->last;
    memory->last = y;
}

/* The mean square of the window's samples; begins the next window. */
static float couplet_memory_finish(couplet_memory *memory, const couplet_band *band, float samples)
{
    float power;
    if (band->kind == COUPLET_PASS_BAND) {
        const float energy = memory->energy;
        memory->energy = 0.0f;
        return band->gain * band->gain * energy / samples;
    }
    power = couplet_times(memory->last, memory->last) +
            couplet_times(memory->before, memory->before) -
            couplet_times(band->first * memory->last, memory->before);
    memory->last = 0.0f;
    memory->before = 0.0f;
    return (power + power) / (samples * samples);
}

COUPLET_SHARED void couplet_window_push(couplet_window *window, float x)
{
    const float input = x - window->offset;
    const float change = input - window->before;
    const float u = input - window->pivot;
    const float square = couplet_times(u, u);
    uint16_t i;
    window->before = window->last;
    window->last = input;
    for (i = 0u; i < window->count; i++) {
        couplet_memory_push(&window->memories[i], &window->bands[i], input, change);
    }
    window->sums[0] += u;
    window->sums[1] += square;
    window->sums[2] += couplet_times(square, u);
    window->sums[3] += couplet_times(square, square);
    if (u < window->low) {
        window->low = u;
    }
    if (u > window->high) {
        window->high = u;
    }
    window->samples++;
}

/* The larger; NaN if `value` is. */
static float couplet_window_at_least(float low, float value)
{
    return value < low ? low : value;
}

/* The logarithms of standard deviation, kurtosis and crest. */
static void couplet_window_statistics(const couplet_window *window, float count, float *statistics)
{
    const float floor = COUPLET_FLOOR;
    const float mean = window->sums[0] / count;
    const float m2 = window->sums[1] / count;
    const float m3 = window->sums[2] / count;
    const float m4 = window->sums[3] / count;
    const float square = couplet_times(mean, mean);
    /* Rounding may leave less than there can be. */
    const float variance = couplet_window_at_least(0.0f, m2 - square);
    const float product = couplet_times(mean, m3);
    const float fourth = couplet_window_at_least(
        couplet_times(variance, variance),
        m4 - couplet_times(4.0f, product) +
            couplet_times(square, couplet_times(6.0f, m2) - couplet_times(3.0f, square)));
    const float peak = couplet_window_at_least(window->high - mean, mean - window->low);
    const float ln_variance = couplet_ln(variance + floor);
    statistics[0] = couplet_times(0.5f, ln_variance);
    statistics[1] = couplet_ln(fourth + couplet_times(floor, floor)) - (ln_variance + ln_variance);
    statistics[2] =
        couplet_times(0.5f, couplet_ln(couplet_times(peak, peak) + floor) - ln_variance);
}

COUPLET_SHARED bool couplet_window_features(couplet_window *window, float *features)
{
    const float count = (float)window->samples;
    const uint16_t length = (uint16_t)(window->count + COUPLET_STATISTICS);
    const bool is_settled = window->is_settled;
    bool is_valid = true;
    uint16_t i;
    if (window->samples == 0u) {
        return false;
    }
    for (i = 0u; i < window->count; i++) {
        features[i] = couplet_ln(
            couplet_memory_finish(&window->memories[i], &window->bands[i], count) + COUPLET_FLOOR);
    }
    couplet_window_statistics(window, count, &features[window->count]);
    for (i = 0u; i < length; i++) {
        is_valid = is_valid && couplet_is_finite(features[i]);
    }
    window->pivot += window->sums[0] / count;
    window->is_settled = is_valid;
    couplet_window_begin(window);
    if (is_valid) {
        return is_settled;
    }
    couplet_window_forget(window);
    for (i = 0u; i < length; i++) {
        features[i] = COUPLET_NAN;
    }
    return true;
}

#endif
