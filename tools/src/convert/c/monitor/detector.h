#ifndef COUPLET_DETECTOR_H
#define COUPLET_DETECTOR_H

/* Detector: turns log_probs, one by one, into alarms.

       static couplet_detector detector; // zeros: it has seen nothing
       // for each reading
       couplet_event event =
           couplet_detector_push(&detector, &PUMP_CALIBRATION, &PUMP_RULES, pump_log_prob(x));
       if (event.kind == COUPLET_ALARM)
           stop_the_pump(event.cause);

   Push each reading, those that are not finite included. A reading that is not finite raises the
   alarm, is an anomaly, adds the largest surprise, and is counted. */

/* The rule that raised an alarm. Where several hold at once, the first of them. */
typedef enum {
    /* There is no alarm. */
    COUPLET_NO_CAUSE = 0,
    /* A log_prob that is not finite: a broken sensor, or a reading that is impossible. */
    COUPLET_INVALID,
    /* One reading below the threshold. */
    COUPLET_SINGLE,
    /* k of n readings below the threshold. */
    COUPLET_REPEATED,
    /* The sum of surprises is above its limit. */
    COUPLET_SUSTAINED
} couplet_cause;

typedef enum {
    /* Nothing has changed. */
    COUPLET_NO_EVENT = 0,
    /* The alarm begins. */
    COUPLET_ALARM,
    /* The alarm ends. */
    COUPLET_CLEARED,
    /* As many readings in a row are missing as the rules say. */
    COUPLET_SILENT,
    /* The offset against drift arrived at its cap: readings have moved further than it follows. */
    COUPLET_DRIFTED,
    /* Readings begin whose context training never saw: they are not judged. */
    COUPLET_UNFAMILIAR
} couplet_event_kind;

/* What a reading changes. */
typedef struct {
    couplet_event_kind kind;
    /* Of an alarm: which rule raised it. */
    couplet_cause cause;
    /* Of an alarm: how many readings ago its evidence began; 0 is this reading. For
       COUPLET_REPEATED that is the oldest of the readings that were counted, for COUPLET_SUSTAINED
       the first after the sum was last 0, at most 65,534 ago. */
    uint32_t began;
} couplet_event;

/* What a detector remembers, in 32 bytes. All zeros is a detector that has seen nothing. Read its
   fields; only the functions below write them. Counts stop at the largest number. */
typedef struct {
    /* The sum of surprises above the reference, in nats. */
    float sum;
    /* The offset against drift, in nats. */
    float offset;
    /* Which of the last 32 readings were anomalies: the lowest bit is the last reading. */
    uint32_t history;
    /* The number of readings, those that were not finite included. */
    uint32_t readings;
    /* The number of readings whose log_prob was not finite. */
    uint32_t invalid;
    /* The number of missing readings. */
    uint32_t missed;
    /* The number of missing readings since the last that came. */
    uint32_t gap;
    /* How many readings the sum has been above 0. */
    uint16_t rising;
    /* What raised the alarm that is held, a couplet_cause: COUPLET_NO_CAUSE where none is. */
    uint8_t alarm;
    /* Whether the sum or the offset are held, and whether the last reading was unfamiliar. */
    uint8_t flags;
} couplet_detector;

/* Takes the log_prob of a reading, in nats, and says what it changes. */
couplet_event couplet_detector_push(
    couplet_detector *detector, const couplet_calibration *calibration, const couplet_rules *rules,
    float log_prob);

/* Call it where no reading came when one was due. The sum and the alarm stay as they are. */
couplet_event couplet_detector_missing(couplet_detector *detector, const couplet_rules *rules);

/* Call it where a reading came whose context training never saw. What the model says of it is a
   guess, so the sum, the history and the alarm stay as they are. */
couplet_event couplet_detector_unfamiliar(couplet_detector *detector);

/* Begins a new episode, as a run, a shift or a day: the sum starts at 0, the last readings and the
   alarm are forgotten. Counts and the offset against drift stay. */
void couplet_detector_restart(couplet_detector *detector);

/* Whether as many readings in a row are missing as the rules say. */
bool couplet_detector_is_silent(const couplet_detector *detector, const couplet_rules *rules);

/* Whether the last reading had a context that training never saw. */
bool couplet_detector_is_unfamiliar(const couplet_detector *detector);

/* Whether readings come that can be judged, and none of them raised an alarm that is still held. */
bool couplet_detector_is_normal(const couplet_detector *detector, const couplet_rules *rules);

/* Whether memory that survived deep sleep holds the state of a detector. */
bool couplet_detector_is_possible(const couplet_detector *detector);

#endif
