"""What is computed: names and definitions of metrics, and their closed forms on tables of counts.

No interval, no comparison of groups: those are `bounds` and `compare`.
"""
