"""A first configuration for data and a model that nothing is known about: guessed, with the reason of every guess.

What a column or a value is called says what it probably is. Where nothing says it, one question is asked.
"""
