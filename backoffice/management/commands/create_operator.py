"""Make an operator. Exit codes: 0 made, 1 refused."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice import operators, rights
from common.errors import DomainError


class Command(BaseCommand):
    help = "Make an operator and print the first password once. A second factor is demanded at the first sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="work e-mail, which is the login ID")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", action="append", required=True, choices=sorted(rights.RIGHTS), help="once for each role")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        roles = ", ".join(sorted(set(options["role"])))
        try:
            if options["dry_run"]:
                operators.refuse_taken(options["email"])
                self.stdout.write(f"would make {options['email']} with {roles}")
                return
            user, password = operators.hire(
                email=options["email"], name=options["name"], roles=options["role"], by=None, reason="create_operator", at=timezone.now()
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"made {user.email} with {roles}; first password, shown once: {password}")
