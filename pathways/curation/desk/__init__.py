"""The pages of the admin on which records are curated, each a part of RecordAdmin."""
