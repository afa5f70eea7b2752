/* What couplet computes, in C: a RealNVP flow. loops.c and packed.c include it after their dense layers.

   model.h holds D, H, COUPLINGS, the weights FLOW, and the constant LOG_DET = -sum(ln std). */
#include <math.h>

float log_prob(const float *x) {
  float z[D], first[H], second[H], head[2 * HALF], log_det = LOG_DET;
  for (int i = 0; i < D; i++) z[i] = (x[i] - MEAN[i]) / STD[i];
  for (int k = 0; k < COUPLINGS; k++) {
    const coupling *c = &FLOW[k];
    const float *a = k % 2 ? z + HALF : z;
    float *b = k % 2 ? z : z + HALF;
    layer_1(c->w1, c->b1, a, first);
    layer_2(c->w2, c->b2, first, second);
    heads(c->w3, c->b3, second, head);
    for (int i = 0; i < HALF; i++) {
      float s = head[i] / (1 + fabsf(head[i]) / 2);
      b[i] = b[i] * expf(s) + head[HALF + i];
      log_det += s;
    }
  }
  float square = 0;
  for (int i = 0; i < D; i++) square += z[i] * z[i];
  return -square / 2 - D * 0.9189385f + log_det;
}
