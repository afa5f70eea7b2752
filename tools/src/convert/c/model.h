#if PUMP_PLAIN
/* The log-density of a reading in nats: finite or negative infinity, never NaN, so that
   `pump_log_prob(x) < threshold` raises the alarm. A reading with NaN or infinity is impossible. */
float pump_log_prob(const float x[PUMP_FEATURES]);

/* The latents z of a reading. Returns ln|det dz/dx|. z may be x. */
float pump_forward(const float x[PUMP_FEATURES], float z[PUMP_FEATURES]);

/* The reading x of latents. Returns ln|det dx/dz|. x may be z. */
float pump_inverse(const float z[PUMP_FEATURES], float x[PUMP_FEATURES]);

/* Draws a reading. `next` gives random words of the generator, as couplet_xoshiro_next does of a
   couplet_xoshiro. A generator in the same state draws the same bits everywhere. */
void pump_sample(couplet_next next, void *generator, float x[PUMP_FEATURES]);
#endif
#if PUMP_CONTEXT
/* The log-density of a reading in a context, in nats: finite or negative infinity, never NaN, so that
   `pump_log_prob_given(x, c) < threshold` raises the alarm. A reading or a context with NaN or infinity
   is impossible. */
float pump_log_prob_given(const float x[PUMP_FEATURES], const float c[PUMP_CONTEXTS]);

/* The latents z of a reading in a context. Returns ln|det dz/dx|. z may be x. */
float pump_forward_given(const float x[PUMP_FEATURES], const float c[PUMP_CONTEXTS], float z[PUMP_FEATURES]);

/* The reading x of latents in a context. Returns ln|det dx/dz|. x may be z. */
float pump_inverse_given(const float z[PUMP_FEATURES], const float c[PUMP_CONTEXTS], float x[PUMP_FEATURES]);

/* Draws a reading in a context. `next` gives random words of the generator, as couplet_xoshiro_next
   does of a couplet_xoshiro. A generator in the same state draws the same bits everywhere. */
void pump_sample_given(couplet_next next, void *generator, const float c[PUMP_CONTEXTS], float x[PUMP_FEATURES]);

/* Whether each number of a context is within what training saw. Elsewhere the density is a guess: tell
   a detector so by couplet_detector_unfamiliar. False for NaN. */
bool pump_context_is_known(const float c[PUMP_CONTEXTS]);
#endif

/* Evaluates known answers and compares their bits: run it when the device starts. Returns 0 if all
   is well, n if answer n differs: then model, compiler or arithmetic are not those of the exporter.
   Returns -1 if the program has functions of another version of couplet, from another model. */
int pump_self_test(void);
