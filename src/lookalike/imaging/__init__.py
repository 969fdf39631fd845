"""Bytes to pixels: safe decoding, orientation, metadata, thumbnails, the sandboxed workers."""
