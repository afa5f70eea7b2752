/* A dense layer as one writes it first: a loop over rows, and in it a loop over columns. */
#include "model.h"

static void dense(const float *w, const float *b, const float *x, float *y, int in, int out, int is_hidden) {
  for (int i = 0; i < out; i++, w += in) {
    float sum = b[i];
    for (int j = 0; j < in; j++) sum += w[j] * x[j];
    y[i] = is_hidden && sum < 0 ? 0 : sum;
  }
}
static void layer_1(const float *w, const float *b, const float *x, float *y) { dense(w, b, x, y, HALF, H, 1); }
static void layer_2(const float *w, const float *b, const float *x, float *y) { dense(w, b, x, y, H, H, 1); }
static void heads(const float *w, const float *b, const float *x, float *y) { dense(w, b, x, y, H, 2 * HALF, 0); }

#include "flow.h"
