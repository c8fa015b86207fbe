"""The first questions, guides and notice."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from inquiries import first_content


class Command(BaseCommand):
    """Writes each kind of page that has no row yet; what operators wrote or changed is left alone."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        written = first_content.write(at=timezone.now())
        self.stdout.write(f"{written} questions, guides and notices written.")
