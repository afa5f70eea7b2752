/* A linear layer with a triangular matrix: z_i = d_i x_i + sum over j < i of W_ij x_j. The weights
   below the diagonal lie row by row. */

#ifndef COUPLET_TRIANGLE_C
#define COUPLET_TRIANGLE_C

/* Maps n features, from the last to the first, so that each finds those before it as they were. */
COUPLET_SHARED void couplet_triangle_forward(const float *diagonal, const float *weights, float *x, int n)
{
    int i;
    for (i = n - 1; i >= 0; i--) {
        const float *w = weights + i * (i - 1) / 2;
        float sum = couplet_times(diagonal[i], x[i]);
        int j;
        for (j = 0; j < i; j++) {
            sum += couplet_times(w[j], x[j]);
        }
        x[i] = sum;
    }
}

/* Back again, from the first to the last. */
COUPLET_SHARED void couplet_triangle_inverse(const float *diagonal, const float *weights, float *z, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        float rest = z[i];
        int j;
        for (j = 0; j < i; j++) {
            rest -= couplet_times(weights[j], z[j]);
        }
        z[i] = rest / diagonal[i];
        weights += i;
    }
}

#endif
