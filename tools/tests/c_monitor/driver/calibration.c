/* Calibration and recalibration. */

static couplet_calibration calibration;

static void give_calibration(couplet_error error)
{
    give(error);
    if (error == COUPLET_OK) {
        give((uint32_t)calibration.model);
        give((uint32_t)(calibration.model >> 32));
        give_float(calibration.threshold);
        give_floats(calibration.log_probs, COUPLET_TABLE);
        give_floats(calibration.surprises, COUPLET_TABLE);
        give(calibration.rows);
    }
}

static void take_calibration(void)
{
    calibration.model = take_model();
    calibration.threshold = take_float();
    take_floats(calibration.log_probs, COUPLET_TABLE);
    take_floats(calibration.surprises, COUPLET_TABLE);
    calibration.rows = take();
}

static void calibrate(void)
{
    const uint64_t model = take_model();
    const uint32_t rank = take();
    const uint32_t rows = take();
    static float sorted[COUPLET_MAX_ROWS + 1u];
    take_floats(sorted, rows);
    give_calibration(couplet_calibration_of_sorted(&calibration, model, sorted, rows, rank));
}

static void give_ranks(void)
{
    uint32_t ranks[COUPLET_TABLE];
    const uint32_t rows = take();
    const uint32_t threshold = take();
    uint32_t i;
    couplet_ranks(rows, threshold, ranks);
    for (i = 0u; i < COUPLET_TABLE; i++) {
        give(ranks[i]);
    }
}

static void score(void)
{
    const float log_prob = take_float();
    give(couplet_is_anomaly(&calibration, log_prob));
    give_float(couplet_surprise(&calibration, log_prob));
    give_float(couplet_p_value(&calibration, log_prob));
}

static couplet_recalibration recalibration;

static void new_recalibration(void)
{
    const uint32_t capacity = take();
    recalibration = couplet_recalibration_new(values, capacity, take());
}

static void give_recalibration(void)
{
    couplet_recalibration_push(&recalibration, take_float());
    give(recalibration.valid);
    give(recalibration.invalid);
    give(recalibration.count);
    give_floats(recalibration.kept, recalibration.count);
}

static void recalibrate(void)
{
    const uint64_t model = take_model();
    const uint32_t false_alarms = take();
    const uint32_t of = take();
    give(couplet_recalibration_needed(false_alarms, of));
    give_calibration(couplet_recalibrate(&recalibration, model, false_alarms, of, &calibration));
}
