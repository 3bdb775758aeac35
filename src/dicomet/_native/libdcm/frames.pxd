# Mirror of csrc/frames.h.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "frames.h" nogil:
    ctypedef struct dcm_span:
        uint64_t offset
        uint64_t nbytes
    enum:
        DCM_FRAMES_TABLE_WRONG
        DCM_FRAMES_COUNT
        DCM_FRAMES_CUT
        DCM_FRAMES_NO_END
        DCM_FRAMES_UNEVEN
        DCM_FRAMES_NO_TABLE_ITEM
        DCM_FRAMES_EMPTY_FRAGMENT
    ctypedef struct dcm_frames_input:
        uint64_t offset
        uint64_t end
        uint32_t declared
        bint whole
        bint joined
        bint big_endian
        dcm_span eot
        dcm_span eot_nbytes
    ctypedef struct dcm_frames:
        dcm_frames_input input
        uint32_t nframes
        uint32_t notes
        dcm_span table
        dcm_span *spans
        uint64_t nspans, spans_cap
        uint64_t *first
    void dcm_frames_init(dcm_frames *frames)
    void dcm_frames_free(dcm_frames *frames)
    dcm_status dcm_frames_open(dcm_frames *frames, const dcm_frames_input *input, const uint8_t *bytes, uint64_t nbytes)
    dcm_status dcm_frames_walk(dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes)
    dcm_status dcm_frames_locate(const dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes, uint32_t frame,
                                 dcm_span *spans, uint64_t cap, uint64_t *nspans)
