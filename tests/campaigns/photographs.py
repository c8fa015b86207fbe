"""Photographs to send in: each number is another one."""

import io
import random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def photograph(number, *, size=(640, 480), quality=90, kind="JPEG", name="photo.jpg"):
    """A colourful picture, always the same for a number."""
    dice = random.Random(number)
    small = Image.frombytes("RGB", (12, 9), dice.randbytes(12 * 9 * 3))
    content = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(content, format=kind, quality=quality)
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/jpeg")


def file_of(content, name="photo.jpg"):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")
