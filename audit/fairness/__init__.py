"""From decisions to disparities: tally, metrics by Fairlearn, intervals, gaps.

A *metric* is one number of one group. A *disparity* compares it between groups: the difference of the largest and the
smallest value, or the ratio of the smallest to the largest. A metric whose denominator is empty is undefined in that
group, which then enters no gap; it is never zero.
"""
