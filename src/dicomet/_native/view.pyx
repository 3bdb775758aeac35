"""What a data set is made of: an index, the row of its container, and edits over both."""

from cpython.object cimport PyObject
from libc.stdint cimport uint16_t, uint32_t

from dicomet._native.index cimport Index
from dicomet._native.libdcm.base cimport DCM_NO_ROW
from dicomet._native.libdcm.dict cimport dcm_dict_entry, dcm_dict_find, dcm_dict_find_keyword
from dicomet._native.libdcm.index cimport dcm_index_find
from dicomet._native.libdcm.index cimport DCM_ROW_LAZY, DCM_ROW_UNSORTED, dcm_element
from dicomet._native.libdcm.text cimport DCM_TEXT_NOT, dcm_text_kind_of
from dicomet._native.libdcm.vr cimport DCM_VR_NONE, DCM_VR_PN, DCM_VR_SQ, DCM_VR_UI, DCM_VR_UN
from dicomet._native.values cimport PERSON_NAME, PLAIN, SEQUENCE, TAG, UID, finish, vr_of_text, vr_text

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void *PyUnicode_1BYTE_DATA(object text) noexcept
    object PyObject_GenericGetAttr(object target, object name)
    int PyObject_GenericSetAttr(object target, object name, PyObject *value) except -1

cdef object _ABSENT = object()
cdef Index _NOTHING = Index.__new__(Index)


cdef const dcm_dict_entry *entry_of(name) noexcept:
    """What a keyword is the name of; NULL if it is none, or stands for several tags."""
    cdef const dcm_dict_entry *entry
    if type(name) is not str or not PyUnicode_IS_ASCII(name):
        return NULL
    entry = dcm_dict_find_keyword(<const char *> PyUnicode_1BYTE_DATA(name), PyUnicode_GET_LENGTH(name))
    if entry != NULL and dcm_dict_find(entry.tag) != entry:
        return NULL
    return entry


cdef object kept_text(uint16_t vr, value):
    """One text in the form in which it is kept; None where that takes more than to look at it."""
    if type(value) is not str or dcm_text_kind_of(vr) == DCM_TEXT_NOT or "\\" in <str> value:
        return None
    if vr == DCM_VR_PN:
        return finish(PERSON_NAME, value)
    return finish(UID, value) if vr == DCM_VR_UI else value


