#ifndef COUPLET_CALIBRATION_C
#define COUPLET_CALIBRATION_C

COUPLET_SHARED bool couplet_is_anomaly(const couplet_calibration *calibration, float log_prob)
{
    /* So that a threshold that is NaN is below nothing. */
    const bool is_normal = couplet_is_finite(log_prob) && log_prob >= calibration->threshold;
    return !is_normal;
}

/* The surprise of an entry of the table; 0 behind the last. */
static float couplet_surprise_at(const couplet_calibration *calibration, uint32_t entry)
{
    return entry < COUPLET_TABLE ? calibration->surprises[entry] : 0.0f;
}

/* The first entry of the table that is above a log_prob, found by halves. */
static uint32_t couplet_entry_above(const couplet_calibration *calibration, float log_prob)
{
    uint32_t from = 0u;
    uint32_t to = COUPLET_TABLE;
    while (from < to) {
        const uint32_t middle = (from + to) / 2u;
        if (log_prob >= calibration->log_probs[middle]) {
            from = middle + 1u;
        } else {
            to = middle;
        }
    }
    return from;
}

COUPLET_SHARED float couplet_surprise(const couplet_calibration *calibration, float log_prob)
{
    uint32_t entry = 0u;
    if (couplet_is_finite(log_prob)) {
        entry = couplet_entry_above(calibration, log_prob);
    }
    return couplet_surprise_at(calibration, entry);
}

/* k of a surprise -ln(k / (rows + 1)): the nearest count, at least 1. */
static uint32_t couplet_rank_of(const couplet_calibration *calibration, float surprise)
{
    const float count = (float)(calibration->rows + 1u);
    const float above = couplet_times(couplet_exp(-surprise), count) + 0.5f;
    if (!(above >= 2.0f)) {
        return 1u; /* NaN too, of a table that is */
    }
    return above < 4294967296.0f ? (uint32_t)above : UINT32_C(0xffffffff);
}

COUPLET_SHARED float couplet_p_value(const couplet_calibration *calibration, float log_prob)
{
    const uint32_t rank = couplet_rank_of(calibration, couplet_surprise(calibration, log_prob));
    return (float)rank / (float)(calibration->rows + 1u);
}

COUPLET_SHARED uint32_t couplet_threshold_rank(const couplet_calibration *calibration)
{
    uint32_t entry = 0u;
    while (entry < COUPLET_TABLE && calibration->log_probs[entry] < calibration->threshold) {
        entry++;
    }
    return couplet_rank_of(calibration, couplet_surprise_at(calibration, entry));
}

/* Whether values are finite and none is below the one before. */
static couplet_error couplet_ascending(const float *values, uint32_t count)
{
    uint32_t i;
    for (i = 0u; i < count; i++) {
        if (!couplet_is_finite(values[i])) {
            return COUPLET_NOT_FINITE;
        }
        if (i > 0u && values[i] < values[i - 1u]) {
            return COUPLET_UNSORTED;
        }
    }
    return COUPLET_OK;
}

/* Whether surprises are finite, at least 0, and none is above the one before. */
static couplet_error couplet_descending(const couplet_calibration *calibration)
{
    uint32_t i;
    for (i = 0u; i < COUPLET_TABLE; i++) {
        const float surprise = calibration->surprises[i];
        const bool falls = i == 0u || surprise <= calibration->surprises[i - 1u];
        if (!(couplet_is_finite(surprise) && surprise >= 0.0f && falls)) {
            return COUPLET_SURPRISE;
        }
    }
    return COUPLET_OK;
}

COUPLET_SHARED couplet_error
couplet_calibration_check(const couplet_calibration *calibration, uint64_t model)
{
    couplet_error error;
    if (calibration->model != model) {
        return COUPLET_OTHER_MODEL;
    }
    if (calibration->rows == 0u || calibration->rows > COUPLET_MAX_ROWS) {
        return COUPLET_ROWS;
    }
    if (!couplet_is_finite(calibration->threshold)) {
        return COUPLET_THRESHOLD;
    }
    error = couplet_ascending(calibration->log_probs, COUPLET_TABLE);
    return error == COUPLET_OK ? couplet_descending(calibration) : error;
}

COUPLET_SHARED couplet_error couplet_calibration_of_sorted(
    couplet_calibration *calibration, uint64_t model, const float *log_probs, uint32_t rows,
    uint32_t rank)
{
    uint32_t ranks[COUPLET_TABLE];
    couplet_error error;
    uint32_t j;
    if (rows == 0u || rows > COUPLET_MAX_ROWS) {
        return COUPLET_ROWS;
    }
    if (rank == 0u || rank > rows) {
        return COUPLET_RANK;
    }
    error = couplet_ascending(log_probs, rows);
    if (error != COUPLET_OK) {
        return error;
    }
    couplet_ranks(rows, rank, ranks);
    calibration->model = model;
    calibration->threshold = log_probs[rank - 1u];
    calibration->rows = rows;
    for (j = 0u; j < COUPLET_TABLE; j++) {
        calibration->log_probs[j] = log_probs[ranks[j] - 1u];
        calibration->surprises[j] = -couplet_ln((float)ranks[j] / (float)(rows + 1u));
    }
    return COUPLET_OK;
}

#endif
