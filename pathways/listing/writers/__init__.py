"""Formats: each is one writer, which takes an Export and yields the file as it goes."""