cdef class View:
    cdef public Index _index
    cdef public uint32_t _row
    cdef public dict _edits
    cdef public dict _sequences
    cdef public object _parent
    cdef public object _charset
    cdef public object _pixels       # where the frames lie, once somebody has asked for them

    def __cinit__(self):
        self._index = _NOTHING
        self._row = DCM_NO_ROW

    @classmethod
    def _over(cls, Index index not None, uint32_t row, parent):
        cdef View self = cls.__new__(cls)
        self._index = index
        self._row = row
        self._parent = parent
        return self

    @classmethod
    def _holding(cls, dict edits not None):
        cdef View self = cls.__new__(cls)
        self._edits = edits
        return self

    def __getattribute__(self, name):
        # Keywords begin with a capital (but dBdt) and nothing else does: they are looked up first, because the
        # generic look-up would have to fail, exception and all, before __getattr__ is asked.
        if type(name) is str and PyUnicode_IS_ASCII(name) and PyUnicode_GET_LENGTH(name):
            text = <const char *> PyUnicode_1BYTE_DATA(name)
            if c"A" <= text[0] <= c"Z":
                found = self.keyword_value(text, PyUnicode_GET_LENGTH(name))
                if found is not _ABSENT:
                    return found
        return PyObject_GenericGetAttr(self, name)

    def __getattr__(self, str name not None):
        if PyUnicode_IS_ASCII(name):
            found = self.keyword_value(<const char *> PyUnicode_1BYTE_DATA(name), PyUnicode_GET_LENGTH(name))
            if found is not _ABSENT:
                return found
        if hasattr(type(self), name):  # a property that raised: it knows better why
            return PyObject_GenericGetAttr(self, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name, value):
        cdef const dcm_dict_entry *entry = entry_of(name)
        if entry == NULL:
            PyObject_GenericSetAttr(self, name, <PyObject *> value)
        elif not self.put_text(entry, value):
            self._set_value(entry.tag, value)

    def __delattr__(self, name):
        cdef const dcm_dict_entry *entry = entry_of(name)
        if entry == NULL:
            PyObject_GenericSetAttr(self, name, NULL)
        else:
            self._delete_keyword(name, entry.tag)

    cdef bint put_text(self, const dcm_dict_entry *entry, value) except -1:
        """Assign one text, which most edits are; false where it is another value."""
        cdef uint16_t vr = entry.vr
        cdef uint32_t row
        if self._edits is not None and entry.tag in self._edits:
            edit = self._edits[entry.tag]
            if edit is not None:
                vr = vr_of_text(edit.VR)
        else:
            row = dcm_index_find(&self._index.c, self._row, entry.tag)
            if row != DCM_NO_ROW:
                vr = self._index.c.rows[row].vr
            elif self._index.pending and entry.tag > <uint32_t> 0x7FE00010:
                return False
        kept = kept_text(vr, value)
        if kept is None:
            return False
        self.put(entry.tag, vr_text(vr), kept)
        return True

    cdef object keyword_value(self, const char *text, Py_ssize_t nbytes):
        cdef const dcm_dict_entry *entry = dcm_dict_find_keyword(text, nbytes)
        cdef uint32_t row
        cdef int kind = PLAIN
        if entry == NULL:
            return _ABSENT
        if self._edits is not None and entry.tag in self._edits:
            return self._edited_value(entry.tag)
        row = dcm_index_find(&self._index.c, self._row, entry.tag)
        if row == DCM_NO_ROW and self._index.pending and entry.tag > <uint32_t> 0x7FE00010:
            self._settle()
            row = dcm_index_find(&self._index.c, self._row, entry.tag)
        if row == DCM_NO_ROW:
            return _ABSENT
        value = self._index.value(row, self._index.c.rows[row].vr, &kind)
        if kind == PLAIN:
            return value
        return self._finish(kind, value, row)


    def _sequence(self, Index index not None, uint32_t row):
        """The `Sequence` of a row: the same object whenever it is asked for."""
        cdef const dcm_element *element = index.row(row)
        cdef SequenceView made
        if self._sequences is None:
            self._sequences = {}
        found = self._sequences.get(element.tag)
        if found is not None:
            return found
        made = (<type> _sequence_class).__new__(_sequence_class)
        made._parent = self
        if element.end > row + 1 or element.length == 0:
            made._index = index
            made._items = index.children(row)
        else:
            made._index, made._items = self._items_of(index, row)
        return self._sequences.setdefault(element.tag, made)


    def _vr_at(self, uint32_t tag):
        """VR of an element that is there; None if it is not."""
        cdef uint32_t row
        cdef uint16_t vr
        if self._edits is not None and tag in self._edits:
            element = self._edits[tag]
            return None if element is None else element.VR
        row = dcm_index_find(&self._index.c, self._row, tag)
        if row == DCM_NO_ROW and self._index.pending and tag > <uint32_t> 0x7FE00010:
            self._settle()
            row = dcm_index_find(&self._index.c, self._row, tag)
        if row == DCM_NO_ROW:
            return None
        vr = self._index.c.rows[row].vr
        if vr == DCM_VR_UN or vr & 0x2020:
            return self._vr_of(self._index, row)
        return vr_text(vr)

    def _put(self, uint32_t tag, str vr not None, value):
        """Lay an element of this value, in the form in which it is kept, over the index."""
        self.put(tag, vr, value)

    cdef int put(self, uint32_t tag, str vr, value) except -1:
        cdef ElementView made = (<type> _element_class).__new__(_element_class)
        made.owner = self
        made._row = tag
        made._vr = vr
        made._value = value
        made._decoded = True
        if self._edits is None:
            self._edits = {}
        self._edits[tag] = made
        return 0


cdef object _sequence_class = None
cdef object _item_class = None
cdef object _element_class = None


