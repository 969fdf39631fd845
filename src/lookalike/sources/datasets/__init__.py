"""Labelled data sets in the formats that they are handed round in, one file per format."""
