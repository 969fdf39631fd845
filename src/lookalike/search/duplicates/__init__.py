"""Duplicates: same bytes, same picture, merely similar."""
