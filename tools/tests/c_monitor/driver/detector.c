/* Rules and detector. */

static couplet_drift drift;
static couplet_rules rules;

static void take_rules(void)
{
    rules.reference = take_float();
    rules.limit = take_float();
    rules.release = take_float();
    rules.k = (uint8_t)take();
    rules.n = (uint8_t)take();
    rules.silence = take();
    rules.drift = take() ? &drift : 0;
    drift.rate = take_float();
    drift.step = take_float();
    drift.cap = take_float();
    give(couplet_rules_check(&rules));
}

static couplet_detector detector;

static void take_detector(void)
{
    detector.sum = take_float();
    detector.offset = take_float();
    detector.history = take();
    detector.readings = take();
    detector.invalid = take();
    detector.missed = take();
    detector.gap = take();
    detector.rising = (uint16_t)take();
    detector.alarm = (uint8_t)take();
    detector.flags = (uint8_t)take();
    give(couplet_detector_is_possible(&detector));
}

static void give_detector(couplet_event event)
{
    give(event.kind);
    give(event.cause);
    give(event.began);
    give_float(detector.sum);
    give_float(detector.offset);
    give(detector.history);
    give(detector.readings);
    give(detector.invalid);
    give(detector.missed);
    give(detector.gap);
    give(detector.rising);
    give(detector.flags);
    give(detector.alarm);
    give(couplet_detector_is_silent(&detector, &rules));
    give(couplet_detector_is_normal(&detector, &rules));
    give(couplet_detector_is_unfamiliar(&detector));
}

static void push(void)
{
    give_detector(couplet_detector_push(&detector, &calibration, &rules, take_float()));
}

static void miss(void)
{
    give_detector(couplet_detector_missing(&detector, &rules));
}

static void unfamiliar(void)
{
    give_detector(couplet_detector_unfamiliar(&detector));
}

static void restart(void)
{
    couplet_event event = {COUPLET_NO_EVENT, COUPLET_NO_CAUSE, 0u};
    couplet_detector_restart(&detector);
    give_detector(event);
}
