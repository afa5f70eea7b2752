#ifndef COUPLET_ATTRIBUTION_H
#define COUPLET_ATTRIBUTION_H

/* Attribution: which features made a reading improbable, by resets to typical values.

   A feature is judged by the largest log_prob that the reading has with this feature reset to one
   of its typical values. The feature with the largest is blamed. If that log_prob is still below
   the threshold, the feature stays reset and the others are judged again: at most three rounds.
   Features that are not finite are blamed first.

       couplet_blame blame[PUMP_FEATURES];
       uint16_t ranked[PUMP_FEATURES];
       pump_attribute(&PUMP_CALIBRATION, x, blame);
       couplet_ranked(blame, PUMP_FEATURES, ranked);
       report(ranked[0], blame[ranked[0]].expected);

   A round takes a log_prob for each typical value of each feature; from nine values on, about
   5 features + 6 (values - 5). Where that is too long at once, couplet_attribution_step judges one
   feature at a time. */

/* The density of a reading, in nats: that of a model, as pump_log_prob. */
typedef float (*couplet_log_prob)(const float *x);

/* Values that normal readings have, such as quantiles. The exported file has PUMP_TYPICAL. */
typedef struct {
    /* Row by row, in each a value of each feature; ascending for each feature. */
    const float *values;
    /* The number of rows, at least 1. */
    uint16_t rows;
    /* The number of features, from 1 to 65,534. */
    uint16_t features;
} couplet_typical;

/* What is known of one feature. */
typedef struct {
    /* The log_prob of the reading with this feature reset, in nats: finite or negative infinity.
       Features that were blamed in earlier rounds are replaced in it. */
    float best;
    /* The value that the feature was reset to, in its unit: what it should have been. */
    float expected;
    /* What the reset brings, in nats, beyond the resets of earlier rounds. Infinite where the
       log_prob before was negative infinity, 0 where it stays so. */
    float nats;
    /* In which place the feature is blamed, counted from 1; 0 if it is not. */
    uint16_t place;
    /* For couplet_attribution_step: whether all typical values are tried in this round. */
    bool is_fine;
} couplet_blame;

/* An attribution that goes on. Its fields are for the functions below. */
typedef struct {
    const couplet_typical *typical;
    float *x;
    couplet_blame *blame;
    float threshold;
    /* The log_prob of x. */
    float log_prob;
    /* The number of features that are blamed. */
    uint16_t culprits;
    /* The feature that is judged next, or how many the second stage has judged. */
    uint16_t next;
    uint8_t round;
    uint8_t stage;
} couplet_attribution;

/* Begins to judge the features of a reading; nothing is evaluated yet. x holds the reading in the
   features' units, and is altered by resets. x and blame have an element for each feature; both and
   the typical values must stay where they are until the attribution ends. The threshold is that of
   the calibration, in nats: a log_prob that is at least as high needs no more blame. */
couplet_attribution couplet_attribution_new(
    const couplet_typical *typical, float threshold, float *x, couplet_blame *blame);

/* Judges one feature; whether there is more to do. The first step takes one log_prob, each other at
   most one for each typical value. The density must be that of the same model each time. */
bool couplet_attribution_step(couplet_attribution *attribution, couplet_log_prob log_prob);

/* All steps at once. pump_attribute calls it with what is the model's. */
void couplet_attribute(
    couplet_log_prob log_prob, const couplet_typical *typical, float threshold, float *x,
    couplet_blame *blame);

/* All features, the most to blame first: those that are not finite, then those that are blamed,
   round by round, then the others by their best. The lower index wins ties. */
void couplet_ranked(const couplet_blame *blame, uint16_t features, uint16_t *ranked);

/* How many features are blamed: the first of those that are ranked. */
uint16_t couplet_culprits(const couplet_blame *blame, uint16_t features);

/* Whether a feature, together with those blamed before it, explains the reading: reset, it is no
   anomaly. The threshold is that of the attribution. */
bool couplet_explains(const couplet_blame *feature, float threshold);

#endif
