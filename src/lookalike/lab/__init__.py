"""Measuring: data sets, metrics, reports."""
