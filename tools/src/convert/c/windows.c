#if PUMP_BANDED
couplet_window pump_window(uint16_t channel, couplet_memory memories[PUMP_BANDS])
{
    return couplet_window_new(PUMP_OFFSETS[channel], PUMP_FILTERS, memories, PUMP_BANDS);
}
#endif
#if PUMP_BANDLESS
couplet_window pump_window(uint16_t channel)
{
    return couplet_window_new(PUMP_OFFSETS[channel], 0, 0, 0u);
}
#endif
