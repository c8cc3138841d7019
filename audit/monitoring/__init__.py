"""The same audit on every window of a stream, with bounds that stay valid however often one looks.

Here belong what is kept of each window, the tests that may be looked at every night, and what they say. How a window is
audited does not: that is the story of `audit.pipeline`; nor how it is told, which `audit.report` does.
"""
