"""Values as NumPy arrays: views on the bytes where they are numbers, parsed natively where they are text."""

from __future__ import annotations

from dicomet.errors import ValueDecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import numpy as np

    from dicomet.element import DataElement

_DTYPES = {
    "AT": "u2", "FD": "f8", "FL": "f4", "OB": "u1", "OD": "f8", "OF": "f4", "OL": "u4", "OV": "u8",
    "OW": "u2", "SL": "i4", "SS": "i2", "SV": "i8", "UL": "u4", "UN": "u1", "US": "u2", "UV": "u8",
}  # fmt: skip
_PIXEL_DATA = 0x7FE00010
_GE_PRIVATE = "1.2.840.113619.5.2"
_BIG_ENDIAN = 4  # DCM_ROW_BIG_ENDIAN


def value_array(element: DataElement) -> np.ndarray:
    """All values of an element as an array.

    Parameters
    ----------
    element : DataElement
        Of a numeric VR, a bulk VR (OB OD OF OL OV OW UN), IS or DS.

    Returns
    -------
    numpy.ndarray
        One-dimensional (AT: n × 2, group and element). Binary VRs that were read give a read-only view on
        the source, in its byte order, which keeps the source alive; bytes behind the last whole value are
        left out. DS gives new float64, IS new int64. Elements made or changed in memory give a new array.

    Raises
    ------
    ValueDecodeError
        A text VR, or a DS or IS with a value that is no number.
    """
    import numpy as np  # loaded by those who ask for arrays, not by those who read

    vr, index = element.VR, element._index
    if vr == "DS" or vr == "IS":
        return _of_text(element, vr)
    if vr not in _DTYPES:
        raise ValueDecodeError(f"VR {vr} holds no numbers", tag=int(element.tag), clause="PS3.5 §6.2")
    dtype = np.dtype(_DTYPES[vr])
    if index is None or element._edited:
        value = element.value
        if isinstance(value, bytes | bytearray | memoryview):
            return np.frombuffer(value, dtype.newbyteorder("<"))
        values = np.atleast_1d(np.asarray([] if value is None else value, "u4" if vr == "AT" else dtype))
        return np.stack([values >> 16, values & 0xFFFF], 1).astype(dtype) if vr == "AT" else values
    raw = element.raw
    big = bool(index.flags(element._row) & _BIG_ENDIAN) and index.vr(element._row) != "UN"
    if element.tag == _PIXEL_DATA and index.transfer_syntax == _GE_PRIVATE:
        big = True  # implicit VR little endian but for the pixels
    dtype = dtype.newbyteorder(">" if big else "<")
    unit = 4 if vr == "AT" else dtype.itemsize
    array = np.frombuffer(raw[: raw.nbytes // unit * unit], dtype)
    return array.reshape(-1, 2) if vr == "AT" else array


def _of_text(element: DataElement, vr: str) -> np.ndarray:
    import numpy as np

    index = element._index
    kind = np.float64 if vr == "DS" else np.int64
    if index is not None and not element._edited:
        numbers = index.numbers(element._row, vr == "DS")
        if numbers is not None:
            return np.frombuffer(numbers, kind)
    value = element.value
    values = [] if value is None else list(value) if isinstance(value, tuple) else [value]
    if not all(isinstance(one, int | float) for one in values):
        raise ValueDecodeError(f"a value of VR {vr} is no number", tag=int(element.tag), clause="PS3.5 §6.2")
    return np.asarray(values, kind)
