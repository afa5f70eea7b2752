/* The maps of a model that is exported as C, under the names that harness.c calls. */
#define MODEL_IMPLEMENTATION
#include "exported.h"

float log_prob(const float *x) { return model_log_prob(x); }

float forward(const float *x) {
  float z[MODEL_FEATURES];
  return model_forward(x, z);
}

float inverse(const float *z) {
  float x[MODEL_FEATURES];
  return model_inverse(z, x);
}

float sample(uint32_t *generator) {
  float x[MODEL_FEATURES];
  model_sample(couplet_xoshiro_next, generator, x);
  return x[0];
}

bool self_test(void) { return model_self_test() == 0; }
