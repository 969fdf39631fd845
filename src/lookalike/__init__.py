"""lookalike: a visual search engine for any heap of pictures."""

__version__ = "0.1.0"
