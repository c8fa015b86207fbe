"""Addresses of campaigns in the advertiser portal."""

from django.urls import path

from campaigns.postbacks import doors
from campaigns.views import advertiser, analytics, approvals, checking, choosing, library, manage, postbacks, wizard

app_name = "campaigns"
urlpatterns = [
    path("campaigns/", advertiser.campaign_list, name="list"),
    path("campaigns/new/", wizard.new, name="new"),
    path("campaigns/drafts/<uuid:public_id>/discard/", wizard.draft_discard, name="draft-discard"),
    path("campaigns/drafts/<uuid:public_id>/preview/<slug:view>/", wizard.draft_preview, name="draft-preview"),
    path("campaigns/drafts/<uuid:public_id>/<slug:step>/", wizard.draft_step, name="draft-step"),
    path("campaigns/images/", library.image_list, name="images"),
    path("campaigns/images/<uuid:public_id>/", wizard.image, name="image"),
    path("campaigns/approvals/", approvals.approval_list, name="approvals"),
    path("campaigns/approvals/<uuid:public_id>/approve/", approvals.approve, name="approval-approve"),
    path("campaigns/approvals/<uuid:public_id>/refuse/", approvals.refuse, name="approval-refuse"),
    path("campaigns/<uuid:public_id>/", advertiser.detail, name="detail"),
    path("campaigns/<uuid:public_id>/correct/", wizard.correct, name="correct"),
    path("campaigns/<uuid:public_id>/duplicate/", wizard.duplicate, name="duplicate"),
    path("campaigns/<uuid:public_id>/pause/", advertiser.pause, name="pause"),
    path("campaigns/<uuid:public_id>/resume/", advertiser.resume, name="resume"),
    path("campaigns/<uuid:public_id>/end/", advertiser.end, name="end"),
    path("campaigns/<uuid:public_id>/raise-budget/", advertiser.raise_budget, name="raise-budget"),
    path("my-page/analytics/", analytics.analytics_page, name="analytics"),
    path("campaigns/bulk/", manage.bulk, name="bulk"),
    path("campaigns/plans/<uuid:public_id>/cancel/", manage.plan_cancel, name="plan-cancel"),
    path("campaigns/<uuid:public_id>/appeal/", manage.appeal, name="appeal"),
    path("campaigns/<uuid:public_id>/extend/", manage.extend, name="extend"),
    path("campaigns/<uuid:public_id>/own-list/", manage.own_list, name="own-list"),
    path("campaigns/<uuid:public_id>/plan/", manage.plan, name="plan"),
    path("campaigns/<uuid:public_id>/withdraw/", advertiser.withdraw, name="withdraw"),
    path("campaigns/<uuid:public_id>/postbacks/", postbacks.postback_list, name="postbacks"),
    path("campaigns/<uuid:public_id>/postbacks/try/", postbacks.postback_try, name="postback-try"),
    path("campaigns/<uuid:public_id>/postbacks/events/add/", postbacks.postback_event_add, name="postback-event-add"),
    path("campaigns/<uuid:public_id>/postbacks/events/drop/", postbacks.postback_event_drop, name="postback-event-drop"),
    path("campaigns/<uuid:public_id>/postbacks/rotate/", postbacks.postback_rotate, name="postback-rotate"),
    path("campaigns/<uuid:public_id>/postbacks/end-earlier/", postbacks.postback_end_earlier, name="postback-end-earlier"),
    path("postbacks/<slug:network>/", doors.postback, name="postback"),
    path("postbacks/<slug:network>/<str:credential>/", doors.postback, name="postback-with"),
    path("campaigns/<uuid:public_id>/applications/", choosing.application_list, name="applications"),
    path("campaigns/<uuid:public_id>/applications/<uuid:application_id>/choose/", choosing.choose, name="application-choose"),
    path("campaigns/<uuid:public_id>/applications/<uuid:application_id>/pass/", choosing.pass_over, name="application-pass"),
    path("campaigns/<uuid:public_id>/evidence/", checking.evidence_list, name="evidence"),
    path("campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/picture/", checking.evidence_picture, name="evidence-picture"),
    path("campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/approve/", checking.evidence_approve, name="evidence-approve"),
    path("campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/refuse/", checking.evidence_refuse, name="evidence-refuse"),
]
