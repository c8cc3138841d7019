"""The story of one audit: which stages run, in which order, and what each hands to the next.

The room may use every other room; no other room uses it. It holds no formula and no sentence of a report.
"""
