/* Whether a value is as its VR wants it: length, repertoire, form. PS3.5 §6.2.

   One look at each byte tells which kinds of characters there are; the form of a value is looked at where the
   VR has one. Nothing is copied. */
#include "valuecheck.h"

#include "text.h"
#include "valueforms.h"
#include "vr.h"

const char *const dcm_value_names[DCM_V_COUNT] = {
    [DCM_V_OK] = "",
#define DCM_VALUE(code, name, severity, clause, text) [DCM_V_##code] = (name),
#include "valuecodes.def"
#undef DCM_VALUE
};
const char *const dcm_value_clauses[DCM_V_COUNT] = {
    [DCM_V_OK] = "",
#define DCM_VALUE(code, name, severity, clause, text) [DCM_V_##code] = (clause),
#include "valuecodes.def"
#undef DCM_VALUE
};
const char *const dcm_value_texts[DCM_V_COUNT] = {
    [DCM_V_OK] = "",
#define DCM_VALUE(code, name, severity, clause, text) [DCM_V_##code] = (text),
#include "valuecodes.def"
#undef DCM_VALUE
};
const uint8_t dcm_value_severities[DCM_V_COUNT] = {
    [DCM_V_OK] = DCM_SEVERITY_NOTE,
#define DCM_VALUE(code, name, severity, clause, text) [DCM_V_##code] = DCM_SEVERITY_##severity,
#include "valuecodes.def"
#undef DCM_VALUE
};

uint32_t dcm_vr_max_nchars(uint16_t vr) {
    switch (vr) {
    case DCM_VR_AS:
        return 4;
    case DCM_VR_DA:
        return 8;
    case DCM_VR_IS:
        return 12;
    case DCM_VR_TM:
        return 14;
    case DCM_VR_AE:
    case DCM_VR_CS:
    case DCM_VR_DS:
    case DCM_VR_SH:
        return 16;
    case DCM_VR_DT:
        return 26;
    case DCM_VR_LO:
    case DCM_VR_PN:
    case DCM_VR_UI:
        return 64;
    case DCM_VR_ST:
        return 1024;
    case DCM_VR_LT:
        return 10240;
    default:
        return 0;
    }
}

/* Code String: upper-case letters, digits, space, underscore. */
static bool is_code(const uint8_t *p, uint64_t nbytes) {
    for (uint64_t i = 0; i < nbytes; i++) {
        const uint8_t c = p[i];
        if ((uint8_t)(c - 'A') >= 26 && (uint8_t)(c - '0') >= 10 && c != ' ' && c != '_') return false;
    }
    return true;
}

/* Control characters: TAB, LF, FF and CR may stand in ST, LT and UT. PS3.5 §6.1.3. */
static bool has_control(const uint8_t *p, uint64_t nbytes, bool layout) {
    for (uint64_t i = 0; i < nbytes; i++) {
        const uint8_t c = p[i];
        if (c >= 0x20 && c != 0x7F) continue;
        if (!layout || (c != '\t' && c != '\n' && c != '\f' && c != '\r')) return true;
    }
    return false;
}

static uint64_t trim_spaces(const uint8_t *p, uint64_t nbytes) {
    while (nbytes && p[nbytes - 1] == ' ')
        nbytes--;
    return nbytes;
}

/* The form of one value, which is not empty; spaces behind it have been cut off where they mean nothing. */
static dcm_value_code check_form(uint16_t vr, const uint8_t *p, uint64_t nbytes) {
    switch (vr) {
    case DCM_VR_AS:
        return dcm_check_age(p, nbytes);
    case DCM_VR_CS:
        return is_code(p, nbytes) ? DCM_V_OK : DCM_V_CHARACTER;
    case DCM_VR_DA:
        return dcm_check_date(p, nbytes);
    case DCM_VR_DS:
        return dcm_check_decimal(p, nbytes);
    case DCM_VR_DT:
        return dcm_check_datetime(p, nbytes);
    case DCM_VR_IS:
        return dcm_check_integer(p, nbytes);
    case DCM_VR_PN:
        return dcm_check_name(p, nbytes, dcm_vr_max_nchars(vr));
    case DCM_VR_TM:
        return dcm_check_time(p, nbytes);
    case DCM_VR_UI:
        return dcm_check_uid(p, nbytes);
    case DCM_VR_UR:
        return dcm_check_uri(p, nbytes);
    default:
        return DCM_V_OK;
    }
}

