"""Storage: extents, which say how one stretch of samples lies in bytes, and how those bytes are fetched."""
