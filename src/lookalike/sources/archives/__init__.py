"""Pictures inside archives: one file per kind of archive, read in place and never unpacked."""
