"""What an advertiser says about itself."""

from datetime import datetime

from django.db import transaction

from advertisers.models import Advertiser
from advertisers.services.locking import lock_team
from common.history import acting
from identity.models import User


def rename(*, advertiser: Advertiser, name: str, by: User, at: datetime) -> Advertiser:
    """Change the name that members see beside campaigns. The old one is not kept: it may be a person's."""
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = lock_team(advertiser)
        if row.name != name:
            row.name, row.renamed_at = name, at
            row.save(update_fields=["name", "renamed_at"])
        return row
