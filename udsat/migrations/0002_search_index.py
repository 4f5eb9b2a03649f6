"""Full-text indexes of the databases over the tokens of SearchEntry.

SQLite drops triggers when a later migration rebuilds the table; that migration must recreate them.
"""

from django.db import migrations

SQLITE = [
    # Covering index for ranking, without the long texts.
    """
    CREATE INDEX udsat_searchentry_narrow ON udsat_searchentry (
        id, starts_at, ends_at, kind, municipality_id, year, topics, date, root_id, title_tokens
    )
    """,
    """
    CREATE VIRTUAL TABLE udsat_searchindex USING fts5(
        title_tokens, body_tokens, tags, content = 'udsat_searchentry', content_rowid = 'id',
        detail = 'none', columnsize = 0, prefix = '3 4 5 6 7 8 9 10 11 12', tokenize = "unicode61 remove_diacritics 0"
    )
    """,
    # A smaller index of titles.
    """
    CREATE VIRTUAL TABLE udsat_searchtitleindex USING fts5(
        title_tokens, tags, content = 'udsat_searchentry', content_rowid = 'id',
        detail = 'none', columnsize = 0, prefix = '3 4 5 6 7 8 9 10 11 12', tokenize = "unicode61 remove_diacritics 0"
    )
    """,
    """
    CREATE TRIGGER udsat_searchentry_in AFTER INSERT ON udsat_searchentry BEGIN
        INSERT INTO udsat_searchindex (rowid, title_tokens, body_tokens, tags)
        VALUES (new.id, new.title_tokens, new.body_tokens, new.tags);
        INSERT INTO udsat_searchtitleindex (rowid, title_tokens, tags)
        VALUES (new.id, new.title_tokens, new.tags);
    END
    """,
    """
    CREATE TRIGGER udsat_searchentry_out AFTER DELETE ON udsat_searchentry BEGIN
        INSERT INTO udsat_searchindex (udsat_searchindex, rowid, title_tokens, body_tokens, tags)
        VALUES ('delete', old.id, old.title_tokens, old.body_tokens, old.tags);
        INSERT INTO udsat_searchtitleindex (udsat_searchtitleindex, rowid, title_tokens, tags)
        VALUES ('delete', old.id, old.title_tokens, old.tags);
    END
    """,
]
SQLITE_BACK = [
    "DROP INDEX udsat_searchentry_narrow",
    "DROP TRIGGER udsat_searchentry_in",
    "DROP TRIGGER udsat_searchentry_out",
    "DROP TABLE udsat_searchindex",
    "DROP TABLE udsat_searchtitleindex",
]
# Two vectors without positions and weights; a separate one for titles avoids rechecking rows.
POSTGRESQL = [
    """
    ALTER TABLE udsat_searchentry
    ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        strip(to_tsvector('simple', title_tokens || ' ' || body_tokens || ' ' || tags))
    ) STORED,
    ADD COLUMN title_vector tsvector GENERATED ALWAYS AS (
        strip(to_tsvector('simple', title_tokens || ' ' || tags))
    ) STORED
    """,
    "CREATE INDEX udsat_searchentry_vector ON udsat_searchentry USING gin (vector)",
    "CREATE INDEX udsat_searchentry_title_vector ON udsat_searchentry USING gin (title_vector)",
]
POSTGRESQL_BACK = ["ALTER TABLE udsat_searchentry DROP COLUMN vector, DROP COLUMN title_vector"]


def make(apps, schema_editor):
    run(schema_editor, SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def drop(apps, schema_editor):
    run(schema_editor, SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_BACK)


def run(schema_editor, statements):
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("udsat", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
