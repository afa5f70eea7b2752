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

/* Evaluates known answers and compares their bits: run it when the device starts. Returns 0 if all
   is well, n if answer n differs: then model, compiler or arithmetic are not those of the exporter.
   Returns -1 if the program has functions of another version of couplet, from another model. */
int pump_self_test(void);
