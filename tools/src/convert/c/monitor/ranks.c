#ifndef COUPLET_RANKS_C
#define COUPLET_RANKS_C

/* Bits after the point of the ratio between ranks. */
#define COUPLET_FRACTION 20

/* The ranks of a ratio; returns the rank after the last of them. */
static uint32_t couplet_reach(
    uint64_t ratio, uint32_t rows, uint32_t threshold, uint32_t ranks[COUPLET_TABLE])
{
    uint32_t rank = 1u;
    uint32_t j;
    for (j = 0u; j < COUPLET_TABLE; j++) {
        const uint32_t limit = rank < threshold ? threshold : rows + 1u;
        /* At least rank + 1, since no ratio is below 1. */
        const uint64_t next = (ratio * ((uint64_t)rank + 1u)) >> COUPLET_FRACTION;
        ranks[j] = rank < rows ? rank : rows;
        rank = next < limit ? (uint32_t)next : limit;
    }
    return rank;
}

/* The smallest ratio with which the rank after the last one is rows + 1, by bisection. */
COUPLET_SHARED void couplet_ranks(uint32_t rows, uint32_t threshold, uint32_t ranks[COUPLET_TABLE])
{
    uint64_t low = (uint64_t)1 << COUPLET_FRACTION;
    uint64_t high;
    if (rows > COUPLET_MAX_ROWS) {
        rows = COUPLET_MAX_ROWS;
    }
    if (threshold > rows) {
        threshold = rows;
    }
    high = ((uint64_t)rows + 2u) << COUPLET_FRACTION;
    while (low < high) {
        const uint64_t ratio = (low + high) / 2u;
        if (couplet_reach(ratio, rows, threshold, ranks) > rows) {
            high = ratio;
        } else {
            low = ratio + 1u;
        }
    }
    (void)couplet_reach(high, rows, threshold, ranks);
}

#endif