/* Whether the form of a value tells more than that it is too long. */
static bool has_own_length(uint16_t vr) {
    return vr == DCM_VR_AS || vr == DCM_VR_DA || vr == DCM_VR_PN || vr == DCM_VR_UI;
}

static dcm_value_code check_one(uint16_t vr, const uint8_t *p, uint64_t nbytes, uint32_t max_nchars) {
    if (nbytes == 0) return DCM_V_OK;
    if (max_nchars && nbytes > max_nchars && !has_own_length(vr)) {
        const bool old = vr == DCM_VR_TM && dcm_check_time(p, nbytes) == DCM_V_OLD_TIME;
        return old ? DCM_V_OLD_TIME : DCM_V_TOO_LONG;
    }
    const bool ends_count = vr == DCM_VR_AS || vr == DCM_VR_DA || vr == DCM_VR_UI;
    const uint64_t text_nbytes = ends_count ? nbytes : trim_spaces(p, nbytes);
    if (vr == DCM_VR_AE) {
        if (text_nbytes == 0) return DCM_V_BLANK;
        for (uint64_t i = 0; i < nbytes; i++)
            if (p[i] >= 0x7F) return DCM_V_CHARACTER;
    }
    return text_nbytes ? check_form(vr, p, text_nbytes) : DCM_V_OK;
}

static dcm_value_code check_text(uint16_t vr, const uint8_t *p, uint64_t nbytes, dcm_text_kind kind,
                                 uint32_t *number) {
    const bool ruled = dcm_text_has_charset(vr);
    if (ruled && !dcm_text_is_plain(p, nbytes)) return DCM_V_NOT_ASCII;
    bool padded_wrong = false;
    const uint8_t right = vr == DCM_VR_UI ? 0 : ' ';
    if (nbytes && p[nbytes - 1] == right) nbytes--; /* the byte that makes the length even */
    while (nbytes && (p[nbytes - 1] == 0 || (vr == DCM_VR_UI && p[nbytes - 1] == ' ')))
        padded_wrong = true, nbytes--;
    const bool layout = vr == DCM_VR_LT || vr == DCM_VR_ST || vr == DCM_VR_UT;
    if (has_control(p, nbytes, layout)) return DCM_V_CONTROL;

    const uint32_t max_nchars = dcm_vr_max_nchars(vr);
    const uint8_t *const end = p + nbytes;
    for (*number = 1;; ++*number) {
        const uint8_t *stop = kind == DCM_TEXT_MULTI ? memchr(p, '\\', (size_t)(end - p)) : NULL;
        if (!stop) stop = end;
        const dcm_value_code code = check_one(vr, p, (uint64_t)(stop - p), max_nchars);
        if (code != DCM_V_OK) return code;
        if (stop == end) break;
        p = stop + 1;
    }
    return padded_wrong ? DCM_V_PADDING : DCM_V_OK;
}

dcm_value_code dcm_check_value(uint16_t vr, const uint8_t *p, uint64_t nbytes, uint32_t *number) {
    *number = 1;
    if (nbytes == 0) return DCM_V_OK;
    const dcm_text_kind kind = dcm_text_kind_of(vr);
    if (kind != DCM_TEXT_NOT) return check_text(vr, p, nbytes, kind, number);
    const uint32_t unit = vr == DCM_VR_AT ? 4 : dcm_vr_unit_nbytes(vr);
    return unit && nbytes % unit ? DCM_V_UNIT : DCM_V_OK;
}
