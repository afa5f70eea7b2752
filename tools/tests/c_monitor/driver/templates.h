/* All templates of the monitor and what they need, as an exported file has them. */

#if defined(__cplusplus)
extern "C" {
#endif
#include "arithmetic.h"
#include "monitor/error.h"
#include "monitor/calibration.h"
#include "monitor/rules.h"
#include "monitor/detector.h"
#include "monitor/attribution.h"
#include "monitor/window.h"
#include "monitor/recalibration.h"
#include "monitor/adjustment.h"
#include "exponential.c"
#include "logarithm.c"
#include "root.c"
#include "monitor/ranks.c"
#include "monitor/calibration.c"
#include "monitor/rules.c"
#include "monitor/detector.c"
#include "monitor/attribution.c"
#include "monitor/window.c"
#include "monitor/recalibration.c"
#include "monitor/adjustment.c"
#if defined(__cplusplus)
}
#endif
