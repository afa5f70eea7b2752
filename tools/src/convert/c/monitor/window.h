#ifndef COUPLET_WINDOW_H
#define COUPLET_WINDOW_H

/* Window: features of a raw signal, sample by sample, without a buffer.

   Of the samples x of a window it makes a feature for each band and three more:

   - for each band the logarithm of the mean square of what it lets through;
   - the logarithm of the standard deviation;
   - the logarithm of the kurtosis, mean((x - mean)^4) / variance^2;
   - the logarithm of the crest, max|x - mean| / (standard deviation).

       static const couplet_band bands[2] = {...}; // from a desktop
       static couplet_memory memories[2];
       couplet_window window = couplet_window_new(offset, bands, memories, 2);
       // for each sample
       couplet_window_push(&window, sample);
       // after each 256 samples
       float features[2 + COUPLET_STATISTICS];
       if (couplet_window_features(&window, features))
           score(features);

   The exported file of a model that was trained on windows has pump_window, which makes one with
   the bands of the training, and PUMP_WINDOW_SAMPLES.

   Filters run on from window to window. After start, and after a window with a sample that is not
   finite, they settle: the first window has no features. A window with a sample that is not finite,
   or whose sums overflow, has NaN for features, so its log_prob is negative infinity. */

/* How many features a window has beside those of its bands. */
#define COUPLET_STATISTICS 3u

typedef enum {
    /* A band-pass of the second order, y = gain (x - x[-2]) - a1 y[-1] - a2 y[-2]. */
    COUPLET_PASS_BAND,
    /* One frequency, by Goertzel's recursion s = x + c s[-1] - s[-2]. */
    COUPLET_BIN_BAND
} couplet_band_kind;

/* One band: which part of the signal's power it measures. Its coefficients come from a desktop. */
typedef struct {
    couplet_band_kind kind;
    float gain;
    /* a1 of a band-pass, c of a frequency. */
    float first;
    /* a2 of a band-pass. */
    float second;
} couplet_band;

/* What stands between the braces of an array of bands. */
#define COUPLET_PASS(gain, a1, a2) \
    { \
        COUPLET_PASS_BAND, gain, a1, a2 \
    }
#define COUPLET_BIN(c) \
    { \
        COUPLET_BIN_BAND, 0.0f, c, 0.0f \
    }

/* What a band remembers. */
typedef struct {
    /* y[-1] / gain and y[-2] / gain, or s[-1] and s[-2]. */
    float last;
    float before;
    /* The sum of (y / gain)^2 over the window. */
    float energy;
} couplet_memory;

/* A window of one column of a signal. Its fields are for the functions below. */
typedef struct {
    const couplet_band *bands;
    couplet_memory *memories;
    uint16_t count;
    bool is_settled;
    float offset;
    /* x[-1] and x[-2]; here and below x is less the offset. */
    float last;
    float before;
    /* The mean of the window before. */
    float pivot;
    /* Sums of u, u^2, u^3 and u^4, where u = x - pivot. */
    float sums[4];
    /* The lowest and the highest u. */
    float low;
    float high;
    uint32_t samples;
} couplet_window;

/* A window that has seen nothing. The offset is what is taken off each sample, the mean of the
   training signal, in the unit of the signal. Bands and memories have `count` elements and must
   stay where they are; no two windows share memories. */
couplet_window couplet_window_new(
    float offset, const couplet_band *bands, couplet_memory *memories, uint16_t count);

/* Takes a sample, in the unit of the signal. A window has at most 2^24 of them. */
void couplet_window_push(couplet_window *window, float x);

/* Writes the features of the samples since the last call, and begins the next window. False where
   there is no sample, or where filters settle: a window to leave out. There is a feature for each
   band and COUPLET_STATISTICS more. */
bool couplet_window_features(couplet_window *window, float *features);

#endif
