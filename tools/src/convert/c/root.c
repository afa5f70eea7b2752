/* The square root, rounded to the nearest number, in integers. */

#ifndef COUPLET_ROOT_C
#define COUPLET_ROOT_C

/* sqrt(x); NaN below 0. */
COUPLET_SHARED float couplet_sqrt(float x)
{
    uint32_t rest = couplet_bits(x);
    uint32_t root = 0;
    uint32_t twice = 0; /* twice the root so far */
    uint32_t digit;
    int32_t exponent;
    if (rest << 1 == 0 || rest == UINT32_C(0x7f800000)) {
        return x;
    }
    if (rest > UINT32_C(0x7f800000)) {
        return COUPLET_NAN;
    }
    exponent = (int32_t)(rest >> 23);
    if (exponent == 0) {
        exponent = 1;
        while (rest < UINT32_C(0x00800000)) {
            rest <<= 1;
            exponent--;
        }
    }
    exponent -= 127;
    rest = (rest & UINT32_C(0x007fffff)) | UINT32_C(0x00800000);
    if ((exponent & 1) != 0) {
        rest <<= 1;
    }
    rest <<= 1;
    /* One binary digit after the other, 24 and one that rounds. */
    for (digit = UINT32_C(0x01000000); digit != 0; digit >>= 1) {
        if (twice + digit <= rest) {
            rest -= twice + digit;
            twice += digit << 1;
            root += digit;
        }
        rest <<= 1;
    }
    root += root & 1; /* a root is never halfway between two numbers */
    /* The root has a leading one, which adds to the exponent. */
    exponent = (exponent - (exponent & 1)) / 2;
    return couplet_from_bits((root >> 1) + ((uint32_t)(exponent + 126) << 23));
}

#endif
