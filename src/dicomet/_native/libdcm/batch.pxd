# Mirror of csrc/batch.h, as far as Python needs it.
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dicomet._native.libdcm.cells cimport dcm_cell_type

cdef extern from "batch.h" nogil:
    ctypedef struct dcm_batch_column:
        dcm_cell_type type
        bint list
        uint8_t *value_bitmap
        uint64_t *slots
        uint8_t *text
        uint8_t *row_bitmap
        uint64_t *row_offsets
    ctypedef struct dcm_batch:
        uint32_t ncolumns
        uint64_t nrows
        dcm_batch_column *columns
    void dcm_batch_release(dcm_batch *batch)
