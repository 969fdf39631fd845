"""Comparisons: every model x layer x pooling x post-processing x metric over the same queries."""
