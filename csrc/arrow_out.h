/* Record batches handed out through the Arrow C data interface, without copying. */
#ifndef DCM_ARROW_OUT_H
#define DCM_ARROW_OUT_H

#include "arrow_abi.h"
#include "batch.h"
#include "pathcol.h"

/* Schema of the columns: a struct with one nullable field each. Names are copied. */
dcm_status dcm_arrow_schema(const dcm_column *columns, uint32_t ncolumns, struct ArrowSchema *out);

/* A batch as a struct array. It, and every child that is moved out of it, keeps the batch alive
   until it is released. */
dcm_status dcm_arrow_array(dcm_batch *batch, struct ArrowArray *out);

#endif
