"""The Word templates of reporting and what makes them."""
