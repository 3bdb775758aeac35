"""Protocol data units and command sets to bytes and back. PS3.8 §9.3; PS3.7 §6.3."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from dicomet._native.libdcm.base cimport DCM_E_RANGE, DCM_NEED_MORE, DCM_OK, dcm_load_u16, dcm_load_u32, dcm_status
from dicomet._native.libdcm.command cimport (
    DCM_COMMAND_AT, DCM_COMMAND_TEXT, DCM_COMMAND_UI, DCM_COMMAND_UL, DCM_COMMAND_US, dcm_command_element,
    dcm_command_form, dcm_command_form_of, dcm_command_nbytes, dcm_command_next, dcm_command_put)
from dicomet._native.libdcm.pdu cimport (
    DCM_PDU_HEADER_NBYTES, DCM_PDV_HEADER_NBYTES, dcm_pdata_headers, dcm_pdata_nfragments, dcm_pdu_item, dcm_pdu_items,
    dcm_pdu_max_items)

from dicomet.errors import ProtocolError


# Table E.1-1; the retired elements of Table E.2-1 stay bytes under their numbers.
cdef dict _KEYWORDS = {
    0x0002: "AffectedSOPClassUID", 0x0003: "RequestedSOPClassUID", 0x0100: "CommandField", 0x0110: "MessageID",
    0x0120: "MessageIDBeingRespondedTo", 0x0600: "MoveDestination", 0x0700: "Priority", 0x0800: "CommandDataSetType",
    0x0900: "Status", 0x0901: "OffendingElement", 0x0902: "ErrorComment", 0x0903: "ErrorID",
    0x1000: "AffectedSOPInstanceUID", 0x1001: "RequestedSOPInstanceUID", 0x1002: "EventTypeID",
    0x1005: "AttributeIdentifierList", 0x1008: "ActionTypeID", 0x1020: "NumberOfRemainingSuboperations",
    0x1021: "NumberOfCompletedSuboperations", 0x1022: "NumberOfFailedSuboperations",
    0x1023: "NumberOfWarningSuboperations", 0x1030: "MoveOriginatorApplicationEntityTitle",
    0x1031: "MoveOriginatorMessageID",
}
cdef dict _ELEMENTS = {keyword: element for element, keyword in _KEYWORDS.items()}
# What is copied into one piece: a copy of so much costs less than a piece more in a gathered write.
cdef Py_ssize_t JOINED_NBYTES = 16384
cdef uint32_t FRAGMENT_HEADER_NBYTES = 12


def items(body):
    cdef Py_buffer view
    cdef dcm_pdu_item *rows
    cdef uint32_t n = 0, fault = 0, i
    cdef dcm_status status
    PyObject_GetBuffer(body, &view, PyBUF_SIMPLE)
    try:
        if view.len > 0x7FFFFFFF:
            raise ProtocolError("an A-ASSOCIATE PDU of over 2 GiB", clause="PS3.8 §9.3.2")
        rows = <dcm_pdu_item *> malloc(dcm_pdu_max_items(<uint32_t> view.len) * sizeof(dcm_pdu_item))
        if rows == NULL:
            raise MemoryError()
        try:
            status = dcm_pdu_items(<const uint8_t *> view.buf, <uint32_t> view.len, rows, &n, &fault)
            if status != DCM_OK:
                raise ProtocolError("an item of A-ASSOCIATE reaches beyond what it stands in", offset=fault,
                                    clause="PS3.8 §9.3.2")
            return [(rows[i].type, rows[i].depth, rows[i].offset, rows[i].length) for i in range(n)]
        finally:
            free(rows)
    finally:
        PyBuffer_Release(&view)


cdef object value_of(const uint8_t *p, uint32_t nbytes, dcm_command_form form):
    cdef uint32_t i
    if form == DCM_COMMAND_US and nbytes == 2:
        return dcm_load_u16(p, False)
    if form == DCM_COMMAND_UL and nbytes == 4:
        return dcm_load_u32(p, False)
    if form == DCM_COMMAND_AT and nbytes % 4 == 0:
        return [<uint32_t> dcm_load_u16(p + i, False) << 16 | dcm_load_u16(p + i + 2, False) for i in range(0, nbytes, 4)]
    if form == DCM_COMMAND_UI or form == DCM_COMMAND_TEXT:
        while nbytes and (p[nbytes - 1] == 0 or p[nbytes - 1] == 32):
            nbytes -= 1
        while form == DCM_COMMAND_TEXT and nbytes and p[0] == 32:
            p += 1
            nbytes -= 1
        return p[:nbytes].decode("latin-1")
    return p[:nbytes]


def decode_command(encoded):
    cdef Py_buffer view
    cdef dict found
    PyObject_GetBuffer(encoded, &view, PyBUF_SIMPLE)
    try:
        return read_command(<const uint8_t *> view.buf, <uint64_t> view.len)
    finally:
        PyBuffer_Release(&view)


cdef dict read_command(const uint8_t *p, uint64_t nbytes):
    cdef dcm_command_element e
    cdef uint32_t at = 0
    cdef dcm_status status
    cdef dcm_command_form form
    cdef dict found = {}
    if nbytes > 0x7FFFFFFF:
        raise ProtocolError("a command set of over 2 GiB", clause="PS3.7 §6.3.1")
    while True:
        status = dcm_command_next(p, <uint32_t> nbytes, &at, &e)
        if status == DCM_NEED_MORE:
            return found
        if status != DCM_OK:
            raise ProtocolError("an element of a command set is cut off, or of another group", offset=at,
                                clause="PS3.7 §6.3.1")
        if e.element == 0:
            continue
        form = dcm_command_form_of(e.element)
        found[_KEYWORDS.get(e.element, <int> e.element)] = value_of(p + e.offset, e.length, form)


cdef bytes encoded_value(object value, dcm_command_form form, object keyword):
    cdef uint8_t number[4]
    cdef uint32_t v
    if form == DCM_COMMAND_US:
        if not 0 <= value <= 0xFFFF:
            raise ValueError(f"{keyword}: {value} is not a number of 16 bits")
        v = value
        number[0], number[1] = v & 0xFF, v >> 8
        return (<char *> number)[:2]
    if form == DCM_COMMAND_AT:
        return b"".join([(tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little") for tag in value])
    if form == DCM_COMMAND_UI:
        return value.encode("latin-1")  # a response repeats what a peer has sent, whatever is in it
    if form == DCM_COMMAND_TEXT:
        return value.encode("latin-1", "replace")
    return bytes(value)


def encode_command(command):
    cdef list parts = []
    cdef uint64_t nbytes = 12, at = 0
    cdef uint32_t length
    cdef bytes value, out
    cdef uint8_t *p
    cdef uint8_t *place
    for keyword, given in command.items():
        if given is None:
            continue
        element = keyword if isinstance(keyword, int) else _ELEMENTS[keyword]
        value = encoded_value(given, dcm_command_form_of(<uint16_t> element), keyword)
        parts.append((element, value))
        nbytes += dcm_command_nbytes(<uint32_t> len(value))
    parts.sort()
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> nbytes)
    p = <uint8_t *> PyBytes_AS_STRING(out)
    place = dcm_command_put(p, 0, 4)
    length = <uint32_t> (nbytes - 12)
    place[0], place[1], place[2], place[3] = length & 0xFF, length >> 8 & 0xFF, length >> 16 & 0xFF, length >> 24
    at = 12
    for element, value in parts:
        length = <uint32_t> len(value)
        memcpy(dcm_command_put(p + at, <uint16_t> element, length), PyBytes_AS_STRING(value), length)
        at += dcm_command_nbytes(length)
    return out


cdef int add_pieces(list pieces, uint8_t context, bint is_command, bint is_last, object data,
                    uint32_t max_pdu_nbytes) except -1:
    """Append headers and fragments, joined where they are short."""
    cdef Py_buffer view
    cdef uint64_t n, i, at = 0
    cdef uint8_t *headers
    cdef uint32_t *fragments
    cdef bytes one
    cdef char *p
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        n = dcm_pdata_nfragments(<uint64_t> view.len, max_pdu_nbytes)
        headers = <uint8_t *> malloc(n * (FRAGMENT_HEADER_NBYTES + sizeof(uint32_t)))
        if headers == NULL:
            raise MemoryError()
        try:
            fragments = <uint32_t *> (headers + n * FRAGMENT_HEADER_NBYTES)
            dcm_pdata_headers(context, is_command, is_last, <uint64_t> view.len, max_pdu_nbytes, headers, fragments)
            if view.len <= JOINED_NBYTES:
                one = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> (view.len + n * FRAGMENT_HEADER_NBYTES))
                p = PyBytes_AS_STRING(one)
                for i in range(n):
                    memcpy(p, headers + i * FRAGMENT_HEADER_NBYTES, FRAGMENT_HEADER_NBYTES)
                    p += FRAGMENT_HEADER_NBYTES
                    memcpy(p, <char *> view.buf + at, fragments[i])
                    p += fragments[i]
                    at += fragments[i]
                pieces.append(one)
                return 0
            whole = memoryview(data).cast("B")
            for i in range(n):
                pieces.append((<char *> headers + i * FRAGMENT_HEADER_NBYTES)[:FRAGMENT_HEADER_NBYTES])
                pieces.append(whole[at:at + fragments[i]])
                at += fragments[i]
        finally:
            free(headers)
    finally:
        PyBuffer_Release(&view)
    return 0


def message(uint8_t context, command, data, uint32_t max_pdu_nbytes):
    cdef list pieces = []
    add_pieces(pieces, context, True, True, command, max_pdu_nbytes)
    if data is not None:
        add_pieces(pieces, context, False, True, data, max_pdu_nbytes)
        if len(pieces) == 2:
            return [b"".join(pieces)]
    return pieces


def fragments(uint8_t context, data, bint is_last, uint32_t max_pdu_nbytes):
    cdef list pieces = []
    add_pieces(pieces, context, False, is_last, data, max_pdu_nbytes)
    return pieces
