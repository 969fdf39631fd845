"""Maps: a space drawn in two dimensions, so that what looks alike lies together."""
