"""Pages that span practices and meetings."""
