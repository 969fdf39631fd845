"""Test collections, one file per kind of data set."""
