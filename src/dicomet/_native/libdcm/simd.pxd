# Mirror of csrc/simd.h, as far as Python needs it.
cdef extern from "simd.h" nogil:
    bint dcm_simd_avx2()
    void dcm_simd_force_portable(bint on)
