"""Reading: any index of a signal planned, fetched and gathered; and values put where an index says."""
