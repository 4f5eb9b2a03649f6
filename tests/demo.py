"""The demo for tests in which a server of its own reads the database. Loaded once; after that copied back."""

import io
import shutil

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction

# The rows of each table and the folder of the files, as load_demo left them on PostgreSQL.
_kept: dict[str, tuple[str, bytes]] = {}


def load(var, keep):
    """Bring the demo into an empty database and its files into `var`; `keep` is a folder that outlives the test."""
    if connection.vendor != "postgresql":
        call_command("load_demo", verbosity=0, stdout=io.StringIO())
    elif not _kept:
        call_command("load_demo", verbosity=0, stdout=io.StringIO())
        shutil.copytree(var, keep / "demo")
        _take()
    else:
        shutil.copytree(keep / "demo", var, dirs_exist_ok=True)
        _give_back()


def _take():
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_name = %s AND is_generated = 'NEVER'",
                [table],
            )
            [columns] = cursor.fetchone()
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as rows:
                _kept[table] = (columns, b"".join(rows))


def _give_back():
    # The keys between tables are checked at the end of the transaction, so the order of the tables is free.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_kept)}")
        for table, (columns, rows) in _kept.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(rows)
        models = connection.introspection.installed_models(_kept)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    ContentType.objects.clear_cache()
