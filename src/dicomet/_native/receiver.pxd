from dicomet._native.libdcm.receiver cimport dcm_receiver

cdef class Receiver:
    cdef dcm_receiver c
    cdef bint is_open
