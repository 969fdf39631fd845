"""What people mean by the words that they type."""
