"""A file on its way into a message: stored before, and taken away again when no message took it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from common import uploads
from common.uploads import StoredFile
from inquiries.models import Attachment

FOLDER = "inquiries"


@contextmanager
def stored(upload: "UploadedFile[Any] | None") -> Iterator[tuple[StoredFile, ...]]:
    """
    The file, stored; taken away again when no message took it, as of a question that was sent twice.

    :raises uploads.FileRefused: it is no picture or PDF that we can read.
    """
    files = (uploads.store(upload, folder=FOLDER, name="첨부"),) if upload else ()
    try:
        yield files
    finally:
        uploads.remove(file.file for file in files if not Attachment.objects.filter(file=file.file).exists())
