# Mirror of csrc/arrow_out.h.
from libc.stdint cimport uint32_t

from dicomet._native.libdcm.arrow_abi cimport ArrowArray, ArrowSchema
from dicomet._native.libdcm.base cimport dcm_status
from dicomet._native.libdcm.batch cimport dcm_batch
from dicomet._native.libdcm.pathcol cimport dcm_column

cdef extern from "arrow_out.h" nogil:
    dcm_status dcm_arrow_schema(const dcm_column *columns, uint32_t ncolumns, ArrowSchema *out)
    dcm_status dcm_arrow_array(dcm_batch *batch, ArrowArray *out)
