from libc.stdint cimport uint32_t

from dicomet._native.libdcm.storefile cimport dcm_store_piece, dcm_store_place

cdef class Place:
    cdef dcm_store_place c
    cdef bytes folder
    cdef list texts
    cdef dcm_store_piece *pieces
    cdef list spare
