"""The version of lookalike."""

__version__ = "0.1.0"
