"""How long inquiries are kept."""

from datetime import datetime

from identity import retention
from inquiries.models import Inquiry


@retention.rule("inquiries.closed", what="끝난 문의", why="전자상거래법 시행령 제6조: 불만·분쟁 기록 3년 보관", keep_days=3 * 366)
def purge_closed(until: datetime) -> int:
    """Inquiries that ended long ago, with every word in them."""
    return Inquiry.objects.unscoped().filter(closed_at__lte=until).delete()[0]
