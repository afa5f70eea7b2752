/* Models of one program come from one version of these functions. */

#if defined(COUPLET_VERSION)
#if COUPLET_VERSION != 1
#error "couplet: this program has a model of another version of couplet: export all of them again"
#endif
#endif

#ifndef COUPLET_VERSION_H
#define COUPLET_VERSION_H

#define COUPLET_VERSION 1

/* The version of the functions that this program has. */
COUPLET_SHARED int couplet_version(void);

#endif
