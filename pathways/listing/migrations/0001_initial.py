from django.db import migrations, models

SQLITE = [
    """CREATE VIRTUAL TABLE listing_fts USING fts5(
        a, b, c, d, content='listing_searchentry', content_rowid='id', tokenize='porter unicode61'
    )""",
    """CREATE TRIGGER listing_fts_insert AFTER INSERT ON listing_searchentry BEGIN
        INSERT INTO listing_fts(rowid, a, b, c, d) VALUES (new.id, new.a, new.b, new.c, new.d);
    END""",
    """CREATE TRIGGER listing_fts_delete AFTER DELETE ON listing_searchentry BEGIN
        INSERT INTO listing_fts(listing_fts, rowid, a, b, c, d)
        VALUES ('delete', old.id, old.a, old.b, old.c, old.d);
    END""",
    """CREATE TRIGGER listing_fts_update AFTER UPDATE ON listing_searchentry BEGIN
        INSERT INTO listing_fts(listing_fts, rowid, a, b, c, d)
        VALUES ('delete', old.id, old.a, old.b, old.c, old.d);
        INSERT INTO listing_fts(rowid, a, b, c, d) VALUES (new.id, new.a, new.b, new.c, new.d);
    END""",
]
# Stems as SQLite makes them, and no word is left out: which little words count for nothing is the parser's to say.
POSTGRESQL = [
    "CREATE TEXT SEARCH DICTIONARY pathways_stem (TEMPLATE = snowball, LANGUAGE = porter)",
    "CREATE TEXT SEARCH CONFIGURATION pathways (COPY = simple)",
    """ALTER TEXT SEARCH CONFIGURATION pathways
        ALTER MAPPING FOR asciiword, word, numword, hword, asciihword, hword_part, hword_asciipart, hword_numpart,
        numhword WITH pathways_stem""",
    """ALTER TABLE listing_searchentry ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('pathways', a), 'A') || setweight(to_tsvector('pathways', b), 'B')
        || setweight(to_tsvector('pathways', c), 'C') || setweight(to_tsvector('pathways', d), 'D')
    ) STORED""",
    "CREATE INDEX listing_searchentry_vector ON listing_searchentry USING gin (vector)",
]


def make_inverted_index(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop_inverted_index(apps, schema_editor):
    # The triggers go with the table of entries.
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE listing_fts")
        return
    schema_editor.execute("ALTER TABLE listing_searchentry DROP COLUMN vector")
    schema_editor.execute("DROP TEXT SEARCH CONFIGURATION pathways")
    schema_editor.execute("DROP TEXT SEARCH DICTIONARY pathways_stem")


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "names",
                    models.TextField(
                        help_text="Between bars, for those who type one exactly.", verbose_name="whole names"
                    ),
                ),
                ("a", models.TextField()),
                ("b", models.TextField()),
                ("c", models.TextField()),
                ("d", models.TextField()),
            ],
            options={"verbose_name": "search entry", "verbose_name_plural": "search entries"},
        ),
        migrations.RunPython(make_inverted_index, drop_inverted_index),
    ]
