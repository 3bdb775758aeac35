/* What every file of the core shares: status codes, byte loads, sentinels. */
#ifndef DCM_BASE_H
#define DCM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum dcm_status {
    DCM_OK = 0,
    DCM_NEED_MORE = 1,        /* not an error: call again with more bytes (see dcm_scanner.need) */
    DCM_DEFLATED = 2,         /* not an error: the body is deflated; inflate it and call again */
    DCM_E_NOT_DICOM = -1,     /* nothing in the first bytes looks like DICOM */
    DCM_E_NO_MEMORY = -2,     /* an allocation failed */
    DCM_E_TOO_MANY_ROWS = -3, /* more elements than the stated limit */
    DCM_E_TOO_DEEP = -4,      /* sequences nested deeper than the stated limit */
    DCM_E_IO = -5,            /* the operating system refused; errno tells why */
    DCM_E_CHANGED = -6,       /* the file is no longer what it was when it was opened */
    DCM_E_RANGE = -7,         /* an offset or length lies outside the source */
    DCM_E_ENCODED = -8,       /* encoded pixels are not what their layout says, or are damaged */
} dcm_status;

#define DCM_NO_ROW UINT32_MAX          /* no such row; as a container: the top level */
#define DCM_META_ROW (UINT32_MAX - 1u) /* as a container: the File Meta Information */
#define DCM_UNDEFINED_LENGTH 0xFFFFFFFFu

#define DCM_LIKELY(x) __builtin_expect(!!(x), 1)
#define DCM_UNLIKELY(x) __builtin_expect(!!(x), 0)

static inline uint16_t dcm_load_u16le(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t dcm_load_u32le(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t dcm_load_u64le(const uint8_t *p) {
    return (uint64_t)dcm_load_u32le(p) | (uint64_t)dcm_load_u32le(p + 4) << 32;
}
static inline uint16_t dcm_load_u16be(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t dcm_load_u32be(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
static inline uint64_t dcm_load_u64be(const uint8_t *p) {
    return (uint64_t)dcm_load_u32be(p) << 32 | (uint64_t)dcm_load_u32be(p + 4);
}
static inline uint16_t dcm_load_u16(const uint8_t *p, bool big) {
    return big ? dcm_load_u16be(p) : dcm_load_u16le(p);
}
static inline uint32_t dcm_load_u32(const uint8_t *p, bool big) {
    return big ? dcm_load_u32be(p) : dcm_load_u32le(p);
}
static inline uint64_t dcm_load_u64(const uint8_t *p, bool big) {
    return big ? dcm_load_u64be(p) : dcm_load_u64le(p);
}

#endif
