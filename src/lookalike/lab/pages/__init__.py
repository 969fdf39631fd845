"""Reports: one HTML page each, with everything in it."""
