"""The read-only API: the lists of the pages, their filters and records, as JSON under /api/v1/."""
