/* The offset of each channel of the signal. */
extern const float PUMP_OFFSETS[PUMP_CHANNELS];

#if PUMP_BANDED
/* The bands that features are of. */
extern const couplet_band PUMP_FILTERS[PUMP_BANDS];

/* A window of a channel, counted from 0, that has seen nothing. */
couplet_window pump_window(uint16_t channel, couplet_memory memories[PUMP_BANDS]);
#endif
#if PUMP_BANDLESS
/* A window of a channel, counted from 0, that has seen nothing. */
couplet_window pump_window(uint16_t channel);
#endif
