/* Watches a sensor with a density that was trained on a desktop: improbable readings raise the alarm.

   `make` runs it on an emulated Cortex-M4F, `make host` here. Both print the same. */

#include <math.h> /* NAN */
#include <stdio.h>

#define MOONS_IMPLEMENTATION
#include "moons.h"

static const char *const names[MOONS_FEATURES] = {"x", "y"};

/* Which sensor to look at. */
static void blame(const float x[MOONS_FEATURES])
{
    couplet_blame found[MOONS_FEATURES];
    uint16_t ranked[MOONS_FEATURES];
    moons_attribute(&MOONS_CALIBRATION, x, found);
    couplet_ranked(found, MOONS_FEATURES, ranked);
    printf("look at %s: %.2f would be normal\n", names[ranked[0]], (double)found[ranked[0]].expected);
}

/* The detector holds an alarm until five readings are normal, as `couplet calibrate` chose. */
static void watch(void)
{
    static const float readings[6][MOONS_FEATURES] = {
        {0.26f, 0.69f},
        {0.67f, -0.25f},
        {-0.51f, 0.83f},
        {0.5f, 2.5f}, /* like nothing in the training data */
        {0.08f, -0.02f},
        {NAN, 0.83f} /* a broken wire */
    };
    static couplet_detector detector; /* zeros: it has seen nothing */
    int i;
    for (i = 0; i < 6; i++) {
        const float *x = readings[i];
        float log_prob = moons_log_prob(x);
        couplet_event event = couplet_detector_push(&detector, &MOONS_CALIBRATION, &MOONS_RULES, log_prob);
        bool is_normal = couplet_detector_is_normal(&detector, &MOONS_RULES);
        printf("reading %5.2f %5.2f  log_prob %8.3f  p %.4f  %s\n", (double)x[0], (double)x[1], (double)log_prob,
               (double)couplet_p_value(&MOONS_CALIBRATION, log_prob), is_normal ? "normal" : "ALARM");
        if (event.kind == COUPLET_ALARM) {
            blame(x);
        }
    }
}

static void draw(void)
{
    couplet_xoshiro generator;
    int i;
    couplet_xoshiro_seed(&generator, 1);
    for (i = 0; i < 3; i++) {
        float x[MOONS_FEATURES];
        moons_sample(couplet_xoshiro_next, &generator, x);
        printf("sample  %5.2f %5.2f\n", (double)x[0], (double)x[1]);
    }
}

int main(void)
{
    if (moons_self_test() != 0 || moons_alarm_self_test() != 0) {
        printf("self-test failed\n");
        return 1;
    }
    printf("self-test passed\n");
    watch();
    draw();
    return 0;
}
