"""Why bounds carry no guarantee: in what a design leaves the designs in which their error rates were measured.

A doubt is a code beside the value of a group. The value stands, but neither a pass nor a failure may rest on its
bounds.
"""

from __future__ import annotations

from collections.abc import Sequence

#: All decisions of the group lie in one cluster: nothing shows how clusters differ.
ONE_CLUSTER = "one_cluster"
#: A function this tool does not know: nothing is known of its bounds.
UNKNOWN_FUNCTION = "unknown_function"
#: The smallest of several estimates is too small on average, which no resampling mends.
SMALLEST_OF_SEVERAL = "smallest_of_several"
#: A class has too few labelled decisions to tell how widely a mean over classes spreads.
RARE_CLASSES = "rare_classes"
#: So skewed for so few decisions that what was not seen may weigh more than all that was.
SKEWED = "skewed"

#: Every code; each has its words in the message catalogue under `doubt.CODE`.
CODES = (ONE_CLUSTER, UNKNOWN_FUNCTION, SMALLEST_OF_SEVERAL, RARE_CLASSES, SKEWED)

#: One per group, None where nothing is in doubt.
Doubts = list[str | None]


def first_of(*doubts: Sequence[str | None]) -> Doubts:
    """Of several lists of doubts, the first one that each group has."""
    return [next((code for code in codes if code), None) for codes in zip(*doubts, strict=True)]
