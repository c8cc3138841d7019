"""Rows in: formats, columns, sensitive attributes, and a survey of what is there."""
