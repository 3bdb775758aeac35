"""A CT archive under names that can be File IDs: patients, studies, series. PS3.10 §8.2."""

import warnings
from pathlib import Path

PATIENTS, STUDIES, SERIES, IMAGES = 10, 2, 5, 50
PIXEL_NBYTES = 2048


def write_media(folder: Path) -> None:
    """5,000 files with the header of a real CT image, each with identifiers of its own; 50 a series."""
    import pydicom
    from pydicom.data import get_testdata_file

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        ds.Rows, ds.Columns = 32, PIXEL_NBYTES // 64
        ds.PixelData = ds.PixelData[:PIXEL_NBYTES]
        ds.StudyDate, ds.StudyTime, ds.StudyID = "20240229", "101112", "1"
        for number in range(PATIENTS * STUDIES * SERIES):
            patient, study = number // (STUDIES * SERIES), number // SERIES
            ds.PatientID, ds.PatientName = f"P{patient:06d}", f"Family{patient}^Given"
            ds.StudyInstanceUID, ds.SeriesInstanceUID = f"2.25.7{study}", f"2.25.7{study}.{number}"
            ds.SeriesNumber = number % SERIES + 1
            path = folder / f"P{patient:05d}" / f"S{study:05d}" / f"E{number:05d}"
            path.mkdir(parents=True)
            for image in range(IMAGES):
                ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"2.25.7{study}.{number}.{image}"
                ds.InstanceNumber = image + 1
                ds.save_as(path / f"I{image:05d}", enforce_file_format=True)
