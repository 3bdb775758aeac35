/* What the operating system does for the core, and the only place that knows which one it is. */
#include "platform.h"

#include <locale.h>
#include <stdlib.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

double dcm_strtod(const char *text, char **end) {
    /* The C locale object is built in: neither call allocates in practice. */
#ifdef _WIN32
    _locale_t c_locale = _create_locale(LC_ALL, "C");
    if (!c_locale) return strtod(text, end);
    double value = _strtod_l(text, end, c_locale);
    _free_locale(c_locale);
#else
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale) return strtod(text, end);
    double value = strtod_l(text, end, c_locale);
    freelocale(c_locale);
#endif
    return value;
}
