"""Pixels and words to vectors: one file per encoder family."""
