#ifndef COUPLET_DETECTOR_C
#define COUPLET_DETECTOR_C

/* The sum was above its limit and has not been down to its release since. */
#define COUPLET_HELD 1u
/* The offset was at its cap and has not been at half of it since. */
#define COUPLET_DRIFT_TOLD 2u
/* The last reading had a context that training never saw. */
#define COUPLET_NOT_SEEN 4u

static uint32_t couplet_one_more(uint32_t count)
{
    return count < UINT32_C(0xffffffff) ? count + 1u : count;
}

static couplet_event couplet_event_of(couplet_event_kind kind)
{
    couplet_event event;
    event.kind = kind;
    event.cause = COUPLET_NO_CAUSE;
    event.began = 0u;
    return event;
}

static void couplet_detector_arrives(couplet_detector *detector)
{
    detector->readings = couplet_one_more(detector->readings);
    detector->gap = 0u;
}

/* Adds a surprise to the sum; whether that is above its limit. */
static bool couplet_detector_add(
    couplet_detector *detector, const couplet_rules *rules, float surprise)
{
    const float cap = couplet_rules_cap(rules);
    const float sum = detector->sum + (surprise - rules->reference);
    if (cap <= 0.0f || sum <= 0.0f) {
        detector->sum = 0.0f;
        detector->rising = 0u;
        return false;
    }
    detector->sum = sum < cap ? sum : cap; /* NaN, of rules that are, is the cap */
    if (detector->rising < 0xffffu) {
        detector->rising++;
    }
    return detector->sum > rules->limit;
}

/* Ends the alarm, where no rule asks for it and the sum is small enough. */
static couplet_event couplet_detector_end(couplet_detector *detector, const couplet_rules *rules)
{
    if (detector->alarm == COUPLET_NO_CAUSE || !(detector->sum <= rules->release)) {
        return couplet_event_of(COUPLET_NO_EVENT);
    }
    detector->alarm = COUPLET_NO_CAUSE;
    return couplet_event_of(COUPLET_CLEARED);
}

/* The number of bits that are 1. */
static uint8_t couplet_ones(uint32_t bits)
{
    uint8_t ones = 0u;
    while (bits != 0u) {
        bits &= bits - 1u; /* without the lowest */
        ones++;
    }
    return ones;
}

/* The place of the highest bit that is 1, counted from 0; 0 where there is none. */
static uint32_t couplet_highest(uint32_t bits)
{
    uint32_t place = 0u;
    while (bits > 1u) {
        bits >>= 1;
        place++;
    }
    return place;
}

/* How many of the last n readings raise the alarm, where more than one do. */
static uint8_t couplet_rules_needed(const couplet_rules *rules)
{
    const uint8_t most = rules->n < 32u ? rules->n : 32u;
    return rules->k < most ? rules->k : most;
}

/* Begins the alarm, where a rule asks for it and it is not held. */
static couplet_event couplet_detector_begin(
    couplet_detector *detector, const couplet_rules *rules, uint32_t recent, bool is_valid,
    bool is_sustained)
{
    couplet_event event = couplet_event_of(COUPLET_NO_EVENT);
    if (detector->alarm != COUPLET_NO_CAUSE) {
        return event;
    }
    if (!is_valid) {
        event.cause = COUPLET_INVALID;
    } else if (rules->k == 1u && recent != 0u) {
        event.cause = COUPLET_SINGLE;
    } else if (rules->k > 1u && couplet_ones(recent) >= couplet_rules_needed(rules)) {
        event.cause = COUPLET_REPEATED;
        event.began = couplet_highest(recent);
    } else if (is_sustained) {
        event.cause = COUPLET_SUSTAINED;
        event.began = (uint32_t)detector->rising - 1u;
    } else {
        return event;
    }
    event.kind = COUPLET_ALARM;
    detector->alarm = (uint8_t)event.cause;
    return event;
}

