/* Random numbers. A generator is a function that returns the next 32 random bits, and the state that
   it is given: Xoshiro128++ below, or one of your own. */

#ifndef COUPLET_DRAW_H
#define COUPLET_DRAW_H

typedef uint32_t (*couplet_next)(void *generator);

/* Xoshiro128++ (Blackman and Vigna, https://prng.di.unimi.it): 16 bytes, made for small cores. */
typedef struct {
    uint32_t state[4];
} couplet_xoshiro;

/* Starts a generator. The same seed gives the same samples as Xoshiro128PlusPlus::seed_from_u64. */
COUPLET_SHARED void couplet_xoshiro_seed(couplet_xoshiro *generator, uint64_t seed);

/* The next 32 random bits; `generator` is a couplet_xoshiro. */
COUPLET_SHARED uint32_t couplet_xoshiro_next(void *generator);

#endif
