"""Standing suites: what is measured again after every change, one file per suite."""