def set_classes(sequence, item, element):
    global _sequence_class, _item_class, _element_class
    _sequence_class, _item_class, _element_class = sequence, item, element


cdef class SequenceView:
    cdef public Index _index
    cdef public list _items      # row numbers, replaced by data sets one by one
    cdef public object _parent
    cdef public bint _rearranged # items were put in, taken out or moved

    cdef object item(self, Py_ssize_t i):
        cdef View made
        found = self._items[i]
        if type(found) is int:
            made = (<type> _item_class).__new__(_item_class)
            made._index = self._index
            made._row = found
            made._parent = self._parent
            found = self._items[i]
            if type(found) is int:  # making it may have let another thread make it
                self._items[i] = found = made
        return found

    def _item(self, Py_ssize_t i):
        if i < 0:
            i += len(self._items)
        if not 0 <= i < len(self._items):
            raise IndexError("the sequence has no such item")
        return self.item(i)

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        cdef Py_ssize_t i = 0
        while i < len(self._items):
            yield self.item(i)
            i += 1


cdef class Scope:
    """The data set that an element of a walk belongs to, made when somebody asks for it."""

    cdef object made          # the Dataset, or None before
    cdef Scope outer          # of the data set around the item
    cdef Index index          # where the sequence's row is
    cdef uint32_t sequence    # row of the sequence
    cdef Py_ssize_t item      # which of its items

    cdef object dataset(self):
        if self.made is None:
            outer = self.outer.dataset()
            self.made = (<SequenceView> (<View> outer)._sequence(self.index, self.sequence))._item(self.item)
        return self.made


cdef class ElementView:
    cdef public Index _index
    cdef public uint32_t _row # the tag itself where there is no index
    cdef object owner         # Dataset, Scope or None
    cdef public object _value
    cdef public object _vr
    cdef object own_tag       # None until it is asked for
    cdef public bint _decoded
    cdef public bint _verbatim    # in the edits of a data set, but with the bytes that its row has

    @classmethod
    def _of_row(cls, owner, Index index not None, uint32_t row):
        cdef ElementView self = cls.__new__(cls)
        self.owner = owner
        self._index = index
        self._row = row
        return self

    @classmethod
    def _made(cls, owner, tag, str vr not None, value):
        cdef ElementView self = cls.__new__(cls)
        self.owner = owner
        self.own_tag = tag
        self._vr = vr
        self._value = value
        self._decoded = True
        return self

    @property
    def _owner(self):
        if type(self.owner) is Scope:
            self.owner = (<Scope> self.owner).dataset()
        return self.owner

    @_owner.setter
    def _owner(self, owner):
        self.owner = owner

    @property
    def tag(self):
        if self.own_tag is None:
            self.own_tag = finish(TAG, self._row if self._index is None else self._index.row(self._row).tag)
        return self.own_tag

    @tag.setter
    def tag(self, tag):
        self.own_tag = tag

    @property
    def VR(self):
        cdef uint16_t vr
        if self._vr is None:
            vr = self._index.row(self._row).vr
            if vr == DCM_VR_UN or vr & 0x2020:  # a private one perhaps, or one of several
                self._vr = self._owner._vr_of(self._index, self._row)
            else:
                self._vr = vr_text(vr)
        return self._vr

    @VR.setter
    def VR(self, vr):
        self._set_vr(vr)

    @property
    def value(self):
        cdef int kind = PLAIN
        cdef const dcm_element *element
        if self._decoded:
            return self._value
        element = self._index.row(self._row)
        value = self._index.value(self._row, element.vr, &kind)
        if kind == SEQUENCE:
            value = self._owner._sequence(self._index, self._row)
        elif kind != PLAIN:
            value = self._owner._value_of(self._index, self._row)
        self._value = value
        self._decoded = True
        return value

    @value.setter
    def value(self, value):
        self._set_value(value)


