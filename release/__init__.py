"""What a release must pass, and what goes with it: `python -m release` (docs/release.md)."""
