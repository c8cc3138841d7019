"""The run folder and what lies in it: parts, decision and outcome tables, atomic files, progress.

Ground floor: it knows what a decision looks like on disk, and nothing of models, metrics or reports.
"""
