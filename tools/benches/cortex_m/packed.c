/* A dense layer written with care: eight rows side by side, weights packed in the order of use, sizes known to the compiler. */
#include "model.h"

#define DENSE(name, rows, in, out, is_hidden)                                                                        \
  static __attribute__((noinline)) void name(const float *w, const float *b, const float *x, float *y) {            \
    for (int k = 0; k < out; k += rows) {                                                                            \
      float sum[rows];                                                                                               \
      for (int r = 0; r < rows; r++) sum[r] = b[k + r];                                                              \
      for (int j = 0; j < in; j++, w += rows)                                                                        \
        for (int r = 0; r < rows; r++) sum[r] += w[r] * x[j];                                                        \
      for (int r = 0; r < rows; r++) y[k + r] = is_hidden && sum[r] < 0 ? 0 : sum[r];                                \
    }                                                                                                                \
  }
DENSE(layer_1, 8, HALF, H, 1)
DENSE(layer_2, 8, H, H, 1)
DENSE(heads, HEAD_ROWS, H, 2 * HALF, 0)

#include "flow.h"
