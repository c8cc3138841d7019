"""Models under audit: one adapter per task, and the batching engine they share."""
