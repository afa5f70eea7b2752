/* The square root in integers. */

#ifndef COUPLET_ROOT_C
#define COUPLET_ROOT_C

/* The square root, rounded to the nearest. One bit of the result a turn, in integers. */
COUPLET_SHARED float couplet_sqrt(float x);
COUPLET_SHARED float couplet_sqrt(float x)
{
    uint32_t bits = couplet_bits(x);
    uint32_t rest;
    uint32_t root = 0u;
    uint32_t bit;
    int32_t exponent;
    if (bits << 1 == 0u || bits == 0x7f800000u) {
        return x;
    }
    if (bits > 0x7f800000u) {
        return COUPLET_NAN;
    }
    exponent = (int32_t)(bits >> 23) - 127;
    if (exponent == -127) {
        bits = couplet_bits(couplet_times(x, 16777216.0f));
        exponent = (int32_t)(bits >> 23) - 127 - 24;
    }
    rest = (bits & 0x007fffffu) | 0x00800000u;
    if ((exponent & 1) != 0) {
        rest += rest;
        exponent -= 1;
    }
    rest += rest;
    for (bit = 0x01000000u; bit != 0u; bit >>= 1) {
        uint32_t trial = root + root + bit;
        if (trial <= rest) {
            root += bit;
            rest -= trial;
        }
        rest += rest;
    }
    root += root & 1u;
    return couplet_from_bits((root >> 1) + ((uint32_t)(exponent / 2 + 126) << 23));
}

#endif
