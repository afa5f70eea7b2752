/* Calls the monitor as words on the standard input say, and writes what it returns as words. Each
   command and its arguments stand in the test that sends it. */

#include "templates.h"
#include "words.h"
#include "answers.h"
#include "calibration.c"
#include "detector.c"
#include "attribution.c"
#include "window.c"
#include "adjustment.c"

static void elementary(void)
{
    const float x = take_float();
    give_float(couplet_exp(x));
    give_float(couplet_ln(x));
    give_float(couplet_sqrt(x));
}

int main(void)
{
    uint32_t word;
    while (fread(&word, sizeof word, 1, stdin) == 1) {
        switch (word) {
        case 1: calibrate(); break;
        case 2: take_calibration(); break;
        case 3: give(couplet_calibration_check(&calibration, take_model())); break;
        case 4: score(); break;
        case 5: give(couplet_threshold_rank(&calibration)); break;
        case 6: give_ranks(); break;
        case 7: take_rules(); break;
        case 8: take_detector(); break;
        case 9: push(); break;
        case 10: miss(); break;
        case 11: restart(); break;
        case 12: attribute(); break;
        case 13: new_window(); break;
        case 14: couplet_window_push(&window, take_float()); break;
        case 15: give_features(); break;
        case 16: new_recalibration(); break;
        case 17: give_recalibration(); break;
        case 18: recalibrate(); break;
        case 19: new_adjusting(); break;
        case 20: adjust_by(); break;
        case 21: give_adjustment(); break;
        case 22: elementary(); break;
        case 23: unfamiliar(); break;
        default: return 3;
        }
    }
    return 0;
}
