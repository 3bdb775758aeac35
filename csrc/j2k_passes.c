/* JPEG 2000: coding passes in two builds. ITU-T T.800 §D.3. */
#include "j2k_coder.h"

/* The nine bits of three columns at bits 0, 6 and 12, as a number. */
#define GATHER_9_BY_PRODUCT(x) (((x)&0x71C7u) * 0x40201u >> 12 & 0x1FF)

#define FN DCM_INLINE
#define RUN_ATTRIBUTES
#define NAME(name) name##_portable
#define GATHER_9(x) GATHER_9_BY_PRODUCT(x)
#define GATHER_4(x) (((x) >> 1 & 1) | ((x) >> 5 & 2) | ((x) >> 6 & 4) | ((x) >> 10 & 8))
#include "j2k_passes.h"
#undef FN
#undef RUN_ATTRIBUTES
#undef NAME
#undef GATHER_9
#undef GATHER_4

#if DCM_X86
#include <immintrin.h>
#define RUN_ATTRIBUTES __attribute__((target("bmi,bmi2,lzcnt")))
#define FN static inline __attribute__((always_inline, target("bmi,bmi2,lzcnt")))
#define NAME(name) name##_wide
#define GATHER_9(x) _pext_u64(x, 0x71C7)
#define GATHER_4(x) _pext_u64(x, 0x2142)
#include "j2k_passes.h"
#endif

bool dcm_j2k_is_wide(void) {
#if DCM_X86
    return dcm_simd_avx2() && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") /* those that have it have LZCNT */;
#else
    return false;
#endif
}
