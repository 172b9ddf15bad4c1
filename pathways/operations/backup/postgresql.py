"""PostgreSQL: pg_dump of an exported snapshot, in which the rows are counted too; restored by psql in one transaction,
which holds the rows against the manifest before it commits.

The programs are of the server's own major version: an older pg_dump refuses the server, and what newer programs write
an older server may refuse.
"""

import os
import re
import secrets
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

import psycopg
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from .archive import BackupError
from .tables import DATA_VERSION, OF_MIGRATIONS, SESSIONS, state

# How long pages under way are waited for.
PATIENCE = "30s"
PROGRAMS = ("pg_dump", "pg_restore", "psql")
# Where Debian keeps the programs of each version, beside those on the path.
DEBIAN = Path("/usr/lib/postgresql")

# The tables of the schema, each with the question how many rows it has and what their checksums add up to. Generated
# columns follow from the others.
TABLES = """
SELECT c.relname::text AS name, format(
    'SELECT count(*)::text, coalesce(sum((''x'' || left(md5(line), 16))::bit(64)::bigint), 0)::text '
    'FROM (SELECT ROW(%s)::text AS line FROM %I.%I) AS every_row',
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
    n.nspname, c.relname
) AS question
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
# A row reads the same as text under the same settings only.
SAME_TEXT = """
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
"""
# Ends the transaction if a table is not what the manifest says.
VERIFY = """
DO $verify$ DECLARE one record; rows_there text; checksum_there text; BEGIN
    FOR one IN SELECT * FROM ({tables}) AS there FULL JOIN (VALUES {expected}) AS m (name, rows, checksum) USING (name)
    LOOP
        IF one.question IS NULL OR one.rows IS NULL THEN
            RAISE EXCEPTION 'the table % is only on one side', one.name;
        END IF;
        EXECUTE one.question INTO rows_there, checksum_there;
        IF (rows_there, checksum_there) IS DISTINCT FROM (one.rows, one.checksum) THEN
            RAISE EXCEPTION 'the table % has % rows (checksum %), where the backup had % (checksum %)',
                one.name, rows_there, checksum_there, one.rows, one.checksum;
        END IF;
    END LOOP;
