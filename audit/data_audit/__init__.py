"""The data themselves, before any model: who is in them, what is missing, what is there twice, what tells the group.

It reads rows and compares groups by the bounds and tests of `fairness`; it asks no model, and never touches torch.
"""
