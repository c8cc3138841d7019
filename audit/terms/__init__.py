"""Identity terms: lexicons as data files, where a text names a group, and edits by character span.

It knows words, never a model; what exchanging terms does to a decision is asked in `probes`.
"""
