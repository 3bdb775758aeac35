/* CHECK for the C tests: counts failures in every build type, unlike assert. */
#ifndef DCM_CHECK_H
#define DCM_CHECK_H

#include <stdio.h>

static int check_nfailed;

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            check_nfailed++;                                                                                 \
            fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition);                    \
        }                                                                                                    \
    } while (0)

/* The exit status of main. */
static inline int check_result(void) {
    return check_nfailed == 0 ? 0 : 1;
}

#endif
