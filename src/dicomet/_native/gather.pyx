"""Bulk reading: paths to Arrow record batches on native threads."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.errno cimport EIO, ENOMEM
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport strlen

import os

from dicomet._native.libdcm.arrow_abi cimport ArrowArray, ArrowArrayStream, ArrowSchema
from dicomet._native.libdcm.arrow_out cimport dcm_arrow_array, dcm_arrow_schema
from dicomet._native.libdcm.base cimport DCM_OK
from dicomet._native.libdcm.batch cimport dcm_batch, dcm_batch_column, dcm_batch_release
from dicomet._native.libdcm.cells cimport (
    DCM_CELL_FLOAT, DCM_CELL_INT, DCM_CELL_TEXT, DCM_CELL_TIME)
from dicomet._native.libdcm.colvalue cimport dcm_borrowed
from dicomet._native.libdcm.gather cimport (
    DCM_GATHERED_COUNT, cbool, dcm_gather, dcm_gather_cancel, dcm_gather_free, dcm_gather_hooks,
    dcm_gather_new, dcm_gather_run, dcm_gather_was_cancelled, dcm_gathered_names)
from dicomet._native.libdcm.pathcol cimport (
    DCM_COLUMN_ELEMENT, DCM_COLUMN_MAX_NSTEPS, DCM_COLUMN_META, DCM_COLUMN_MTIME, DCM_COLUMN_PATH,
    DCM_COLUMN_SIZE, DCM_COLUMN_STATUS, DCM_COLUMN_STATUS_OFFSET, DCM_COLUMN_TRANSFER_SYNTAX,
    dcm_column)

MAX_NSTEPS = DCM_COLUMN_MAX_NSTEPS
STATUSES = tuple([dcm_gathered_names[i].decode() for i in range(DCM_GATHERED_COUNT)])

cdef dict SOURCES = {
    "element": DCM_COLUMN_ELEMENT,
    "meta": DCM_COLUMN_META,
    "path": DCM_COLUMN_PATH,
    "size": DCM_COLUMN_SIZE,
    "mtime": DCM_COLUMN_MTIME,
    "transfer_syntax": DCM_COLUMN_TRANSFER_SYNTAX,
    "status": DCM_COLUMN_STATUS,
    "status_offset": DCM_COLUMN_STATUS_OFFSET,
}
cdef dict TYPES = {
    "text": DCM_CELL_TEXT,
    "int": DCM_CELL_INT,
    "float": DCM_CELL_FLOAT,
    "time": DCM_CELL_TIME,
}


cdef void free_schema_capsule(object capsule) noexcept:
    cdef ArrowSchema *schema = <ArrowSchema *> PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release != NULL:
        schema.release(schema)
    free(schema)


cdef void free_array_capsule(object capsule) noexcept:
    cdef ArrowArray *array = <ArrowArray *> PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)


cdef void free_stream_capsule(object capsule) noexcept:
    cdef ArrowArrayStream *stream = \
        <ArrowArrayStream *> PyCapsule_GetPointer(capsule, "arrow_array_stream")
    if stream.release != NULL:
        stream.release(stream)
    free(stream)


cdef class Schema:
    cdef dcm_column *columns
    cdef uint32_t ncolumns
    cdef list kept  # what the columns point to
    cdef readonly tuple names

    def __cinit__(self, specs):
        cdef dcm_column *column
        cdef uint32_t i
        cdef bytes text
        self.kept = []
        specs = list(specs)
        self.names = tuple([spec[0] for spec in specs])
        self.ncolumns = <uint32_t> len(specs)
        self.columns = <dcm_column *> calloc(self.ncolumns + 1, sizeof(dcm_column))
        if self.columns == NULL:
            raise MemoryError()
        for i, (name, source, type_, is_list, vr, steps) in enumerate(specs):
            column = &self.columns[i]
            column.name = self.keep(name)
            column.source = SOURCES[source]
            column.type = TYPES[type_]
            column.list = is_list
            text = vr.encode("ascii")
            if len(text) != 2:
                raise ValueError(f"not a VR: {vr!r}")
            column.vr = <uint16_t> (text[0] | text[1] << 8)
            if len(steps) > <Py_ssize_t> DCM_COLUMN_MAX_NSTEPS:
                raise ValueError(f"path of more than {MAX_NSTEPS} steps: {name}")
            if not steps and source in ("element", "meta"):
                raise ValueError(f"no element: {name}")
            column.nsteps = <uint32_t> len(steps)
            for n, (tag, item, creator) in enumerate(steps):
                column.steps[<int> n].tag = tag
                column.steps[<int> n].item = item
                if creator is not None:
                    column.steps[<int> n].creator = self.keep(creator)
                    column.steps[<int> n].creator_nbytes = \
                        <uint32_t> strlen(column.steps[<int> n].creator)

    cdef const char *keep(self, str text) except NULL:
        cdef bytes encoded = text.encode()
        self.kept.append(encoded)
        return PyBytes_AS_STRING(encoded)

    def __dealloc__(self):
        free(self.columns)

    def __arrow_c_schema__(self):
        cdef ArrowSchema *schema = <ArrowSchema *> malloc(sizeof(ArrowSchema))
        if schema == NULL:
            raise MemoryError()
        if dcm_arrow_schema(self.columns, self.ncolumns, schema) != DCM_OK:
            free(schema)
            raise MemoryError()
        return PyCapsule_New(schema, "arrow_schema", free_schema_capsule)


cdef inline bint has_bit(const uint8_t *bitmap, uint64_t i) noexcept nogil:
    return bitmap[i >> 3] >> (i & 7) & 1


cdef object read_value(const dcm_batch_column *column, uint64_t i):
    cdef uint64_t start
    if not has_bit(column.value_bitmap, i):
        return None
    if column.type == DCM_CELL_TEXT:
        start = column.slots[i]
        return PyUnicode_DecodeUTF8(
            <const char *> column.text + start, <Py_ssize_t> (column.slots[i + 1] - start), NULL)
    if column.type == DCM_CELL_FLOAT:
        return (<const double *> column.slots)[i]
    return <int64_t> column.slots[i]


cdef class RecordBatch:
    cdef dcm_batch *batch
    cdef readonly Schema schema

    def __dealloc__(self):
        if self.batch != NULL:
            dcm_batch_release(self.batch)

    def __len__(self):
        return <Py_ssize_t> self.batch.nrows

    @property
    def num_rows(self):
        return self.batch.nrows

    @property
    def num_columns(self):
        return self.batch.ncolumns

    @property
    def column_names(self):
        return list(self.schema.names)

    def column(self, key):
        cdef Py_ssize_t number = self.schema.names.index(key) if isinstance(key, str) else key
        if not 0 <= number < self.batch.ncolumns:
            raise IndexError(f"no column {number}")
        cdef const dcm_batch_column *column = &self.batch.columns[number]
        cdef uint64_t i, k
        cdef list values = []
        for i in range(self.batch.nrows):
            if not column.list:
                values.append(read_value(column, i))
            elif has_bit(column.row_bitmap, i):
                values.append([
                    read_value(column, k)
                    for k in range(column.row_offsets[i], column.row_offsets[i + 1])])
            else:
                values.append(None)
        return values

    def to_pydict(self):
        return {name: self.column(i) for i, name in enumerate(self.schema.names)}

    def __arrow_c_schema__(self):
        return self.schema.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema=None):
        cdef ArrowArray *array = <ArrowArray *> malloc(sizeof(ArrowArray))
        if array == NULL:
            raise MemoryError()
        if dcm_arrow_array(self.batch, array) != DCM_OK:
            free(array)
            raise MemoryError()
        capsule = PyCapsule_New(array, "arrow_array", free_array_capsule)
        return self.schema.__arrow_c_schema__(), capsule


cdef class Gatherer:
    cdef dcm_gather *gather
    cdef readonly Schema schema
    cdef object decode_text, inflate_body
    cdef list lent  # one a worker: the object whose bytes native code looks at
    cdef object error
    cdef bint running

    def __cinit__(self, Schema schema not None, uint32_t workers, decode, inflate):
        self.schema = schema
        self.decode_text = decode
        self.inflate_body = inflate
        self.lent = [None] * max(workers, 1)
        self.gather = dcm_gather_new(schema.columns, schema.ncolumns, workers)
        if self.gather == NULL:
            raise MemoryError()

    def __dealloc__(self):
        dcm_gather_free(self.gather)

    def cancel(self):
        dcm_gather_cancel(self.gather)

    def run(self, paths):
        cdef list kept = list(paths)
        cdef uint32_t npaths = <uint32_t> len(kept)
        cdef const char **names
        cdef dcm_batch *batch
        cdef RecordBatch result
        cdef dcm_gather_hooks hooks
        if self.running:
            raise RuntimeError("another thread is using this reader")
        if len(kept) > 0x7FFFFFFF:
            raise ValueError("too many paths for one batch")
        names = <const char **> malloc((npaths + 1) * sizeof(char *))
        if names == NULL:
            raise MemoryError()
        try:
            name_paths(kept, names)
            hooks.context = <void *> self
            hooks.decode = decode_hook
            hooks.inflate = inflate_hook
            hooks.interrupted = interrupted_hook
            self.running = True
            with nogil:
                batch = dcm_gather_run(self.gather, names, npaths, &hooks)
        finally:
            self.running = False
            self.lent = [None] * len(self.lent)
            free(names)
        if self.error is not None:
            error, self.error = self.error, None
            if batch != NULL:
                dcm_batch_release(batch)
            raise error
        if batch == NULL:
            if dcm_gather_was_cancelled(self.gather):
                raise RuntimeError("the read was cancelled")
            raise MemoryError()
        result = RecordBatch.__new__(RecordBatch)
        result.batch = batch
        result.schema = self.schema
        return result

    cdef void stop(self, object error) noexcept:
        if self.error is None:
            self.error = error
        dcm_gather_cancel(self.gather)

    cdef bint decode(self, uint32_t worker, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                     dcm_borrowed *out) noexcept:
        cdef bytes encoded
        try:
            encoded = self.decode_text(
                PyBytes_FromStringAndSize(<const char *> text.p, <Py_ssize_t> text.nbytes),
                chr(vr & 0xFF) + chr(vr >> 8),
                PyBytes_FromStringAndSize(<const char *> terms.p, <Py_ssize_t> terms.nbytes)
                if terms.p != NULL else None,
            ).encode("utf-8", "replace")
        except BaseException as error:
            self.stop(error)
            return False
        self.lent[worker] = encoded
        out.p = <const uint8_t *> PyBytes_AS_STRING(encoded)
        out.nbytes = <uint64_t> PyBytes_GET_SIZE(encoded)
        return True

    cdef bint inflate(self, uint32_t worker, const char *path, uint64_t body_offset, uint64_t want,
                      dcm_borrowed *out, cbool *eof) noexcept:
        cdef bytes body
        try:
            found = self.inflate_body(
                os.fsdecode(PyBytes_FromStringAndSize(path, <Py_ssize_t> strlen(path))),
                body_offset, want)
            if found is None:
                return False
            body, at_end = found
        except BaseException as error:
            self.stop(error)
            return False
        self.lent[worker] = body
        out.p = <const uint8_t *> PyBytes_AS_STRING(body)
        out.nbytes = <uint64_t> PyBytes_GET_SIZE(body)
        eof[0] = at_end
        return True


cdef cbool decode_hook(void *context, uint32_t worker, dcm_borrowed text, uint16_t vr,
                       dcm_borrowed terms, dcm_borrowed *out) noexcept with gil:
    return (<Gatherer> context).decode(worker, text, vr, terms, out)


cdef cbool inflate_hook(void *context, uint32_t worker, const char *path, uint64_t body_offset,
                        uint64_t want, dcm_borrowed *out, cbool *eof) noexcept with gil:
    return (<Gatherer> context).inflate(worker, path, body_offset, want, out, eof)


cdef cbool interrupted_hook(void *context) noexcept with gil:
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        (<Gatherer> context).stop(error)
    return (<Gatherer> context).error is not None


cdef int name_paths(list paths, const char **names) except -1:
    """Point at each path's bytes; what had to be encoded for that replaces the path in the list."""
    cdef Py_ssize_t i, nbytes
    cdef const char *name
    for i in range(len(paths)):
        path = paths[i]
        name = NULL
        if isinstance(path, str):
            try:
                name = PyUnicode_AsUTF8AndSize(path, &nbytes)
            except UnicodeEncodeError:  # bytes that are not UTF-8, as surrogates
                pass
        if name == NULL:
            encoded = os.fsencode(path)
            paths[i] = encoded
            name = PyBytes_AS_STRING(encoded)
            nbytes = PyBytes_GET_SIZE(encoded)
        if <Py_ssize_t> strlen(name) != nbytes:
            raise ValueError(f"path with a null character: {path!r}")
        names[i] = name
    return 0


