"""The demo content for tests with a live server. On PostgreSQL it is loaded once and then restored from a copy."""

import io
import shutil

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction

# Columns and rows of each table after load_demo.
_saved_tables: dict[str, tuple[str, bytes]] = {}


def load(var, keep):
    """Load the demo into an empty database and its files into `var`. The copy is in `keep`, which outlives the test."""
    if connection.vendor != "postgresql":
        call_command("load_demo", verbosity=0, stdout=io.StringIO())
    elif not _saved_tables:
        call_command("load_demo", verbosity=0, stdout=io.StringIO())
        shutil.copytree(var, keep / "demo")
        _save_tables()
    else:
        shutil.copytree(keep / "demo", var, dirs_exist_ok=True)
        _restore_tables()


def _save_tables():
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_name = %s AND is_generated = 'NEVER'",
                [table],
            )
            [columns] = cursor.fetchone()
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as rows:
                _saved_tables[table] = (columns, b"".join(rows))


def _restore_tables():
    # Foreign keys are checked at the end of the transaction, so the order of the tables does not matter.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_saved_tables)}")
        for table, (columns, rows) in _saved_tables.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(rows)
        models = connection.introspection.installed_models(_saved_tables)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    ContentType.objects.clear_cache()
