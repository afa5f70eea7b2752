#ifndef COUPLET_CALIBRATION_H
#define COUPLET_CALIBRATION_H

/* Calibration: what log_probs of normal readings look like.

   The exported file has the calibration of its model as a constant, as PUMP_CALIBRATION. A device
   can make one of its own: see couplet_recalibration. All log_probs and surprises are in nats.

       if (couplet_calibration_check(&PUMP_CALIBRATION, PUMP_MODEL) != COUPLET_OK)
           refuse();
       float log_prob = pump_log_prob(x);
       if (couplet_is_anomaly(&PUMP_CALIBRATION, log_prob))
           report(couplet_p_value(&PUMP_CALIBRATION, log_prob)); */

/* The number of entries in a table. */
#define COUPLET_TABLE 32u

/* The most rows of a calibration. With more, a surprise would not tell all ranks apart. */
#define COUPLET_MAX_ROWS 1048576u

typedef struct {
    /* The model that it belongs to: PUMP_MODEL for the model pump. */
    uint64_t model;
    /* A log_prob below it is an anomaly. */
    float threshold;
    /* Log_probs of calibration rows of certain ranks k, ascending. */
    float log_probs[COUPLET_TABLE];
    /* The surprise -ln(k / (rows + 1)) of each of them, descending. */
    float surprises[COUPLET_TABLE];
    /* The number of calibration rows, at most COUPLET_MAX_ROWS. */
    uint32_t rows;
} couplet_calibration;

/* Whether it belongs to a model and keeps its promises: COUPLET_OK, or the first thing that is
   wrong. Call it once at start-up. */
couplet_error couplet_calibration_check(const couplet_calibration *calibration, uint64_t model);

/* Whether a reading is improbable: its log_prob is below the threshold, or not finite. */
bool couplet_is_anomaly(const couplet_calibration *calibration, float log_prob);

/* The p-value of a log_prob, above 0 and at most 1. Of readings like the calibration rows, at most
   the part p has a p-value of p or less. */
float couplet_p_value(const couplet_calibration *calibration, float log_prob);

/* -ln of the p-value: from 0 to ln(rows + 1). A log_prob that is not finite has the largest
   surprise. */
float couplet_surprise(const couplet_calibration *calibration, float log_prob);

/* The rank of the threshold among the calibration rows, 1 the lowest. Of readings like these rows,
   at most that many in rows + 1 are anomalies. */
uint32_t couplet_threshold_rank(const couplet_calibration *calibration);

/* Makes a calibration of a model by the log_probs of all its calibration rows, ascending. The
   threshold is the one at `rank`, where 1 is the lowest. The rank floor(rate (rows + 1)) promises
   that rate of false alarms. If the result is not COUPLET_OK, nothing is written. */
couplet_error couplet_calibration_of_sorted(
    couplet_calibration *calibration, uint64_t model, const float *log_probs, uint32_t rows,
    uint32_t rank);

/* The ranks of the calibration rows that a table holds, ascending. `threshold` is the rank of the
   threshold. */
void couplet_ranks(uint32_t rows, uint32_t threshold, uint32_t ranks[COUPLET_TABLE]);

#endif
