# Mirror of csrc/codestream.h.
from libc.stdint cimport int8_t, uint8_t, uint16_t, uint32_t, uint64_t

from dicomet._native.libdcm.base cimport dcm_status

cdef extern from "stdbool.h" nogil:
    ctypedef bint cbool "bool"

cdef extern from "codestream.h" nogil:
    const uint8_t DCM_NO_SOF
    const int8_t DCM_LOSSLESS_UNKNOWN
    ctypedef enum dcm_stream_kind:
        DCM_STREAM_NONE
        DCM_STREAM_JPEG_BASELINE
        DCM_STREAM_JPEG_EXTENDED
        DCM_STREAM_JPEG_PROGRESSIVE
        DCM_STREAM_JPEG_LOSSLESS
        DCM_STREAM_JPEG_OTHER
        DCM_STREAM_JPEG_LS
        DCM_STREAM_J2K
        DCM_STREAM_HTJ2K
        DCM_STREAM_JXL
    ctypedef enum dcm_stream_fault:
        DCM_STREAM_SOUND
        DCM_STREAM_CUT
        DCM_STREAM_NO_MARKER
        DCM_STREAM_SEGMENT
        DCM_STREAM_NO_FRAME
        DCM_STREAM_FRAMES
        DCM_STREAM_SIZES
        DCM_STREAM_COMPONENTS
        DCM_STREAM_SAMPLING
        DCM_STREAM_PRECISION
        DCM_STREAM_TILES
        DCM_STREAM_NO_STYLE
        DCM_STREAM_BOX
        DCM_STREAM_NO_CODESTREAM
        DCM_STREAM_NO_SCAN
    ctypedef struct dcm_codestream:
        uint64_t codestream_offset
        uint64_t codestream_nbytes
        uint64_t header_nbytes
        uint64_t fault_offset
        uint32_t rows
        uint32_t columns
        uint32_t x_offset
        uint32_t y_offset
        uint32_t tile_columns
        uint32_t tile_rows
        uint32_t restart_interval
        uint32_t enumcs
        uint16_t samples
        uint16_t extra_channels
        uint16_t layers
        uint8_t kind
        uint8_t fault
        uint8_t sof
        uint8_t precision
        int8_t lossless
        bint is_signed
        bint is_float
        bint differs
        bint subsampled
        bint complete
        bint eoi
        uint8_t h[4]
        uint8_t v[4]
        uint8_t component_ids[4]
        bint jfif
        bint dnl
        int8_t adobe_transform
        int8_t spiff_colour
        uint8_t scan_components
        uint8_t predictor
        uint8_t point_transform
        uint8_t near
        uint8_t interleave
        uint8_t hp_transform
        bint jls_preset
        bint jls_mapping_table
        uint8_t progression
        uint8_t levels
        bint mct
        bint jp2
        bint jp2_palette
        bint jxl_container
        bint jxl_jpeg
        bint xyb
        uint8_t orientation
    dcm_status dcm_codestream_read(const uint8_t *in_, uint64_t in_nbytes, dcm_codestream *out)
    dcm_status dcm_codestream_read_guarded(const uint8_t *in_, uint64_t in_nbytes, dcm_codestream *out)
    bint dcm_codestream_begins(const uint8_t *in_, uint64_t in_nbytes)
    bint dcm_codestream_ends(const uint8_t *in_, uint64_t in_nbytes)
    dcm_status dcm_codestream_peek_guarded(const uint8_t *in_, uint64_t in_nbytes, cbool *begins, cbool *ends)
