# Mirror of csrc/pathcol.h, as far as Python needs it.
from libc.stdint cimport uint16_t, uint32_t

from dicomet._native.libdcm.cells cimport dcm_cell_type

cdef extern from "pathcol.h" nogil:
    const uint32_t DCM_COLUMN_MAX_NSTEPS
    ctypedef enum dcm_column_source:
        DCM_COLUMN_ELEMENT
        DCM_COLUMN_META
        DCM_COLUMN_PATH
        DCM_COLUMN_SIZE
        DCM_COLUMN_MTIME
        DCM_COLUMN_TRANSFER_SYNTAX
        DCM_COLUMN_STATUS
        DCM_COLUMN_STATUS_OFFSET
    ctypedef struct dcm_column_step:
        uint32_t tag
        uint32_t item
        const char *creator
        uint32_t creator_nbytes
    ctypedef struct dcm_column:
        const char *name
        dcm_column_source source
        dcm_cell_type type
        bint list
        uint16_t vr
        uint32_t nsteps
        dcm_column_step *steps
