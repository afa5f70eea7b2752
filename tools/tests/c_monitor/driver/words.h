/* Words on the standard input. A number is its bits. */

#include <stdio.h>
#include <stdlib.h>

#define MOST_FEATURES 16u
#define MOST_VALUES 4096u

static uint32_t take(void)
{
    uint32_t word;
    if (fread(&word, sizeof word, 1, stdin) != 1) {
        exit(2);
    }
    return word;
}

static float take_float(void)
{
    return couplet_from_bits(take());
}

static void take_floats(float *values, uint32_t count)
{
    uint32_t i;
    for (i = 0u; i < count; i++) {
        values[i] = take_float();
    }
}

static uint64_t take_model(void)
{
    const uint64_t low = take();
    return low | (uint64_t)take() << 32;
}

static float values[MOST_VALUES];
