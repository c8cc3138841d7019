"""Entities in words and texts: tag sequences and character spans read as entities, matched, and scored.

Here belongs what needs nothing but the entities themselves: no model, no table of the audit, no number of a group.
Models that tag words use it, and so do stored tags.
"""
