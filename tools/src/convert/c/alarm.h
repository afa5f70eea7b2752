/* When a detector raises the alarm. */
extern const couplet_rules PUMP_RULES;

/* Quantiles of each feature over the normal readings, for an attribution. */
extern const couplet_typical PUMP_TYPICAL;

/* Which features made a reading improbable: writes what is known of each. The calibration is that of
   the model, or one that the device made. */
#if PUMP_PLAIN
void pump_attribute(
    const couplet_calibration *calibration, const float x[PUMP_FEATURES],
    couplet_blame blame[PUMP_FEATURES]);
#endif
#if PUMP_CONTEXT
void pump_attribute_given(
    const couplet_calibration *calibration, const float x[PUMP_FEATURES],
    const float c[PUMP_CONTEXTS], couplet_blame blame[PUMP_FEATURES]);
#endif

/* couplet_adjusting_push with mean and deviation of the model. */
void pump_adjusting_push(couplet_adjusting *adjusting, const float x[PUMP_FEATURES]);

/* couplet_adjusting_finish with mean and deviation of the model. */
couplet_error pump_adjusting_finish(
    const couplet_adjusting *adjusting, bool with_factors,
    couplet_adjustment adjustment[PUMP_FEATURES]);

/* Evaluates a reading that is an anomaly, and compares bits: pump_self_test for what stands around
   the model. Returns 0 if all is well, 1 if the surprise differs, 2 if it is the feature that is
   blamed, 3 if it is the log_prob that its reset leads to. */
int pump_alarm_self_test(void);
