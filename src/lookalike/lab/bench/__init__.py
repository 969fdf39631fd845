"""How fast is it here: the steps of the way of a picture, and search engines side by side."""
