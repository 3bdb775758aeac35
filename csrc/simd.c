/* Which build of a loop this processor can run. */
#include "simd.h"

#include <stdatomic.h>

static atomic_bool forced_portable;

#if DCM_X86
bool dcm_simd_avx2(void) {
    return __builtin_cpu_supports("avx2") && !atomic_load_explicit(&forced_portable, memory_order_relaxed);
}
#endif

void dcm_simd_force_portable(bool on) {
    atomic_store_explicit(&forced_portable, on, memory_order_relaxed);
}
