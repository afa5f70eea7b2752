#ifndef COUPLET_RECALIBRATION_C
#define COUPLET_RECALIBRATION_C

COUPLET_SHARED couplet_recalibration
couplet_recalibration_new(float *kept, uint32_t capacity, uint32_t seed)
{
    couplet_recalibration recalibration;
    recalibration.kept = kept;
    recalibration.capacity = capacity;
    recalibration.count = 0u;
    recalibration.valid = 0u;
    recalibration.invalid = 0u;
    recalibration.seed = seed;
    return recalibration;
}

/* Moves a value to its place among ascending ones. The largest has no place left: returns it. */
static float couplet_inserted(float *ascending, uint32_t count, float value)
{
    uint32_t i;
    for (i = 0u; i < count; i++) {
        if (value < ascending[i]) {
            const float larger = ascending[i];
            ascending[i] = value;
            value = larger;
        }
    }
    return value;
}

/* The same from the other end; returns the smallest. */
static float couplet_inserted_from_above(float *ascending, uint32_t count, float value)
{
    uint32_t i;
    for (i = count; i > 0u; i--) {
        if (value > ascending[i - 1u]) {
            const float smaller = ascending[i - 1u];
            ascending[i - 1u] = value;
            value = smaller;
        }
    }
    return value;
}

/* A word in which each bit depends on each bit of the input: lowbias32 of
   https://nullprogram.com/blog/2018/07/31/. */
static uint32_t couplet_mixed(uint32_t word)
{
    word = (word ^ (word >> 16)) * UINT32_C(0x7feb352d);
    word = (word ^ (word >> 15)) * UINT32_C(0x846ca68b);
    return word ^ (word >> 16);
}

/* A number below the number of readings, from the seed and this number alone. */
static uint32_t couplet_place(const couplet_recalibration *recalibration)
{
    const uint32_t valid = recalibration->valid;
    const uint32_t word = couplet_mixed(recalibration->seed + valid * UINT32_C(0x9e3779b9));
    return (uint32_t)(((uint64_t)word * valid) >> 32);
}

COUPLET_SHARED void couplet_recalibration_push(couplet_recalibration *recalibration, float log_prob)
{
    float *kept = recalibration->kept;
    const uint32_t count = recalibration->count;
    uint32_t place;
    if (!couplet_is_finite(log_prob)) {
        if (recalibration->invalid < UINT32_C(0xffffffff)) {
            recalibration->invalid++;
        }
        return;
    }
    if (recalibration->valid < UINT32_C(0xffffffff)) {
        recalibration->valid++;
    }
    if (count < recalibration->capacity) {
        kept[count] = couplet_inserted(kept, count, log_prob);
        recalibration->count++;
        return;
    }
    place = couplet_place(recalibration);
    if (place >= count) {
        return; /* this reading is not kept */
    }
    if (log_prob > kept[place]) {
        kept[place] = couplet_inserted_from_above(&kept[place + 1u], count - place - 1u, log_prob);
    } else {
        (void)couplet_inserted(kept, place + 1u, log_prob);
    }
}

COUPLET_SHARED uint32_t couplet_recalibration_needed(uint32_t false_alarms, uint32_t of)
{
    if (false_alarms == 0u) {
        return UINT32_C(0xffffffff);
    }
    return of == 0u ? 0u : (of - 1u) / false_alarms;
}

COUPLET_SHARED couplet_error couplet_recalibrate(
    const couplet_recalibration *recalibration, uint64_t model, uint32_t false_alarms, uint32_t of,
    couplet_calibration *calibration)
{
    const uint32_t count = recalibration->count;
    uint64_t rank;
    if (false_alarms == 0u || false_alarms >= of) {
        return COUPLET_RATE;
    }
    if (count < couplet_recalibration_needed(false_alarms, of)) {
        return COUPLET_TOO_FEW;
    }
    rank = (uint64_t)false_alarms * ((uint64_t)count + 1u) / of;
    return couplet_calibration_of_sorted(
        calibration, model, recalibration->kept, count, (uint32_t)rank);
}

#endif
