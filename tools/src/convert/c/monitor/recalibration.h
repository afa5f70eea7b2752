#ifndef COUPLET_RECALIBRATION_H
#define COUPLET_RECALIBRATION_H

/* Recalibration: a calibration on the device, for what differs from unit to unit.

   Push the log_prob of every reading of a commissioning period in which the unit is known to work,
   those that raised an alarm included. It keeps up to `capacity` log_probs, in 4 bytes each; of
   more readings it keeps a random choice. The same readings and seed give the same bits.

       static float kept[999];
       couplet_recalibration recalibration = couplet_recalibration_new(kept, 999, 1);
       // for each reading of the period
       couplet_recalibration_push(&recalibration, pump_log_prob(x));
       // at its end, for at most 1 false alarm in 1000 readings
       static couplet_calibration calibration;
       if (couplet_recalibrate(&recalibration, PUMP_MODEL, 1, 1000, &calibration) == COUPLET_OK)
           use(&calibration); */

/* Read its fields; only the functions below write them. Counts stop at the largest number. */
typedef struct {
    /* The log_probs that are kept, ascending, in nats. */
    float *kept;
    uint32_t capacity;
    /* How many log_probs are kept. */
    uint32_t count;
    /* The number of readings whose log_prob was finite. */
    uint32_t valid;
    /* The number of readings whose log_prob was not finite. */
    uint32_t invalid;
    uint32_t seed;
} couplet_recalibration;

/* That has seen nothing. `kept` has room for `capacity` log_probs, from 1 to COUPLET_MAX_ROWS, and
   must stay where it is. Any seed will do. */
couplet_recalibration couplet_recalibration_new(float *kept, uint32_t capacity, uint32_t seed);

/* Takes the log_prob of a reading, in nats. It takes `capacity` comparisons. */
void couplet_recalibration_push(couplet_recalibration *recalibration, float log_prob);

/* How many readings must be kept for a rate of `false_alarms` in `of` readings:
   ceil(of / false_alarms) - 1. */
uint32_t couplet_recalibration_needed(uint32_t false_alarms, uint32_t of);

/* Makes a calibration by the log_probs that are kept, with at most `false_alarms` in `of` readings.
   The model is PUMP_MODEL. The rate of the exported calibration is
   couplet_threshold_rank(&PUMP_CALIBRATION) in PUMP_CALIBRATION.rows + 1. If the result is
   COUPLET_TOO_FEW, COUPLET_RATE, or COUPLET_ROWS for too large a capacity, nothing is written. */
couplet_error couplet_recalibrate(
    const couplet_recalibration *recalibration, uint64_t model, uint32_t false_alarms, uint32_t of,
    couplet_calibration *calibration);

#endif
