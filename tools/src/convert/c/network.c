/* Conditioners: from the half of the features that a coupling keeps to the parameters by which it
   maps the other half. */

#ifndef COUPLET_NETWORK_C
#define COUPLET_NETWORK_C

/* Dense layers of these widths, inputs first. The weights and biases lie one after the other. Each
   layer but the last is followed by the activation: max(y, 0), or if there is a function, that.
   h and g are scratch of the largest width; x may be g. Returns the outputs, in h or in g. */
COUPLET_SHARED const float *couplet_network(const float *weights, const uint16_t *widths, int layers,
                                            void (*activate)(float *y, int n), const float *x, float *h, float *g)
{
    int l;
    for (l = 0; l < layers; l++) {
        int in = widths[l];
        int out = widths[l + 1];
        const float *biases = weights + in * out;
        bool is_hidden = l + 1 < layers;
        float floor = is_hidden && activate == NULL ? 0.0f : COUPLET_NEGATIVE_INFINITY;
        float *other = g;
        couplet_dense(weights, biases, x, in, out, floor, h);
        if (is_hidden && activate != NULL) {
            activate(h, out);
        }
        weights = biases + out;
        x = h;
        g = h;
        h = other;
    }
    return x;
}

#endif
