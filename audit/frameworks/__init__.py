"""Compliance packs: laws, rules and standards as data files, and which part of a result answers which of their clauses.

Law moves, so every pack says since when it holds, what took its place, and when somebody last looked. A clause is
answered by *evidence*, a part of the result, or by *words* that only people can give. Nothing here judges whether an
answer is good enough.
"""
