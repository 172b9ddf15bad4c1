"""Django's PostgreSQL, of which a server of pages does not wait longer than it may; commands wait as long as it takes."""
