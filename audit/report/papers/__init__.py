"""Papers that go with a model, each from the run folder alone: model card, ML-BOM, attestation, tables, print.

None holds text of the audited data but the print, and that only for internal readers.
"""
