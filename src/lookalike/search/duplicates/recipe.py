"""Which version of the comparison found a pair."""

from __future__ import annotations

RECIPE = 3
"""Changes whenever other pairs would be found, by whatever step; all are compared anew then."""
