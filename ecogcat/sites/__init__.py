"""Sites: what a channel map can do with its sites - grids filled, distances, sets of sites, other forms of a map."""
