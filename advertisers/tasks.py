"""Effects of advertisers: the mail with an invitation; and how long its address is kept."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string

from advertisers.models import Invitation
from advertisers.services import invitations
from common import effects, messaging, portals
from common.effects import Outcome, Result
from common.models import Effect
from identity import retention


@effects.handler("advertisers.invitation")
class InvitationByMail:
    """
    One mail with the link of an invitation. The row of the queue carries a number; the link is derived here, so that neither queue nor
    log ever holds it. A mail server cannot be asked whether it took a mail: after a silence the same mail goes out again.
    """

    def send(self, effect: Effect) -> Outcome:
        row = Invitation.objects.select_related("advertiser", "invited_by").filter(pk=effect.ids["invitation"]).first()
        if row is None or row.state != Invitation.State.OPEN or row.sent_no != effect.ids["sent_no"]:
            return Outcome(Result.FAILED, detail="not offered any more")
        token = invitations.token_of(row)
        if invitations.hash_of(token) != row.token_hash:
            return Outcome(Result.FAILED, detail="the key has changed since")
        context = _context(row, token)
        messaging.send_mail(
            to=row.email,
            subject=" ".join(
                render_to_string("advertisers/mail/invitation_subject.txt", context).split()
            ),  # one line: no header can be added
            text=render_to_string("advertisers/mail/invitation.txt", context),
            html=render_to_string("advertisers/mail/invitation.html", context),
            ref=f"{row.public_id}.{row.sent_no}",
        )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


def _context(row: Invitation, token: str) -> dict[str, Any]:
    link = portals.absolute(portals.ADVERTISER, "advertisers:invitation", token=token)
    return {"invitation": row, "link": link, "company": settings.COMPANY}


@retention.rule("advertisers.invitations", what="팀 초대의 이메일 주소", why="초대 문의 확인: 끝난 뒤 90일 보관", keep_days=90)
def purge_invitations(until: datetime) -> int:
    """Invitations that were taken, taken back, or ran out long ago."""
    return Invitation.objects.filter(Q(closed_at__lte=until) | Q(expires_at__lte=until)).delete()[0]
