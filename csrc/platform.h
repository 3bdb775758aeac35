/* What the operating system does for the core, and the only place that knows which one it is. */
#ifndef DCM_PLATFORM_H
#define DCM_PLATFORM_H

#include "base.h"

/* strtod as in the C locale, whatever locale the process has set. `text` is NUL-terminated. */
double dcm_strtod(const char *text, char **end);

#endif
