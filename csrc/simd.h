/* Loops in two builds: for any processor of the architecture, and for those with AVX2; which one is asked at
   run time.

   A loop is written once, as a DCM_INLINE function in plain C that the compiler can vectorise, and called
   from a plain function and from one marked DCM_AVX2. Where there is no such target the second is never
   called. */
#ifndef DCM_SIMD_H
#define DCM_SIMD_H

#include "base.h"

#define DCM_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define DCM_X86 1
#define DCM_AVX2 __attribute__((target("avx2")))
#else
#define DCM_X86 0
#define DCM_AVX2
#endif

/* Whether functions marked DCM_AVX2 may be called. */
#if DCM_X86
bool dcm_simd_avx2(void);
#else
static inline bool dcm_simd_avx2(void) {
    return false;
}
#endif

/* For tests: from now on the answer is no (or what the processor says again). */
void dcm_simd_force_portable(bool on);

#endif
