"""What might help: other thresholds, other weights in training, more data. Tried, and told as no promise."""
