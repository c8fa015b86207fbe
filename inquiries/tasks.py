"""How long inquiries are kept."""

from datetime import datetime

from django.db import transaction

from common import uploads
from identity import retention
from inquiries.models import Attachment, Inquiry


@retention.rule("inquiries.closed", what="끝난 문의", why="전자상거래법 시행령 제6조: 불만·분쟁 기록 3년 보관", keep_days=3 * 366)
def purge_closed(until: datetime) -> int:
    """Inquiries that ended long ago, with every word and file in them."""
    old = Inquiry.objects.unscoped().filter(closed_at__lte=until)
    files = list(Attachment.objects.filter(message__inquiry__in=old).values_list("file", flat=True))
    count = old.delete()[0]
    transaction.on_commit(lambda: uploads.remove(files))
    return count