END $verify$;
"""
# What a dump makes again, but for what belongs to an extension: the kind, and the name.
MADE_AGAIN = """
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    c.relname::text
FROM pg_class c WHERE c.relnamespace = {schema}::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
UNION ALL
SELECT 'TEXT SEARCH CONFIGURATION', cfgname::text
FROM pg_ts_config c WHERE cfgnamespace = {schema}::regnamespace
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend WHERE classid = 'pg_ts_config'::regclass AND objid = c.oid AND deptype = 'e')
UNION ALL
SELECT 'TEXT SEARCH DICTIONARY', dictname::text
FROM pg_ts_dict d WHERE dictnamespace = {schema}::regnamespace
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend WHERE classid = 'pg_ts_dict'::regclass AND objid = d.oid AND deptype = 'e')
"""


class Postgresql:
    member = "database.dump"

    @cached_property
    def release(self):
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return cursor.fetchone()[0]

    @cached_property
    def schema(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            return cursor.fetchone()[0]

    def copy(self, path):
        program = self.program("pg_dump")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # A dump takes as long as it takes.
                cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
                cursor.execute("SELECT pg_export_snapshot()")
                (snapshot,) = cursor.fetchone()
                options = ["--format=custom", f"--snapshot={snapshot}", f"--schema={self.schema}", f"--file={path}"]
                done = subprocess.run(  # noqa: S603 -- our own words, and no shell
                    [program, *options, f"--dbname={self.address}"],
                    env=self.environment,
                    # So that a limit on the size of files is told in words, not by a signal.
                    restore_signals=False,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    raise BackupError(f"pg_dump failed: {last_words(done.stderr) or f'ended by {done.returncode}'}")
                return state(lambda query: cursor.execute(query) or cursor.fetchall(), self.fingerprints(cursor))
        except DatabaseError as error:
            raise BackupError(f"The database cannot be copied: {error}") from None

    def fingerprints(self, cursor):
        cursor.execute(SAME_TEXT)
        cursor.execute(self.query(TABLES))
        found = {}
        for name, question in sorted(cursor.fetchall()):
            cursor.execute(question)
            rows, checksum = cursor.fetchone()
            found[name] = {"rows": int(rows), "checksum": checksum}
        return found

    def filled(self):
        with connection.cursor() as cursor:
            cursor.execute(self.query(TABLES))
            names = sorted(name for name, _question in cursor.fetchall() if name not in OF_MIGRATIONS)
            found = []
            for name in names:
                table = sql.Identifier(self.schema, name)
                cursor.execute(self.query("SELECT EXISTS (SELECT 1 FROM {table})", table=table))
                found += [name] if cursor.fetchone()[0] else []
        return found

    def replace(self, path, expected):
        restore, psql = self.program("pg_restore"), self.program("psql")
        before, after = self.before(), self.after(expected)
        command = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={self.address}", "--file=-"]
        environment = self.environment
        # No lock of ours may stand in the way.
        connection.close()
        # Whoever ends first: without the last statement there was no transaction.
        with subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as running:
            read = None
            try:
                running.stdin.write(before.encode())
                running.stdin.flush()
                read = subprocess.run(  # noqa: S603
                    [restore, "--no-owner", "--no-privileges", f"--schema={self.schema}", "--file=-", str(path)],
                    stdout=running.stdin,
                    stderr=subprocess.PIPE,
                    text=True,
                    check=False,
                )
                if read.returncode == 0:
                    running.stdin.write(after.encode())
            except BrokenPipeError:
                pass
            _out, told = running.communicate()
        if running.returncode or read is None or read.returncode:
            reason = last_words(told.decode(errors="replace")) or last_words(read.stderr if read else "")
            raise BackupError(f"The database cannot be restored: {reason}. It is as it was before.")

    def before(self):
        """Return what opens the transaction and takes away what stands there, once nobody reads or writes it."""
        with connection.cursor() as cursor:
            cursor.execute(self.query(MADE_AGAIN))
            # Sequences go with the tables that own them.
            going = sorted(cursor.fetchall(), key=lambda one: one[0] != "TABLE")
        going = [(kind, sql.Identifier(self.schema, name)) for kind, name in going]
        tables = [name for kind, name in going if kind == "TABLE"]
        parts = ["BEGIN", "SET client_min_messages = warning", f"SET LOCAL lock_timeout = '{PATIENCE}'"]
        if tables:
            parts.append(self.query("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE", tables=sql.SQL(", ").join(tables)))
        parts += [self.query(f"DROP {kind} IF EXISTS {{name}} CASCADE", name=name) for kind, name in going]
        return ";\n".join(parts) + ";\n"

    def after(self, expected):
        """Return what holds the rows against the manifest and closes the transaction."""
        rows = [
            sql.SQL("({}, {}, {})").format(name, str(table["rows"]), table["checksum"])
            for name, table in expected.items()
        ]
        verify = self.query(VERIFY.replace("{tables}", TABLES), expected=sql.SQL(", ").join(rows))
        sessions = self.query("DELETE FROM {table}", table=sql.Identifier(self.schema, SESSIONS))
        advance = self.query(
            "UPDATE {table} SET number = number + 1, epoch = {epoch}",
            table=sql.Identifier(self.schema, DATA_VERSION),
            epoch=secrets.token_hex(8),
        )
        return f"\n{SAME_TEXT}{verify}{sessions};\n{advance};\nCOMMIT;\n"

    def query(self, text, **parts):
        """Return ``text`` with ``parts`` and the name of the schema in their places, quoted."""
        connection.ensure_connection()
        return sql.SQL(text).format(schema=self.schema, **parts).as_string(connection.connection)

    # The programs

    @cached_property
    def address(self):
        """The database as libpq's programs know it, without the password.

        It is made of what the settings say and of nothing else: the library that is linked here may know of parameters
        that the programs do not.
        """
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} - {"password"}
        given = connection.get_connection_params()
        return psycopg.conninfo.make_conninfo(**{name: given[name] for name in known & given.keys() if given[name]})

    @cached_property
    def environment(self):
        connection.ensure_connection()
        password = connection.connection.info.password
        return {**os.environ, **({"PGPASSWORD": password} if password else {})}

    def program(self, name):
        """Return the path of one of PostgreSQL's programs, of the server's major version."""
        return str(self.programs / name)

    @cached_property
    def programs(self):
        """The folder of PostgreSQL's programs that fit the server."""
        connection.ensure_connection()
        wanted, seen = connection.connection.info.server_version // 10_000, set()
        folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
        for folder in [*folders, *sorted(DEBIAN.glob("*/bin"))]:
            if all(shutil.which(name, path=folder) for name in PROGRAMS):
                told = subprocess.run(  # noqa: S603
                    [folder / "pg_dump", "--version"], capture_output=True, text=True, check=False
                )
                found = re.search(r"(\d+)", told.stdout)
                if found and int(found[1]) == wanted:
                    return folder
                seen.update(found.groups() if found else ())
        others = f"; there is {', '.join(sorted(seen))} only" if seen else ""
        raise BackupError(
            f"pg_dump, pg_restore and psql of PostgreSQL {wanted}, as the server is, are wanted on the path{others}: "
            f"install postgresql-client-{wanted}."
        )


def last_words(told):
    """Return what a program said went wrong, on one line."""
    lines = [line.strip() for line in told.splitlines() if re.search("error|fatal|could not", line, re.IGNORECASE)]
    return (lines or told.strip().splitlines() or [""])[0].rstrip(".")
