"""The only way from an advertiser's request to a campaign: strangers find nothing, weak roles are refused."""

from uuid import UUID

from django.http import Http404, HttpRequest

from advertisers.access import SPENDERS, membership_of, require_role
from campaigns.models import Campaign, Draft, Export, ReportSchedule
from campaigns.models.schedules import ReportScheduleQuerySet


def get_campaign(request: HttpRequest, public_id: UUID, *, roles: frozenset[str] | None = None) -> Campaign:
    """
    The campaign, if it belongs to the advertiser the signed-in person acts for.

    :raises Http404: it does not, or there is none.
    :raises PermissionDenied: the person's role is not one of `roles`.
    """
    membership = membership_of(request)
    mine = Campaign.objects.owned_by(membership.advertiser).select_related("advertiser", "hold", "raffle__hold")
    campaign = mine.filter(public_id=public_id).first()
    if campaign is None:
        raise Http404("no such campaign of this advertiser")
    if roles is not None:
        require_role(membership, roles)
    return campaign


def get_draft(request: HttpRequest, public_id: UUID) -> Draft:
    """
    The draft, if it belongs to the advertiser the signed-in person acts for; whoever may not launch campaigns writes none.

    :raises Http404: it does not, or there is none.
    :raises PermissionDenied: the person's role is no spender.
    """
    membership = membership_of(request)
    mine = Draft.objects.owned_by(membership.advertiser)
    mine = mine.select_related("advertiser", "corrects__hold", "corrects__raffle__hold", "campaign")
    draft = mine.filter(public_id=public_id).first()
    if draft is None:
        raise Http404("no such draft of this advertiser")
    require_role(membership, SPENDERS)
    return draft


def get_export(request: HttpRequest, public_id: UUID) -> Export:
    """
    The file, if somebody of the team asked for it that the signed-in person acts for.

    :raises Http404: nobody did, or there is none.
    """
    export = Export.objects.owned_by(membership_of(request).advertiser).filter(public_id=public_id).first()
    if export is None:
        raise Http404("no such file of this advertiser")
    return export


def report_schedules(request: HttpRequest) -> ReportScheduleQuerySet:
    """The reports that go to the signed-in person, and all of the team for its owner; with their readers."""
    membership = membership_of(request)
    mine = ReportSchedule.objects.owned_by(membership.advertiser).select_related("member__user", "recipient")
    return mine if membership.is_owner else mine.filter(member=membership)


def get_report_schedule(request: HttpRequest, public_id: UUID) -> ReportSchedule:
    """
    The report, if it goes to the signed-in person, or if they are the team's owner.

    :raises Http404: it does not, or there is none.
    """
    found = report_schedules(request).filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such report of this person")
    return found