cdef class _StreamState:
    cdef Schema schema
    cdef object batches
    cdef bytes message


cdef int stream_schema(ArrowArrayStream *stream, ArrowSchema *out) noexcept with gil:
    cdef _StreamState state = <_StreamState> stream.private_data
    if dcm_arrow_schema(state.schema.columns, state.schema.ncolumns, out) != DCM_OK:
        return ENOMEM
    return 0


cdef int stream_next(ArrowArrayStream *stream, ArrowArray *out) noexcept with gil:
    cdef _StreamState state = <_StreamState> stream.private_data
    cdef RecordBatch batch
    try:
        try:
            batch = next(state.batches)
        except StopIteration:
            out.release = NULL
            return 0
        if dcm_arrow_array(batch.batch, out) != DCM_OK:
            return ENOMEM
        return 0
    except BaseException as error:
        state.message = f"{type(error).__name__}: {error}".encode("utf-8", "replace")
        return EIO


cdef const char *stream_error(ArrowArrayStream *stream) noexcept with gil:
    cdef _StreamState state = <_StreamState> stream.private_data
    return NULL if state.message is None else PyBytes_AS_STRING(state.message)


cdef void stream_release(ArrowArrayStream *stream) noexcept with gil:
    Py_DECREF(<_StreamState> stream.private_data)
    stream.release = NULL


def stream_capsule(Schema schema not None, batches):
    cdef _StreamState state = _StreamState.__new__(_StreamState)
    cdef ArrowArrayStream *stream = <ArrowArrayStream *> malloc(sizeof(ArrowArrayStream))
    if stream == NULL:
        raise MemoryError()
    state.schema = schema
    state.batches = iter(batches)
    Py_INCREF(state)
    stream.get_schema = stream_schema
    stream.get_next = stream_next
    stream.get_last_error = stream_error
    stream.release = stream_release
    stream.private_data = <void *> state
    return PyCapsule_New(stream, "arrow_array_stream", free_stream_capsule)
