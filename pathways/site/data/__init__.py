"""The open data: all that is public as tables that refer to each other, and what changed in it."""
