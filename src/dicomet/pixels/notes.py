"""Deviations met in pixel data that reading tolerates: code to sentence and clause."""

from __future__ import annotations

from dicomet.findings import Finding

NOTES: dict[str, tuple[str, str]] = {
    # header
    "samples_missing": ("Samples per Pixel is missing: taken as 1", "PS3.3 §C.7.6.3.1.1"),
    "photometric_missing": ("Photometric Interpretation is missing: guessed", "PS3.3 §C.7.6.3.1.2"),
    "bits_stored": ("Bits Stored is missing or more than Bits Allocated: taken as Bits Allocated", "PS3.5 §8.1.1"),
    "high_bit": ("High Bit is missing or impossible: taken as Bits Stored less 1", "PS3.5 §8.1.1"),
    "high_bit_shifted": ("High Bit is not Bits Stored less 1", "PS3.5 §8.1.1"),
    "pixel_representation": ("Pixel Representation is neither 0 nor 1: taken as 0", "PS3.3 §C.7.6.3"),
    # where the frames lie
    "frame_table": ("the offset table does not lead to the frames: not used", "PS3.5 §A.4"),
    "frame_table_missing": ("the item of the Basic Offset Table is missing", "PS3.5 §A.4"),
    "frame_count": ("there are not as many frames as Number of Frames says", "PS3.3 §C.7.6.6.1.1"),
    "frame_cut": ("the last frame is cut short by the end of the source", "PS3.5 §A.4"),
    "fragments_end": ("no Sequence Delimitation Item behind the last fragment", "PS3.5 §A.4"),
    "fragments_uneven": ("fragments cannot be shared out among the frames: each counts as one", "PS3.5 §A.4"),
    "fragment_empty": ("empty fragments", "PS3.5 §A.4"),
    "pixels_excess": ("more bytes of pixels than the frames need", "PS3.5 §8.1.1"),
    "syntax_native": ("pixels are not encapsulated, against the transfer syntax", "PS3.5 §A.4"),
    "syntax_encapsulated": ("pixels are encapsulated, against the transfer syntax", "PS3.5 §A.4"),
    "subsampling": ("pixels are not subsampled, against Photometric Interpretation", "PS3.3 §C.7.6.3.1.2"),
    # compressed streams
    "stream_kind": ("the compressed stream is not of the transfer syntax's kind", "PS3.5 §8.2"),
    "stream_process": ("the compressed stream uses another process than the transfer syntax", "PS3.5 §8.2"),
    "stream_lossy": ("a lossy stream under a lossless transfer syntax", "PS3.5 §8.2"),
    "stream_size": ("the compressed image is larger than Rows and Columns: cut", "PS3.5 §8.2"),
    "stream_precision": ("the compressed stream's precision is not Bits Stored", "PS3.5 §8.2"),
    "stream_sign": ("the compressed stream's sign is not Pixel Representation", "PS3.5 §8.2"),
    "stream_colour": ("the stream's marks tell another colour space than Photometric Interpretation", "PS3.5 §8.2.1"),
    "stream_end": ("the compressed stream has no end marker", "PS3.5 §8.2"),
    "stream_short": ("the compressed stream is cut or damaged: samples are made up from there on", "PS3.5 §8.2"),
    "stream_offset": ("bytes before the compressed stream, or boxes around it", "PS3.5 §8.2"),
    "stream_transform": ("the stream uses no component transform, against Photometric Interpretation", "PS3.5 §8.2.4"),
    "video_base_view": ("of a stereo video the base view is decoded, the other one is not", "PS3.5 §8.2.8"),
    "video_damaged": ("the stream is damaged: parts of a frame were made up by the decoder", "PS3.5 §8.2"),
    "rle_short": ("an RLE segment is shorter than its plane: the rest is zero", "PS3.5 §G.3"),
    "rle_long": ("an RLE segment is longer than its plane", "PS3.5 §G.3"),
    "rle_segments": ("more RLE segments than the samples need", "PS3.5 §G.5"),
    "rle_order": ("RLE segments are out of order or overlap", "PS3.5 §G.5"),
    "palette": ("the palette's descriptor and data do not agree", "PS3.3 §C.7.6.3.1.5"),
    # tiles
    "tiles_count": ("there are not as many frames as tiles fill the total pixel matrix", "PS3.3 §C.7.6.17.3"),
    "tiles_position": ("tiles without a position in the total pixel matrix, or outside it", "PS3.3 §C.8.12.6.1"),
    "tiles_size": ("the size of the total pixel matrix is missing: as far as the tiles reach", "PS3.3 §C.8.12.14"),
    "concatenation_missing": ("parts of the concatenation are missing", "PS3.3 §C.7.6.16.2.2.4"),
    "concatenation_order": (
        "frame offset numbers of the concatenation are missing, or its parts overlap: taken one after another",
        "PS3.3 §C.7.6.16.2.2.4",
    ),
}


def finding(code: str, offset: int, tag: int = 0x7FE00010) -> Finding:
    """The finding of a code, placed at a byte of the source."""
    text, clause = NOTES[code]
    return Finding((offset, tag, code, text, clause))
