"""What reading and joining costs, beside other ways to do it."""