cdef class Walk:
    """Every element of a data set and of the items in it, depth first, straight down the rows."""

    cdef object kind          # class of the elements
    cdef Index index
    cdef uint32_t row, end
    cdef list scopes          # by depth: Scope of the data set whose elements stand there
    cdef list sequences       # by depth: row of the sequence whose items stand there
    cdef list counts          # by depth: items of it that were seen
    cdef Scope around         # of the sequence that the whole of `index` is the inside of, or None
    cdef Index around_index
    cdef uint32_t around_row
    cdef object inner         # iterator over a sequence with an index of its own, in progress

    @staticmethod
    def over(kind, View root not None):
        """None where the rows do not tell the order of the elements."""
        cdef Walk self
        cdef Index index = root._index
        cdef Scope scope = Scope.__new__(Scope)
        cdef uint32_t first, end
        if root._row == DCM_NO_ROW:
            first, end = index.c.nmeta, index.c.nrows
            if index.c.top_unsorted or index.keep_tags is not None:
                return None
        elif root._row < index.c.nrows:
            first, end = root._row + 1, index.c.rows[root._row].end
            if index.c.rows[root._row].flags & DCM_ROW_UNSORTED:
                return None
        else:
            return None
        if not in_order(index, first, end):
            return None
        scope.made = root
        self = begin(kind, index, first, end)
        if first < end:
            self.place(index.c.rows[first].depth, scope)
        return self

    cdef int place(self, uint32_t depth, Scope scope) except -1:
        while <uint32_t> len(self.scopes) <= depth + 2:
            self.scopes.append(None)
            self.sequences.append(0)
            self.counts.append(0)
        self.scopes[depth] = scope
        return 0

    cdef int enter_item(self, const dcm_element *item) except -1:
        cdef Scope scope = Scope.__new__(Scope)
        if item.parent == DCM_NO_ROW:
            scope.outer = self.around
            scope.index = self.around_index
            scope.sequence = self.around_row
            self.place(0, None)
        else:
            scope.outer = self.scopes[item.depth - 1]
            scope.index = self.index
            scope.sequence = self.sequences[item.depth]
        scope.item = self.counts[item.depth]
        self.counts[item.depth] = scope.item + 1
        self.place(item.depth + 1, scope)
        return 0

    cdef int descend(self, ElementView found) except -1:
        sequence = found._owner._sequence(found._index, found._row)
        cdef Index index = sequence._index
        cdef Walk inner
        if not in_order(index, 0, index.c.nrows):
            self.inner = sequence._iterall()
            return 0
        inner = begin(self.kind, index, 0, index.c.nrows)
        inner.around = self.scopes[found._index.row(found._row).depth]
        inner.around_index = found._index
        inner.around_row = found._row
        inner.place(0, None)
        self.inner = inner
        return 0

    def __iter__(self):
        return self

    def __next__(self):
        cdef const dcm_element *element
        cdef ElementView found
        cdef uint32_t row
        if self.inner is not None:
            for found in self.inner:
                return found
            self.inner = None
        while True:
            if self.row >= self.end:
                raise StopIteration
            row = self.row
            element = &self.index.c.rows[row]
            self.row += 1
            if element.vr == DCM_VR_NONE:
                # fragments are rows as well
                if element.parent == DCM_NO_ROW or self.index.c.rows[element.parent].vr == DCM_VR_SQ:
                    self.enter_item(element)
                continue
            found = (<type> self.kind).__new__(self.kind)
            found.owner = self.scopes[element.depth]
            found._index = self.index
            found._row = row
            if element.vr == DCM_VR_SQ:
                if element.flags & DCM_ROW_LAZY:
                    self.descend(found)
                else:
                    self.sequences[element.depth + 1] = row
                    self.counts[element.depth + 1] = 0
            elif element.vr == DCM_VR_UN and element.tag >> 16 & 1 and element.length >= 8 and found.VR == "SQ":
                self.descend(found)
            return found


cdef bint in_order(Index index, uint32_t first, uint32_t end):
    cdef uint32_t i
    for i in range(first, end):
        if index.c.rows[i].flags & DCM_ROW_UNSORTED:
            return False
    return True


cdef Walk begin(object kind, Index index, uint32_t first, uint32_t end):
    cdef Walk self = Walk.__new__(Walk)
    self.kind = kind
    self.index = index
    self.row = first
    self.end = end
    self.scopes = []
    self.sequences = []
    self.counts = []
    return self
