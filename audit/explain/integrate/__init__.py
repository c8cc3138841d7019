"""Attributions with their own error: integrated gradients along a path, other methods, units they speak of.

Nothing here knows whether an explanation is good; that is asked in `verify`.
"""
