"""Learning a better space for one library from labels or judgments."""
