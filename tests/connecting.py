"""Connections of tests in which many wait for the same rows."""

from django.db import connection


def connect_patiently() -> None:
    """
    Open this thread's connection. A request gives a lock up after three seconds and is asked again; a busy machine may need longer to
    let everybody through, and a test of who wins asks once. Stays below the time a statement may take.
    """
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '14s'")
