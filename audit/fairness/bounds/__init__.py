"""How sure a number is: effective sizes, intervals, resampling and linearisation.

It bounds values of single groups and of pairs of groups; which pairs are asked about is settled in `compare`.
"""
