"""What a reader must know, joined from the parts of a finished result, and what to do next.

The room reads a result and computes nothing that the result does not hold; it has no words for readers either.
"""
