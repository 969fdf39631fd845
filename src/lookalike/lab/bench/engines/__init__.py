"""Search engines that can be compared on the same vectors, one file each."""
