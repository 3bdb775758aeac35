# Mirror of csrc/textbuf.h.
from libc.stdint cimport uint8_t

cdef extern from "textbuf.h" nogil:
    ctypedef struct dcm_textbuf:
        uint8_t *bytes
        size_t nbytes
        bint failed
    void dcm_textbuf_init(dcm_textbuf *text)
    void dcm_textbuf_free(dcm_textbuf *text)
    void dcm_textbuf_put(dcm_textbuf *text, const void *bytes, size_t nbytes)
