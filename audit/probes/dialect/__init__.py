"""Would a decision stay if its text were in another variety of English? Rules with provenance, and one's own."""
