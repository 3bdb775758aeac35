"""Python types and number rules of DICOM values: multi-values, person names, IS and DS.

PS3.5 §6.2, §6.2.1 and §6.4. Imported by every data set, so nothing but builtins is imported here;
`typing` alone would cost more than the rest of the module (it loads `re`).
"""

from __future__ import annotations

from .errors import ValueDecodeError

TYPE_CHECKING = False  # known to type checkers by its name
if TYPE_CHECKING:
    from typing import SupportsIndex, TypeVar, overload

    T_co = TypeVar("T_co", covariant=True)
else:
    T_co = object

PADDING = " \0"  # NUL is padding for UI alone, but is met behind other text as well
DS_MAX_NCHARS = 16  # PS3.5 Table 6.2-1

_INF = float("inf")
_DIGITS = "0123456789"
_DS_CHARACTERS = _DIGITS + "+-.eE"
_EXACT_INTEGER = 2.0**53  # above it a float no longer tells neighbouring integers apart
_NUMBER_MAX_NCHARS = 1000  # as in csrc/number.h; int() takes quadratic time
_LIST_METHODS = frozenset(
    ("append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort")
)


class MultiValue(tuple[T_co, ...]):
    """The value of a data element that holds more than one value. PS3.5 §6.4.

    A tuple that also equals a list of the same members. It is immutable, unlike pydicom's: a value
    is decoded from the file anew when asked for, so a change in place would be lost without a word.
    Assign a new one: ``ds.ImageType = [*ds.ImageType, "MPR"]``.

    Parameters
    ----------
    members : iterable, optional
        The single values, in order.

    Examples
    --------
    >>> value = MultiValue(["ORIGINAL", "PRIMARY"])
    >>> value
    ['ORIGINAL', 'PRIMARY']
    >>> value == ["ORIGINAL", "PRIMARY"]
    True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return tuple.__ne__(self, tuple(other) if isinstance(other, list) else other)

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return repr(list(self))

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: SupportsIndex, /) -> T_co: ...
        @overload
        def __getitem__(self, index: slice, /) -> MultiValue[T_co]: ...
        def __getitem__(self, index: SupportsIndex | slice, /) -> T_co | MultiValue[T_co]: ...

    else:  # hidden from checkers, to which __getattr__ would make any attribute right

        def __getitem__(self, index):
            member = tuple.__getitem__(self, index)
            return MultiValue(member) if isinstance(index, slice) else member

        def __getattr__(self, name):
            if name in _LIST_METHODS:
                raise AttributeError(
                    f"MultiValue is immutable and has no {name}(); assign a new list to the element"
                )
            raise AttributeError(f"'MultiValue' object has no attribute {name!r}")


class PersonName(str):
    """A value of VR PN, decoded. PS3.5 §6.2.1.

    Up to three component groups (alphabetic, ideographic, phonetic) are separated by ``=``, and in
    each up to five components (family, given, middle, prefix, suffix) by ``^``.

    The name *is* a `str`, its text as in the file without empty groups at the end, so comparison,
    hashing, ordering, formatting and every string method work; the parts are taken from the text
    when asked for. In pydicom a name is not a `str`; the attributes are the same, except that
    `encode` is that of `str`, and that the hash is that of the text.

    Parameters
    ----------
    text : str
        The decoded value.
    raw : bytes, optional
        The value before decoding. It takes no part in comparison.

    Examples
    --------
    >>> name = PersonName("Yamada^Tarou=山田^太郎=やまだ^たろう")
    >>> name.family_name, name.ideographic
    ('Yamada', '山田^太郎')
    """

    __slots__ = ("_raw",)

    _raw: bytes | None

    def __new__(cls, text: str = "", raw: bytes | None = None) -> PersonName:
        if type(text) is not str:
            if not isinstance(text, str):
                raise TypeError(f"PersonName takes decoded text, not {type(text).__name__}")
            if raw is None and isinstance(text, PersonName):
                raw = text.raw
        if text[-1:] == "=":
            text = text.rstrip("=")
        self = str.__new__(cls, text)
        self._raw = raw
        return self

    @classmethod
    def from_named_components(
        cls,
        family_name: str = "",
        given_name: str = "",
        middle_name: str = "",
        name_prefix: str = "",
        name_suffix: str = "",
        family_name_ideographic: str = "",
        given_name_ideographic: str = "",
        middle_name_ideographic: str = "",
        name_prefix_ideographic: str = "",
        name_suffix_ideographic: str = "",
        family_name_phonetic: str = "",
        given_name_phonetic: str = "",
        middle_name_phonetic: str = "",
        name_prefix_phonetic: str = "",
        name_suffix_phonetic: str = "",
    ) -> PersonName:
        r"""Return the name made of these components. PS3.5 §6.2.1.1.

        Parameters
        ----------
        family_name, given_name, middle_name, name_prefix, name_suffix : str, optional
            The alphabetic group; the names ending in ``_ideographic`` and ``_phonetic`` are those
            of the other two groups. Delimiters after the last component in use are left out.

        Raises
        ------
        ValueDecodeError
            A component holds a delimiter: ``\``, ``^`` or ``=``.
        """
        components = (
            (family_name, given_name, middle_name, name_prefix, name_suffix),
            (
                family_name_ideographic,
                given_name_ideographic,
                middle_name_ideographic,
                name_prefix_ideographic,
                name_suffix_ideographic,
            ),
            (
                family_name_phonetic,
                given_name_phonetic,
                middle_name_phonetic,
                name_prefix_phonetic,
                name_suffix_phonetic,
            ),
        )
        for group in components:
            for component in group:
                if "\\" in component or "^" in component or "=" in component:
                    raise ValueDecodeError(
                        f"a delimiter stands in the name component {component!r}",
                        clause="PS3.5 §6.2.1.1",
                    )
        return cls("=".join(["^".join(group).rstrip("^") for group in components]))

    @property
    def raw(self) -> bytes | None:
        """The value before decoding, or None where it was not kept."""
        return getattr(self, "_raw", None)  # the native core makes names without __new__

    @property
    def original_string(self) -> bytes | None:
        """`raw`, by the name that pydicom gives to it."""
        return self.raw

    @property
    def components(self) -> tuple[str, ...]:
        """The component groups in use: alphabetic, ideographic, phonetic. Empty for no name."""
        return tuple(self.split("=")) if self else ()

    @property
    def alphabetic(self) -> str:
        """The first component group, or an empty string."""
        return self._group(0)

    @property
    def ideographic(self) -> str:
        """The second component group, or an empty string."""
        return self._group(1)

    @property
    def phonetic(self) -> str:
        """The third component group, or an empty string."""
        return self._group(2)

    @property
    def family_name(self) -> str:
        """The first component of the alphabetic group, or an empty string."""
        return self._component(0)

    @property
    def given_name(self) -> str:
        """The second component of the alphabetic group, or an empty string."""
        return self._component(1)

    @property
    def middle_name(self) -> str:
        """The third component of the alphabetic group, or an empty string."""
        return self._component(2)

    @property
    def name_prefix(self) -> str:
        """The fourth component of the alphabetic group, or an empty string."""
        return self._component(3)

    @property
    def name_suffix(self) -> str:
        """The fifth component of the alphabetic group, or an empty string."""
        return self._component(4)

    def family_comma_given(self) -> str:
        """Return the name as ``Family, Given``."""
        return f"{self.family_name}, {self.given_name}"

    def formatted(self, format_str: str) -> str:
        """Return the name by a ``%`` format of named parts.

        Parameters
        ----------
        format_str : str
            Such as ``"%(given_name)s %(family_name)s"``. The parts are family_name, given_name,
            middle_name, name_prefix, name_suffix, ideographic and phonetic.
        """
        return format_str % {
            "family_name": self.family_name,
            "given_name": self.given_name,
            "middle_name": self.middle_name,
            "name_prefix": self.name_prefix,
            "name_suffix": self.name_suffix,
            "ideographic": self.ideographic,
            "phonetic": self.phonetic,
        }

    def _group(self, number: int) -> str:
        groups = self.split("=", number + 1)
        return groups[number] if number < len(groups) else ""

    def _component(self, number: int) -> str:
        components = self._group(0).split("^", number + 1)
        return components[number] if number < len(components) else ""


def parse_ds(text: str) -> float | str | None:
    """Return the number that a single DS value stands for. PS3.5 §6.2.

    Parameters
    ----------
    text : str
        One value; blanks around it are padding.

    Returns
    -------
    float, str or None
        None for an empty value; the text without its padding where it is not a decimal string of
        the standard or is too large for a float. What only Python takes for a number
        (``nan``, ``1_000``, digits beyond ASCII) is not one here.
    """
    text = text.strip(PADDING)
    if not text:
        return None
    # Stripping leaves something exactly if a character outside the repertoire is present.
    if len(text) > _NUMBER_MAX_NCHARS or text.strip(_DS_CHARACTERS):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return value if -_INF < value < _INF else text


def parse_is(text: str) -> int | str | None:
    """Return the integer that a single IS value stands for. PS3.5 §6.2.

    Parameters
    ----------
    text : str
        One value; blanks around it are padding.

    Returns
    -------
    int, str or None
        None for an empty value. A decimal string of integral value, as some devices write, counts
        as that integer (``"1.0"``); other text is returned without its padding (``"1.5"``).
        Integers beyond the 32 bits of the standard are returned as they are.
    """
    text = text.strip(PADDING)
    if not text:
        return None
    digits = text[1:] if text[0] in "+-" else text
    if not digits.isdigit() or not digits.isascii():
        return _integral(text)
    return int(text) if len(text) <= _NUMBER_MAX_NCHARS else text


def _integral(text: str) -> int | str:
    number = parse_ds(text)
    if (
        not isinstance(number, float)
        or not number.is_integer()
        or not -_EXACT_INTEGER < number < _EXACT_INTEGER
    ):
        return text
    # The float may have been rounded to an integer: without an exponent, the decimals decide.
    if "e" in text or "E" in text or not text.partition(".")[2].strip("0"):
        return int(number)
    return text


def format_ds(value: float) -> str:
    """Return the DS text of a number, in 16 characters at most. PS3.5 §6.2.

    Parameters
    ----------
    value : float
        A finite number.

    Returns
    -------
    str
        The shortest text that reads back as the same float where that fits; otherwise the closest
        of the fixed and the scientific notation that do.

    Raises
    ------
    ValueDecodeError
        The number is not finite, or is an integer beyond the range of a float.
    """
    if isinstance(value, int) and -(10**15) < value < 10**16:
        return f"{value:d}"
    try:
        value = float(value)  # also sheds the repr of NumPy scalars
    except OverflowError:
        value = _INF
    if not -_INF < value < _INF:
        raise ValueDecodeError("a decimal string holds finite numbers only", clause="PS3.5 §6.2")
    text = repr(value)
    if len(text) <= DS_MAX_NCHARS:
        return text
    size = abs(value)
    if 1e-3 <= size < 1e14:  # here the fixed notation has room for as many digits, or for more
        return _fixed(value)
    best = _scientific(value)
    if size < 1e16:
        fixed = _fixed(value)
        if len(fixed) <= DS_MAX_NCHARS and abs(float(fixed) - value) <= abs(float(best) - value):
            best = fixed
    return best


def _fixed(value: float) -> str:
    """Return `value` with as many decimals as fit beside its integral digits."""
    nintegral = len(str(int(abs(value)))) + (value < 0)
    text = f"{value:.{max(0, DS_MAX_NCHARS - 1 - nintegral)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float) -> str:
    """Return `value` with a mantissa of as many digits as fit; the exponent is not padded."""
    ndecimals = 12
    while True:
        mantissa, _, exponent = f"{value:.{ndecimals}e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
        # Rounding up the very largest floats passes the range of a float.
        if len(text) <= DS_MAX_NCHARS and -_INF < float(text) < _INF:
            return text
        ndecimals -= 1
