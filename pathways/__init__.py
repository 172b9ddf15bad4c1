"""A public knowledge base of practices and recommendations on legal pathways for migration."""

__version__ = "0.2.0"
