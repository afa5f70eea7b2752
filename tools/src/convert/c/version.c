#ifndef COUPLET_VERSION_C
#define COUPLET_VERSION_C

COUPLET_SHARED int couplet_version(void)
{
    return COUPLET_VERSION;
}

#endif
