"""Rules become verdicts. One function judges; every output shows what it said."""
