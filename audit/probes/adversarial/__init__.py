"""Can a decision be turned by exchanging a few words for others that say the same, or by slips within words?

What may stand in the place of a word (`substitutes`), the search that explanations steer, and random substitution with
the same budget beside it (`search`).
"""
