/* Words on the standard output. A number is its bits; all NaN are equal. */

#include <stdio.h>

static void give(uint32_t word)
{
    fwrite(&word, sizeof word, 1, stdout);
}

static void give_float(float value)
{
    give(couplet_bits(couplet_is_nan(value) ? COUPLET_NAN : value));
}

static void give_floats(const float *values, uint32_t count)
{
    uint32_t i;
    for (i = 0u; i < count; i++) {
        give_float(values[i]);
    }
}
