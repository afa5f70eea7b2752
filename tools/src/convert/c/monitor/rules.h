#ifndef COUPLET_RULES_H
#define COUPLET_RULES_H

/* Rules: when a detector raises the alarm and when it ends.

   An alarm begins where one of these holds:

   - a reading is not finite: always;
   - at least k of the last n readings are below the threshold: k = 1 is the single reading, k = 0
     switches this off;
   - the sum S of surprises is above the limit, where each reading with surprise w makes it
     max(0, S + w - reference), at most 2 limit; a limit of 0 or infinity switches this off.

   It ends where S is at most the release and none of the last n readings was below the threshold.
   The exported file has rules of its model as a constant, as PUMP_RULES. */

/* A slow offset that is taken off each log_prob before it meets the calibration. It keeps the rate
   of anomalies where readings drift slowly. A fault that stays and is smaller than the cap is
   followed too. */
typedef struct {
    /* The rate of anomalies that is aimed at: that of the threshold, between 0 and 1. */
    float rate;
    /* How far a reading moves the offset, in nats. */
    float step;
    /* How far the offset gets, in nats. */
    float cap;
} couplet_drift;

typedef struct {
    /* What is taken off each surprise before it is added, in nats: above 1. */
    float reference;
    /* The sum above which the alarm begins, in nats. 0 or infinity: no sum. */
    float limit;
    /* The sum down to which an alarm is held, in nats, from 0 to the limit. */
    float release;
    /* How many of the last n readings below the threshold raise the alarm. 0: this rule is off. */
    uint8_t k;
    /* The number of readings that k counts in, k to 32. How long an alarm outlives them. */
    uint8_t n;
    /* How many missing readings in a row are COUPLET_SILENT. 0: never. */
    uint32_t silence;
    /* An offset that follows slow drift. A null pointer: thresholds are fixed. */
    const couplet_drift *drift;
} couplet_rules;

/* Whether a detector can work by these rules: COUPLET_OK, or the first value that is out of its
   range. A detector does not ask: with rules that fail this check its state stays finite, and
   alarms come too often rather than never. */
couplet_error couplet_rules_check(const couplet_rules *rules);

#endif
