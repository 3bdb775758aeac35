"""Sequence: list-like, items made when touched, edits in memory. PS3.5 §7.5."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from build import LE, UNDEFINED, part10, patient

from dicomet import Dataset, Sequence, dcmread


@pytest.fixture
def ds() -> Any:
    items = [LE.item(LE.element(0x00100020, "LO", f"{i:02d}"), length=UNDEFINED) for i in range(5)]
    return dcmread(part10(LE.sequence(0x00081140, *items) + patient()))


def made(patient_id: str) -> Dataset:
    item = Dataset()
    item.PatientID = patient_id
    return item


def ids(sequence: Sequence) -> list[str]:
    return [item.PatientID for item in sequence]


def test_access(ds: Any) -> None:
    sequence = ds.ReferencedImageSequence
    assert len(sequence) == 5
    assert sequence[0].PatientID == "00"
    assert sequence[-1].PatientID == "04"
    assert ids(sequence[1:3]) == ["01", "02"]
    assert ids(reversed(sequence)) == ["04", "03", "02", "01", "00"]
    assert sequence[2] in sequence
    assert sequence.index(sequence[3]) == 3
    assert sequence
    for at in (5, -6):
        with pytest.raises(IndexError):
            sequence[at]


def test_items_stay_the_same_objects(ds: Any) -> None:
    assert ds.ReferencedImageSequence[1] is ds.ReferencedImageSequence[1]
    assert ds.ReferencedImageSequence is ds[0x00081140].value
    assert list(ds.ReferencedImageSequence)[1] is ds.ReferencedImageSequence[1:][0]


def test_mutation(ds: Any) -> None:
    sequence = ds.ReferencedImageSequence
    sequence.append(made("a"))
    sequence.insert(0, made("b"))
    sequence.extend([made("c")])
    sequence += [made("d")]
    assert ids(sequence) == ["b", "00", "01", "02", "03", "04", "a", "c", "d"]
    del sequence[1]
    del sequence[-2:]
    assert sequence.pop().PatientID == "a"
    assert sequence.pop(0).PatientID == "b"
    sequence[0] = made("e")
    sequence[2:] = [made("f")]
    assert ids(ds.ReferencedImageSequence) == ["e", "02", "f"]
    sequence.reverse()
    assert ids(sequence) == ["f", "02", "e"]
    sequence.remove(sequence[1])
    sequence.clear()
    assert len(ds.ReferencedImageSequence) == 0


@pytest.mark.parametrize("wrong", ["text", 5, None, {}, [Dataset()]])
def test_an_item_is_a_data_set(ds: Any, wrong: Any) -> None:
    sequence = ds.ReferencedImageSequence
    with pytest.raises(TypeError):
        sequence.append(wrong)
    with pytest.raises(TypeError):
        sequence[0] = wrong
    with pytest.raises(TypeError):
        Sequence([wrong])
    with pytest.raises(TypeError):
        ds.ReferencedImageSequence = [wrong]
    assert ids(sequence) == ["00", "01", "02", "03", "04"]


def test_a_single_data_set_is_no_sequence(ds: Any) -> None:
    with pytest.raises(TypeError):
        ds.ReferencedImageSequence = made("x")


def test_edits_in_items_are_seen_from_the_top(ds: Any) -> None:
    ds.ReferencedImageSequence[2].PatientID = "edited"
    assert ids(ds.ReferencedImageSequence) == ["00", "01", "edited", "03", "04"]
    assert [e.value for e in ds.iterall() if e.keyword == "PatientID"][2] == "edited"
    assert ds != dcmread(part10(b""))


def test_equality(ds: Any) -> None:
    twin = copy.deepcopy(ds)
    assert twin.ReferencedImageSequence == ds.ReferencedImageSequence
    assert ds.ReferencedImageSequence == list(ds.ReferencedImageSequence)
    twin.ReferencedImageSequence[4].PatientID = "x"
    assert twin.ReferencedImageSequence != ds.ReferencedImageSequence
    assert Sequence() == []
    assert Sequence() != 5
    with pytest.raises(TypeError):
        hash(Sequence())


def test_a_sequence_given_to_two_data_sets_rules_the_text_of_neither_wrongly() -> None:
    inside = LE.element(0x00100010, "PN", "Müller".encode("latin-1"))
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + LE.sequence(0x00081140, LE.item(inside))
    source = dcmread(part10(body))
    target = Dataset()
    target.ReferencedImageSequence = source.ReferencedImageSequence
    assert target.ReferencedImageSequence[0].PatientName == "Müller"
    assert source.ReferencedImageSequence[0].PatientName == "Müller"


def test_an_item_moved_elsewhere_keeps_its_text() -> None:
    inside = LE.element(0x00100010, "PN", "Müller".encode("latin-1"))
    body = LE.element(0x00080005, "CS", "ISO_IR 100") + LE.sequence(0x00081140, LE.item(inside))
    source = dcmread(part10(body))
    target = Dataset()
    target.SpecificCharacterSet = "ISO_IR 192"
    target.ReferencedImageSequence = [source.ReferencedImageSequence[0]]
    assert target.ReferencedImageSequence[0].PatientName == "Müller"
    assert source.ReferencedImageSequence[0].PatientName == "Müller"


def test_repr_counts() -> None:
    assert repr(Sequence()) == "<Sequence, 0 items>"
    assert repr(Sequence([Dataset()])) == "<Sequence, 1 item>"


def test_items_taken_out_or_moved_are_a_change() -> None:
    """Pickles, walks and copies go by it."""
    import pickle


    data = part10(LE.sequence(0x00081140, *(LE.item(LE.element(0x00081155, "UI", f"1.{i}")) for i in range(3))))

    def uids(ds: Dataset) -> list[str]:
        return [element.value for element in ds.iterall() if element.keyword == "ReferencedSOPInstanceUID"]

    ds = dcmread(data)
    sequence = ds.ReferencedImageSequence
    assert not ds._changed()
    del sequence[0]
    assert ds._changed()
    assert uids(ds) == uids(pickle.loads(pickle.dumps(ds))) == ["1.1", "1.2"]
    sequence.reverse()
    assert uids(ds) == uids(pickle.loads(pickle.dumps(ds))) == ["1.2", "1.1"]
