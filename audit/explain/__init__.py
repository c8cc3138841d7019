"""Why the model decided as it did: which decisions to explain, and integrated gradients for them."""