/* Moves the offset against drift. An event that came before is the one to report. */
static couplet_event couplet_detector_follow(
    couplet_detector *detector, const couplet_rules *rules, bool is_anomaly, bool is_valid,
    couplet_event event)
{
    const couplet_drift *drift = rules->drift;
    float distance;
    if (detector->sum > rules->limit) {
        detector->flags = (uint8_t)(detector->flags | COUPLET_HELD);
    } else if (detector->sum <= rules->release) {
        detector->flags = (uint8_t)(detector->flags & ~COUPLET_HELD);
    }
    if (is_valid && (detector->flags & COUPLET_HELD) == 0u) {
        const float hit = is_anomaly ? 1.0f : 0.0f;
        float offset = detector->offset + couplet_times(drift->step, drift->rate - hit);
        if (offset > drift->cap) {
            offset = drift->cap;
        } else if (offset < -drift->cap) {
            offset = -drift->cap;
        }
        /* A drift that fails its check leaves no offset. */
        if (!(couplet_is_finite(offset) && couplet_abs(offset) <= drift->cap)) {
            offset = 0.0f;
        }
        detector->offset = offset;
    }
    distance = couplet_abs(detector->offset);
    if (distance <= couplet_times(drift->cap, 0.5f)) {
        detector->flags = (uint8_t)(detector->flags & ~COUPLET_DRIFT_TOLD);
    } else if (
        distance >= drift->cap && (detector->flags & COUPLET_DRIFT_TOLD) == 0u &&
        event.kind == COUPLET_NO_EVENT) {
        detector->flags = (uint8_t)(detector->flags | COUPLET_DRIFT_TOLD);
        return couplet_event_of(COUPLET_DRIFTED);
    }
    return event;
}

COUPLET_SHARED couplet_event couplet_detector_push(
    couplet_detector *detector, const couplet_calibration *calibration, const couplet_rules *rules,
    float log_prob)
{
    const float score = rules->drift ? log_prob - detector->offset : log_prob;
    const bool is_anomaly = couplet_is_anomaly(calibration, score);
    const bool is_valid = couplet_is_finite(score);
    const bool is_sustained =
        couplet_detector_add(detector, rules, couplet_surprise(calibration, score));
    uint32_t recent;
    couplet_event event;
    couplet_detector_arrives(detector);
    detector->flags = (uint8_t)(detector->flags & ~COUPLET_NOT_SEEN);
    detector->history = detector->history << 1 | (is_anomaly ? 1u : 0u);
    if (!is_valid) {
        detector->invalid = couplet_one_more(detector->invalid);
    }
    recent = detector->history & couplet_rules_mask(rules);
    if (is_valid && recent == 0u && !is_sustained) {
        event = couplet_detector_end(detector, rules);
    } else {
        event = couplet_detector_begin(detector, rules, recent, is_valid, is_sustained);
    }
    return rules->drift ? couplet_detector_follow(detector, rules, is_anomaly, is_valid, event)
                        : event;
}

COUPLET_SHARED couplet_event couplet_detector_unfamiliar(couplet_detector *detector)
{
    const bool begins = !couplet_detector_is_unfamiliar(detector);
    couplet_detector_arrives(detector);
    detector->flags = (uint8_t)(detector->flags | COUPLET_NOT_SEEN);
    return couplet_event_of(begins ? COUPLET_UNFAMILIAR : COUPLET_NO_EVENT);
}

COUPLET_SHARED couplet_event
couplet_detector_missing(couplet_detector *detector, const couplet_rules *rules)
{
    const bool was_silent = couplet_detector_is_silent(detector, rules);
    detector->missed = couplet_one_more(detector->missed);
    detector->gap = couplet_one_more(detector->gap);
    return couplet_event_of(
        !was_silent && couplet_detector_is_silent(detector, rules) ? COUPLET_SILENT
                                                                   : COUPLET_NO_EVENT);
}

COUPLET_SHARED void couplet_detector_restart(couplet_detector *detector)
{
    detector->sum = 0.0f;
    detector->rising = 0u;
    detector->history = 0u;
    detector->alarm = COUPLET_NO_CAUSE;
    detector->flags = (uint8_t)(detector->flags & ~(COUPLET_HELD | COUPLET_NOT_SEEN));
}

COUPLET_SHARED bool couplet_detector_is_silent(
    const couplet_detector *detector, const couplet_rules *rules)
{
    return rules->silence > 0u && detector->gap >= rules->silence;
}

COUPLET_SHARED bool couplet_detector_is_unfamiliar(const couplet_detector *detector)
{
    return (detector->flags & COUPLET_NOT_SEEN) != 0u;
}

COUPLET_SHARED bool couplet_detector_is_normal(
    const couplet_detector *detector, const couplet_rules *rules)
{
    return detector->alarm == COUPLET_NO_CAUSE && !couplet_detector_is_silent(detector, rules) &&
           !couplet_detector_is_unfamiliar(detector);
}

COUPLET_SHARED bool couplet_detector_is_possible(const couplet_detector *detector)
{
    return couplet_is_finite(detector->sum) && couplet_is_finite(detector->offset) &&
           detector->sum >= 0.0f && (detector->sum > 0.0f) == (detector->rising > 0u) &&
           detector->invalid <= detector->readings && detector->gap <= detector->missed &&
           detector->alarm <= COUPLET_SUSTAINED &&
           detector->flags <= (COUPLET_HELD | COUPLET_DRIFT_TOLD | COUPLET_NOT_SEEN);
}

#endif
