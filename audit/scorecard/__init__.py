"""Five dimensions of risk, each a weighted sum of indicators that were measured, with the range that is left open.

Indicators stand in a data file: the field of the result that each reads, the two ends that mean 0 and 1, its weight.
Nothing is measured here, and what was not measured is unknown, never zero.
"""
