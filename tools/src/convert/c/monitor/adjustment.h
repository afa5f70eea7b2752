#ifndef COUPLET_ADJUSTMENT_H
#define COUPLET_ADJUSTMENT_H

/* Adjustment: an offset and a factor for each feature, in front of a model:
   x <- (x - offset) factor.

   The model is that of a fleet and stays as it is; the adjustment moves the readings of one unit to
   where the fleet's are. A couplet_adjusting measures it over a commissioning period. Scores with
   and without an adjustment are not comparable: recalibrate with readings that are adjusted.

       static couplet_moments moments[PUMP_FEATURES];
       couplet_adjusting adjusting = couplet_adjusting_new(moments, PUMP_FEATURES);
       // for each reading of the period
       pump_adjusting_push(&adjusting, x);
       // at its end
       static couplet_adjustment adjustment[PUMP_FEATURES];
       pump_adjusting_finish(&adjusting, false, adjustment);
       // then, for each reading
       couplet_adjust(adjustment, PUMP_FEATURES, x, adjusted); */

/* That of one feature. */
typedef struct {
    /* What is taken off the feature, in its unit. */
    float offset;
    /* What it is multiplied by, above 0. */
    float factor;
} couplet_adjustment;

/* Of one feature, standardized: its mean, and the sum of squared distances from it. */
typedef struct {
    float mean;
    float squares;
} couplet_moments;

/* Read the counts; only the functions below write them. */
typedef struct {
    couplet_moments *moments;
    uint16_t features;
    /* The number of readings that count; it stops at 2^24. */
    uint32_t valid;
    /* The number of readings that are left out. */
    uint32_t invalid;
} couplet_adjusting;

/* Writes the reading as the model takes it. `adjusted` may be x. */
void couplet_adjust(
    const couplet_adjustment *adjustment, uint16_t features, const float *x, float *adjusted);

/* The sum of ln factor, in nats: what to add to a log_prob for the density of the unit's own
   readings. */
float couplet_adjustment_log_det(const couplet_adjustment *adjustment, uint16_t features);

/* That has seen nothing. There are moments for each feature; they must stay where they are. */
couplet_adjusting couplet_adjusting_new(couplet_moments *moments, uint16_t features);

/* Takes a reading, alarms included. Mean and deviation are those of the training rows:
   pump_adjusting_push knows them. A reading with a feature that is not finite, or farther than
   65,536 standard deviations from its mean, is counted and left out. */
void couplet_adjusting_push(
    couplet_adjusting *adjusting, const float *mean, const float *deviation, const float *x);

/* Writes the offsets, and if asked the factors, else 1, that give the readings so far the mean and
   the standard deviation of the training rows. COUPLET_TOO_FEW for fewer than two readings, and
   then nothing is written. COUPLET_FEATURE where a feature never changed or overflows: its factor
   is NaN, so that no reading becomes a normal one by it. */
couplet_error couplet_adjusting_finish(
    const couplet_adjusting *adjusting, const float *mean, const float *deviation,
    bool with_factors, couplet_adjustment *adjustment);

#endif
