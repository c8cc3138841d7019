"""What carries a gap between groups: concepts, their contributions, masking, reliance on identity terms."""
