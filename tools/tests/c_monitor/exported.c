/* Writes what the exported calibration and windows of a model are, and what their functions return
   for a signal that stands on the standard input: a sample of each channel, time after time. */

#define MACHINE_IMPLEMENTATION
#include "machine.h"
#include "answers.h"

static void give_table(void)
{
    give_float(MACHINE_CALIBRATION.threshold);
    give_floats(MACHINE_CALIBRATION.log_probs, COUPLET_TABLE);
    give_floats(MACHINE_CALIBRATION.surprises, COUPLET_TABLE);
    give(MACHINE_CALIBRATION.rows);
    give(couplet_calibration_check(&MACHINE_CALIBRATION, MACHINE_MODEL));
}

static void give_rules(void)
{
    const couplet_drift *drift = MACHINE_RULES.drift;
    give_float(MACHINE_RULES.reference);
    give_float(MACHINE_RULES.limit);
    give_float(MACHINE_RULES.release);
    give(MACHINE_RULES.k);
    give(MACHINE_RULES.n);
    give(MACHINE_RULES.silence);
    give_float(drift ? drift->rate : 0.0f);
    give_float(drift ? drift->step : 0.0f);
    give_float(drift ? drift->cap : 0.0f);
}

static void give_adjustment(void)
{
    static couplet_moments moments[MACHINE_FEATURES];
    couplet_adjustment adjustment[MACHINE_FEATURES];
    couplet_adjusting adjusting = couplet_adjusting_new(moments, MACHINE_FEATURES);
    uint16_t row;
    uint16_t i;
    for (row = 0u; row < MACHINE_TYPICAL.rows; row++) {
        machine_adjusting_push(&adjusting, MACHINE_TYPICAL.values + row * MACHINE_FEATURES);
    }
    give(machine_adjusting_finish(&adjusting, true, adjustment));
    for (i = 0u; i < MACHINE_FEATURES; i++) {
        give_float(adjustment[i].offset);
        give_float(adjustment[i].factor);
    }
}

static void give_windows(void)
{
    static couplet_window windows[MACHINE_CHANNELS];
#if MACHINE_BANDS > 0
    static couplet_memory memories[MACHINE_CHANNELS][MACHINE_BANDS];
#endif
    float features[MACHINE_BANDS + COUPLET_STATISTICS];
    uint32_t samples = 0u;
    uint32_t word;
    uint16_t i;
    for (i = 0u; i < MACHINE_CHANNELS; i++) {
#if MACHINE_BANDS > 0
        windows[i] = machine_window(i, memories[i]);
#else
        windows[i] = machine_window(i);
#endif
    }
    while (fread(&word, sizeof word, 1, stdin) == 1) {
        couplet_window_push(&windows[samples % MACHINE_CHANNELS], couplet_from_bits(word));
        samples++;
        if (samples == MACHINE_WINDOW_SAMPLES * MACHINE_CHANNELS) {
            samples = 0u;
            for (i = 0u; i < MACHINE_CHANNELS; i++) {
                if (couplet_window_features(&windows[i], features)) {
                    give_floats(features, MACHINE_BANDS + COUPLET_STATISTICS);
                }
            }
        }
    }
}

int main(void)
{
    give_table();
    give_rules();
    give_floats(MACHINE_TYPICAL.values, (uint32_t)MACHINE_TYPICAL.rows * MACHINE_TYPICAL.features);
    give_adjustment();
    give((uint32_t)machine_alarm_self_test());
    give_windows();
    return 0;
}
