/* Random numbers, and the directions and radii that samples of a base are made of. */

#ifndef COUPLET_DRAW_C
#define COUPLET_DRAW_C

COUPLET_SHARED void couplet_xoshiro_seed(couplet_xoshiro *generator, uint64_t seed)
{
    int i;
    for (i = 0; i < 4; i += 2) {
        uint64_t word; /* SplitMix64 */
        seed += UINT64_C(0x9e3779b97f4a7c15);
        word = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
        word ^= word >> 31;
        generator->state[i] = (uint32_t)word;
        generator->state[i + 1] = (uint32_t)(word >> 32);
    }
}

COUPLET_INLINE uint32_t couplet_rotated(uint32_t word, int by)
{
    return (word << by) | (word >> (32 - by));
}

COUPLET_SHARED uint32_t couplet_xoshiro_next(void *generator)
{
    uint32_t *s = ((couplet_xoshiro *)generator)->state;
    uint32_t next = couplet_rotated(s[0] + s[3], 7) + s[0];
    uint32_t shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = couplet_rotated(s[3], 11);
    return next;
}

/* A number uniform in (0, 1], and a fair bit, from one random word. */
COUPLET_INLINE float couplet_draw(couplet_next next, void *generator, bool *bit)
{
    uint32_t word = next(generator);
    *bit = (word & 1) == 1;
    return couplet_times((float)(word >> 1) + 0.5f, 4.65661287e-10f); /* 2^-31 */
}

/* (cos, sin) of 2 pi turn / 2^24, for a turn below 2^24. */
COUPLET_INLINE void couplet_turn(uint32_t turn, float direction[2])
{
    uint32_t quarter = (turn + UINT32_C(0x00200000)) >> 22;
    int32_t remainder = (int32_t)turn - (int32_t)(quarter << 22);
    float y = couplet_times((float)remainder, 3.74507039e-7f);
    float z = couplet_times(y, y);
    float s = 0.00833217800f + couplet_times(z, -0.000195172979f);
    float c = -0.00138873677f + couplet_times(z, 0.0000244384501f);
    float sin, cos;
    s = -0.166666552f + couplet_times(z, s);
    sin = y + couplet_times(y * z, s);
    c = 0.0416666456f + couplet_times(z, c);
    c = -0.5f + couplet_times(z, c);
    cos = 1.0f + couplet_times(z, c);
    switch (quarter & 3) {
    case 0:
        direction[0] = cos;
        direction[1] = sin;
        break;
    case 1:
        direction[0] = -sin;
        direction[1] = cos;
        break;
    case 2:
        direction[0] = -cos;
        direction[1] = -sin;
        break;
    default:
        direction[0] = sin;
        direction[1] = -cos;
        break;
    }
}

/* A point uniform on the unit circle, from one random word. */
COUPLET_SHARED void couplet_direction(couplet_next next, void *generator, float direction[2])
{
    couplet_turn(next(generator) >> 8, direction);
}

#endif
