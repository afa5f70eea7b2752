/* Prints a digest of each function of one number, over every STEP-th float. NaN counts as the canonical
   one, since processors disagree about its bits. */

#include "models.h"
#include "out.h"

static void sweep(const char *name, float (*function)(float))
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    uint64_t bits;
    for (bits = 0; bits < UINT64_C(0x100000000); bits += STEP) {
        float y = function(couplet_from_bits((uint32_t)bits));
        uint32_t of_y = couplet_bits(couplet_is_nan(y) ? COUPLET_NAN : y);
        digest = (digest ^ of_y) * UINT64_C(0x00000100000001b3);
    }
    out_text(name);
    out_text(" ");
    out_hex((uint32_t)(digest >> 32));
    out_hex((uint32_t)digest);
    out_text("\n");
}

int main(void)
{
    sweep("exp", couplet_exp);
    sweep("tanh", couplet_tanh);
    sweep("ln", couplet_ln);
    sweep("ln_1p", couplet_log1p);
    sweep("sqrt", couplet_sqrt);
    return 0;
}
