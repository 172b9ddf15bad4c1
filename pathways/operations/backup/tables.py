"""What a backup has to know of the tables, on every kind of database."""

# What migrate itself writes, and who is logged in: a database that holds no more is empty.
OF_MIGRATIONS = {
    "django_migrations",
    "django_content_type",
    "django_session",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}
SESSIONS, DATA_VERSION = "django_session", "curation_dataversion"

# What a manifest says besides, of the same moment as the rows.
STATE = {
    "data_version": f"SELECT epoch, number FROM {DATA_VERSION}",  # noqa: S608
    "migrations": "SELECT app, name FROM django_migrations ORDER BY app, name",
}


def state(execute, tables):
    """Return what the manifest says of the database; ``execute`` runs a statement and gives its rows."""
    version = next(iter(execute(STATE["data_version"])), ("", 0))
    migrations = [list(row) for row in execute(STATE["migrations"])]
    return {
        "data_version": dict(zip(("epoch", "number"), version, strict=True)),
        "migrations": migrations,
        "tables": tables,
    }
