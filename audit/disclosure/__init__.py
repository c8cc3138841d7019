"""Statistical disclosure control: which numbers of a result may be told to everybody.

Counts of fewer than ten decisions are suppressed, and with them what would give them back (Hundepool et al. 2012,
*Statistical Disclosure Control*): whoever knows all that is told can solve for what is not.
"""
