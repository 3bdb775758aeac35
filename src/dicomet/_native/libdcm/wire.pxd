# Mirror of csrc/wire.h.
from libc.stdint cimport uint8_t, uint64_t
from posix.uio cimport iovec

cdef extern from "wire.h" nogil:
    ctypedef enum dcm_wire_end:
        DCM_WIRE_DONE
        DCM_WIRE_TIMEOUT
        DCM_WIRE_CLOSED
    ctypedef struct dcm_wire:
        int fd
    void dcm_wire_open(dcm_wire *w, int fd)
    void dcm_wire_close(dcm_wire *w)
    dcm_wire_end dcm_wire_write(dcm_wire *w, iovec *pieces, uint64_t npieces, bint more, int ms)
    dcm_wire_end dcm_wire_read(dcm_wire *w, uint8_t *room, uint64_t room_nbytes, bint is_inside, int ms,
                               uint64_t *nbytes)
