"""The environment into which a wheel is installed without a network."""

from tests.ci.conftest import clean

__all__ = ["clean"]
