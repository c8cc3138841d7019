"""Groups against groups, and a model against its baseline: disparities, changes, strata, discovery, tables of law.

It reads tallies, takes values from `metrics` and bounds from `bounds`, and fills parts of the result.
"""
