"""Feedback that learns: judgments of pictures under a query become one more vector clause."""
