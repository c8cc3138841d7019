"""Personal data in texts: where it stands and of which kind it is, never what it says.

One module per kind. A finder looks for a shape and then asks a rule about it: a checksum, a numbering plan, a range of
values. What has the shape but not the rule is left alone, and so is what the words before it call something else, as an
order number or a version. Neither names nor addresses of houses are looked for: they have no rule; see
`audit.data.presidio`.
"""

from audit.personal.finding import KINDS, Found, find_personal

__all__ = ["KINDS", "Found", "find_personal"]
