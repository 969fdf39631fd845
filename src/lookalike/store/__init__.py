"""What keeps a library: tables, vectors, indices, format."""
