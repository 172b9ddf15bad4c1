"""Django's PostgreSQL, for which a server of pages waits no longer than it may; a command waits as long as it takes."""
