"""Whether an explanation may be believed: tests of faithfulness, the outcome of a decision, sanity checks."""
