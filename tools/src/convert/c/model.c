#if PUMP_COUPLETS
#if PUMP_PLAIN
/* The parameters by which a coupling maps features, given a. h and g are scratch. */
static const float *pump_parameters(const float *weights, const uint16_t *widths, const float *a, float *h, float *g)
{
#if PUMP_CLAMPED
    couplet_clamp(a, widths[0], PUMP_INPUT_BOUND, g);
    a = g;
#endif
#endif
#if PUMP_CONTEXT
/* The parameters by which a coupling maps features, given a and what is seen of the context. h and g
   are scratch. */
static const float *pump_parameters(
    const float *weights, const uint16_t *widths, const float *a, const float *seen, float *h, float *g)
{
    int n = widths[0] - PUMP_CONTEXTS;
    int i;
    for (i = 0; i < n; i++) {
        g[i] = a[i];
    }
#if PUMP_CLAMPED
    couplet_clamp(g, n, PUMP_INPUT_BOUND, g);
#endif
    for (i = 0; i < PUMP_CONTEXTS; i++) {
        g[n + i] = seen[i];
    }
    a = g;
#endif
    return couplet_network(weights, widths, PUMP_LAYERS, PUMP_ACTIVATION, a, h, g);
}

/* Maps n features b, given a. Returns log_det. */
#if PUMP_PLAIN
static float pump_coupling_forward(const float *weights, const uint16_t *widths, const float *a, float *b, int n)
{
    float h[PUMP_WIDTH], g[PUMP_WIDTH];
    const float *parameters = pump_parameters(weights, widths, a, h, g);
#endif
#if PUMP_CONTEXT
static float pump_coupling_forward(
    const float *weights, const uint16_t *widths, const float *a, const float *seen, float *b, int n)
{
    float h[PUMP_WIDTH], g[PUMP_WIDTH];
    const float *parameters = pump_parameters(weights, widths, a, seen, h, g);
#endif
#if PUMP_ADDITIVE
    return couplet_additive_forward(parameters, b, n);
#endif
#if PUMP_AFFINE
    return couplet_affine_forward(parameters, PUMP_LOG_SCALE_BOUND, b, n);
#endif
#if PUMP_BEND
    float knots[2 * PUMP_BINS];
    return couplet_bend_forward(&PUMP_SPLINE, parameters, b, n, knots);
#endif
}

/* Back again. Returns log_det of this direction. */
#if PUMP_PLAIN
static float pump_coupling_inverse(const float *weights, const uint16_t *widths, const float *a, float *b, int n)
{
    float h[PUMP_WIDTH], g[PUMP_WIDTH];
    const float *parameters = pump_parameters(weights, widths, a, h, g);
#endif
#if PUMP_CONTEXT
static float pump_coupling_inverse(
    const float *weights, const uint16_t *widths, const float *a, const float *seen, float *b, int n)
{
    float h[PUMP_WIDTH], g[PUMP_WIDTH];
    const float *parameters = pump_parameters(weights, widths, a, seen, h, g);
#endif
#if PUMP_ADDITIVE
    return couplet_additive_inverse(parameters, b, n);
#endif
#if PUMP_AFFINE
    return couplet_affine_inverse(parameters, PUMP_LOG_SCALE_BOUND, b, n);
#endif
#if PUMP_BEND
    float knots[2 * PUMP_BINS];
    return couplet_bend_inverse(&PUMP_SPLINE, parameters, b, n, knots);
#endif
}

#endif
/* All layers. Returns log_det; z may be x. */
#if PUMP_PLAIN
static float pump_layers_forward(const float *x, float *z)
#endif
#if PUMP_CONTEXT
static float pump_layers_forward(const float *x, const float *seen, float *z)
#endif
{
    float log_det = 0.0f - PUMP_SUM_LN_STD;
#if PUMP_COUPLETS
    int k;
#endif
    couplet_standardize(PUMP_MEAN, PUMP_STD, x, z, PUMP_FEATURES);
#if PUMP_MARGINAL
    log_det += couplet_marginal_forward(PUMP_KNOTS, PUMP_KNOTS_EACH, z, PUMP_FEATURES);
#endif
#if PUMP_TRIANGLE
    couplet_triangle_forward(PUMP_DIAGONAL, PUMP_BELOW, z, PUMP_FEATURES);
    log_det += PUMP_TRIANGLE_LOG_DET;
#endif
#if PUMP_COUPLETS
    for (k = 0; k < PUMP_COUPLETS; k++) {
        float *a = z;
        float *b = z + PUMP_A;
#if PUMP_PERMUTE
        float from[PUMP_FEATURES];
        couplet_permute(PUMP_PERMUTATIONS[k], z, from, PUMP_FEATURES);
#endif
#if PUMP_PLAIN
        log_det += pump_coupling_forward(PUMP_FIRST[k], PUMP_FIRST_WIDTHS, a, b, PUMP_B);
        log_det += pump_coupling_forward(PUMP_SECOND[k], PUMP_SECOND_WIDTHS, b, a, PUMP_A);
#endif
#if PUMP_CONTEXT
        log_det += pump_coupling_forward(PUMP_FIRST[k], PUMP_FIRST_WIDTHS, a, seen, b, PUMP_B);
        log_det += pump_coupling_forward(PUMP_SECOND[k], PUMP_SECOND_WIDTHS, b, seen, a, PUMP_A);
#endif
    }
#endif
#if PUMP_SCALE
    couplet_scale(PUMP_FACTORS, z, PUMP_FEATURES);
    log_det += PUMP_SCALE_LOG_DET;
#endif
    return log_det;
}

/* All layers, back again. Returns log_det of this direction; x may be z. */
#if PUMP_PLAIN
static float pump_layers_inverse(float *x)
#endif
#if PUMP_CONTEXT
static float pump_layers_inverse(const float *seen, float *x)
#endif
{
    float log_det = 0.0f;
#if PUMP_COUPLETS
    int k;
#endif
#if PUMP_SCALE
    couplet_scale(PUMP_INVERSE_FACTORS, x, PUMP_FEATURES);
    log_det -= PUMP_SCALE_LOG_DET;
#endif
#if PUMP_COUPLETS
    for (k = PUMP_COUPLETS - 1; k >= 0; k--) {
        float *a = x;
        float *b = x + PUMP_A;
#if PUMP_PERMUTE
        float from[PUMP_FEATURES];
#endif
#if PUMP_PLAIN
        log_det += pump_coupling_inverse(PUMP_SECOND[k], PUMP_SECOND_WIDTHS, b, a, PUMP_A);
        log_det += pump_coupling_inverse(PUMP_FIRST[k], PUMP_FIRST_WIDTHS, a, b, PUMP_B);
#endif
#if PUMP_CONTEXT
        log_det += pump_coupling_inverse(PUMP_SECOND[k], PUMP_SECOND_WIDTHS, b, seen, a, PUMP_A);
        log_det += pump_coupling_inverse(PUMP_FIRST[k], PUMP_FIRST_WIDTHS, a, seen, b, PUMP_B);
#endif
#if PUMP_PERMUTE
        couplet_unpermute(PUMP_PERMUTATIONS[k], x, from, PUMP_FEATURES);
#endif
    }
#endif
#if PUMP_TRIANGLE
    couplet_triangle_inverse(PUMP_DIAGONAL, PUMP_BELOW, x, PUMP_FEATURES);
    log_det -= PUMP_TRIANGLE_LOG_DET;
#endif
#if PUMP_MARGINAL
    log_det += couplet_marginal_inverse(PUMP_KNOTS, PUMP_KNOTS_EACH, x, PUMP_FEATURES);
#endif
    couplet_unstandardize(PUMP_MEAN, PUMP_STD, x, PUMP_FEATURES);
    return log_det + PUMP_SUM_LN_STD;
}

#if PUMP_CONTEXT
/* What conditioners see of a context; false if it is not finite. */
static bool pump_see(const float *c, float *seen)
{
    bool is_finite = couplet_see(PUMP_CONTEXT_MEAN, PUMP_CONTEXT_STD, c, seen, PUMP_CONTEXTS);
#if PUMP_CLAMPED
    couplet_clamp(seen, PUMP_CONTEXTS, PUMP_INPUT_BOUND, seen);
#endif
    return is_finite;
}

bool pump_context_is_known(const float c[PUMP_CONTEXTS])
{
    return couplet_is_known(PUMP_CONTEXT_LEAST, PUMP_CONTEXT_MOST, c, PUMP_CONTEXTS);
}

#endif
#if PUMP_PLAIN
float pump_log_prob(const float x[PUMP_FEATURES])
{
    float z[PUMP_FEATURES];
    float log_det = pump_layers_forward(x, z);
    float log_prob;
#endif
#if PUMP_CONTEXT
float pump_log_prob_given(const float x[PUMP_FEATURES], const float c[PUMP_CONTEXTS])
{
    float z[PUMP_FEATURES], seen[PUMP_CONTEXTS];
    bool is_finite = pump_see(c, seen);
    float log_det = pump_layers_forward(x, seen, z);
    float log_prob;
#endif
#if PUMP_NORMAL
    log_prob = couplet_normal_log_prob(z, PUMP_FEATURES) + log_det;
#endif
#if PUMP_LOGISTIC
    log_prob = couplet_logistic_log_prob(z, PUMP_FEATURES) + log_det;
#endif
#if PUMP_STUDENT
    log_prob = couplet_student_log_prob(PUMP_FREEDOM, PUMP_NORMALIZER, z, PUMP_FEATURES) + log_det;
#endif
#if PUMP_DIAGONAL_MIXTURE
    float parts[PUMP_COMPONENTS];
    log_prob = couplet_diagonal_log_prob(PUMP_LOG_NORM, PUMP_MEANS, PUMP_SCALES, PUMP_COMPONENTS, z, PUMP_FEATURES, parts) + log_det;
#endif
#if PUMP_FULL_MIXTURE
    float y[PUMP_FEATURES], parts[PUMP_COMPONENTS];
    log_prob = couplet_full_log_prob(PUMP_LOG_NORM, PUMP_MEANS, PUMP_SCALES, PUMP_WEIGHTS, PUMP_COMPONENTS, z, PUMP_FEATURES, y, parts) + log_det;
#endif
#if PUMP_PLAIN
    return couplet_is_finite(log_prob) ? log_prob : COUPLET_NEGATIVE_INFINITY;
#endif
#if PUMP_CONTEXT
    return is_finite && couplet_is_finite(log_prob) ? log_prob : COUPLET_NEGATIVE_INFINITY;
#endif
}

#if PUMP_PLAIN
float pump_forward(const float x[PUMP_FEATURES], float z[PUMP_FEATURES])
{
    float log_det = pump_layers_forward(x, z);
    couplet_canonical(z, PUMP_FEATURES);
    couplet_canonical(&log_det, 1);
    return log_det;
}

float pump_inverse(const float z[PUMP_FEATURES], float x[PUMP_FEATURES])
{
    float log_det;
    int i;
    for (i = 0; i < PUMP_FEATURES; i++) {
        x[i] = z[i];
    }
    log_det = pump_layers_inverse(x);
    couplet_canonical(x, PUMP_FEATURES);
    couplet_canonical(&log_det, 1);
    return log_det;
}
#endif
#if PUMP_CONTEXT
float pump_forward_given(const float x[PUMP_FEATURES], const float c[PUMP_CONTEXTS], float z[PUMP_FEATURES])
{
    float seen[PUMP_CONTEXTS];
    float log_det;
    if (!pump_see(c, seen)) {
        couplet_not_a_number(z, PUMP_FEATURES);
        return COUPLET_NAN;
    }
    log_det = pump_layers_forward(x, seen, z);
    couplet_canonical(z, PUMP_FEATURES);
    couplet_canonical(&log_det, 1);
    return log_det;
}

float pump_inverse_given(const float z[PUMP_FEATURES], const float c[PUMP_CONTEXTS], float x[PUMP_FEATURES])
{
    float seen[PUMP_CONTEXTS];
    float log_det;
    int i;
    if (!pump_see(c, seen)) {
        couplet_not_a_number(x, PUMP_FEATURES);
        return COUPLET_NAN;
    }
    for (i = 0; i < PUMP_FEATURES; i++) {
        x[i] = z[i];
    }
    log_det = pump_layers_inverse(seen, x);
    couplet_canonical(x, PUMP_FEATURES);
    couplet_canonical(&log_det, 1);
    return log_det;
}
#endif

#if PUMP_PLAIN
void pump_sample(couplet_next next, void *generator, float x[PUMP_FEATURES])
{
#endif
#if PUMP_CONTEXT
void pump_sample_given(couplet_next next, void *generator, const float c[PUMP_CONTEXTS], float x[PUMP_FEATURES])
{
    float seen[PUMP_CONTEXTS];
#endif
#if PUMP_NORMAL
    couplet_normal_sample(next, generator, x, PUMP_FEATURES);
#endif
#if PUMP_LOGISTIC
    couplet_logistic_sample(next, generator, x, PUMP_FEATURES);
#endif
#if PUMP_STUDENT
    couplet_student_sample(next, generator, PUMP_FREEDOM, x, PUMP_FEATURES);
#endif
#if PUMP_DIAGONAL_MIXTURE
    bool unused;
    int k = couplet_mixture_drawn(PUMP_UPTO, PUMP_COMPONENTS, couplet_draw(next, generator, &unused));
    couplet_normal_sample(next, generator, x, PUMP_FEATURES);
    couplet_diagonal_place(PUMP_MEANS + k * PUMP_FEATURES, PUMP_SCALES + k * PUMP_FEATURES, x, PUMP_FEATURES);
#endif
#if PUMP_FULL_MIXTURE
    bool unused;
    int k = couplet_mixture_drawn(PUMP_UPTO, PUMP_COMPONENTS, couplet_draw(next, generator, &unused));
    const float *weights = PUMP_WEIGHTS + k * (PUMP_FEATURES * (PUMP_FEATURES - 1) / 2);
    couplet_normal_sample(next, generator, x, PUMP_FEATURES);
    couplet_full_place(PUMP_MEANS + k * PUMP_FEATURES, PUMP_SCALES + k * PUMP_FEATURES, weights, x, PUMP_FEATURES);
#endif
#if PUMP_PLAIN
    (void)pump_layers_inverse(x);
    couplet_canonical(x, PUMP_FEATURES);
#endif
#if PUMP_CONTEXT
    if (pump_see(c, seen)) {
        (void)pump_layers_inverse(seen, x);
        couplet_canonical(x, PUMP_FEATURES);
    } else {
        couplet_not_a_number(x, PUMP_FEATURES);
    }
#endif
}

int pump_self_test(void)
{
    int n;
    if (couplet_version() != COUPLET_VERSION) {
        return -1;
    }
    for (n = 0; n < PUMP_ANSWERS; n++) {
        const uint32_t *answer = PUMP_KNOWN_ANSWERS[n];
#if PUMP_PLAIN
        float x[PUMP_FEATURES];
        int i;
        for (i = 0; i < PUMP_FEATURES; i++) {
            x[i] = couplet_from_bits(answer[i]);
        }
        if (couplet_bits(pump_log_prob(x)) != answer[PUMP_FEATURES]) {
            return n + 1;
        }
#endif
#if PUMP_CONTEXT
        float x[PUMP_FEATURES + PUMP_CONTEXTS];
        int i;
        for (i = 0; i < PUMP_FEATURES + PUMP_CONTEXTS; i++) {
            x[i] = couplet_from_bits(answer[i]);
        }
        if (couplet_bits(pump_log_prob_given(x, x + PUMP_FEATURES)) != answer[PUMP_FEATURES + PUMP_CONTEXTS]) {
            return n + 1;
        }
#endif
    }
    return 0;
}
