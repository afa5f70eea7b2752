#ifndef COUPLET_ERROR_H
#define COUPLET_ERROR_H

/* What a check finds. */
typedef enum {
    /* All is well. */
    COUPLET_OK = 0,
    /* The calibration belongs to another model. */
    COUPLET_OTHER_MODEL,
    /* The number of calibration rows is 0 or above COUPLET_MAX_ROWS. */
    COUPLET_ROWS,
    /* The rank of the threshold is not between 1 and the number of rows. */
    COUPLET_RANK,
    /* The threshold is not finite. */
    COUPLET_THRESHOLD,
    /* A log_prob of the table is not finite. */
    COUPLET_NOT_FINITE,
    /* A log_prob of the table is below the one before. */
    COUPLET_UNSORTED,
    /* A surprise is not finite, negative, or above the one before. */
    COUPLET_SURPRISE,
    /* The reference of the rules is not a number above 1. */
    COUPLET_REFERENCE,
    /* The limit of the rules is negative or NaN. */
    COUPLET_LIMIT,
    /* The release of the rules is not between 0 and the limit. */
    COUPLET_RELEASE,
    /* The rules want k of n readings, where k is above n or n above 32. */
    COUPLET_COUNT,
    /* The rate of the drift is not between 0 and 1, or its step or cap is not positive. */
    COUPLET_DRIFT,
    /* Too few readings for what is asked. */
    COUPLET_TOO_FEW,
    /* The rate of false alarms is not above 0 and below 1. */
    COUPLET_RATE,
    /* A feature never changed, or has no finite offset and factor. */
    COUPLET_FEATURE
} couplet_error;

#endif
