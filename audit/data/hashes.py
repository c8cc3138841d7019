"""A number of 64 bits for each text of a column, computed for all of them at once.

Eight bytes at a time are mixed into the number of each text that is long enough. Two texts may share one, about once in
2⁶⁴ pairs: whoever must be sure looks at the texts too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

#: Odd numbers of SplitMix64 (Steele, Lea, Flood 2014) and of its last step.
_STEP = np.uint64(0x9E37_79B9_7F4A_7C15)
_FIRST, _SECOND = np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB)
#: Of a word that a text ends in, the bits of its bytes, by their number.
_KEPT = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


def hashes_of(column: pa.ChunkedArray | pa.Array) -> Hashes:
    """Hash each text of a column without missing values.

    Returns
    -------
    array of shape (rows,)
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return np.concatenate([np.zeros(0, np.uint64), *map(_hashes, chunks)])


def among(found: Hashes, known: Hashes) -> npt.NDArray[np.bool_]:
    """Tell which hashes are among known ones, which rise."""
    at = np.minimum(np.searchsorted(known, found), len(known) - 1)
    return np.asarray(known[at] == found)


def _hashes(texts: pa.Array) -> Hashes:
    if not len(texts):
        return np.zeros(0, np.uint64)
    _, places, content = texts.buffers()
    ends = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = ends[0], ends[-1]
    letters = np.zeros(last - first + 8, np.uint8)
    if content is not None:
        letters[:-8] = np.frombuffer(content, np.uint8)[first:last]
    # The word that begins at each byte, none of them copied.
    words = np.ndarray(len(letters) - 7, "<u8", letters, strides=(1,))
    starts, lengths = ends[:-1] - first, np.diff(ends)
    out = _mixed(lengths.astype(np.uint64) * _STEP)
    done, rows = 0, np.flatnonzero(lengths)
    while len(rows):
        known = words[starts[rows] + done] & _KEPT[np.minimum(lengths[rows] - done, 8)]
        out[rows] = _mixed((out[rows] ^ known) + _STEP)
        done += 8
        rows = rows[lengths[rows] > done]
    return out


def _mixed(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return np.asarray(values ^ (values >> np.uint64(31)))
