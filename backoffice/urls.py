"""Every address of the back office: our rooms first, then the model pages of the site. Mounted by config/urls/backoffice.py."""

from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from backoffice.site import site
from backoffice.views import (
    dashboard,
    evidence,
    inquiries,
    liabilities,
    money_switch,
    papers,
    reconciliation,
    refunds,
    review,
    signup_steps,
    transfers,
)

rooms = [
    path("", dashboard.dashboard, name="index"),
    path("alerts/<uuid:public_id>/dismiss/", dashboard.alert_dismiss, name="alert-dismiss"),
    path("proof/run/", dashboard.proof_run, name="proof-run"),
    path("liabilities/", liabilities.liabilities, name="liabilities"),
    path("postings/", liabilities.postings, name="postings"),
    path("money-switch/", money_switch.money_switch, name="money-switch"),
    path("money-switch/stop/", money_switch.money_stop, name="money-stop"),
    path("money-switch/resume/", money_switch.money_resume, name="money-resume"),
    path("reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("reconciliation/run/", reconciliation.reconciliation_run, name="reconciliation-run"),
    path("reconciliation/upload/", reconciliation.settlement_upload, name="settlement-upload"),
    path("refunds/", refunds.refund_list, name="refund-list"),
    path("refunds/<uuid:public_id>/", refunds.refund_detail, name="refund-detail"),
    path("refunds/<uuid:public_id>/approve/", refunds.refund_approve, name="refund-approve"),
    path("refunds/<uuid:public_id>/deny/", refunds.refund_deny, name="refund-deny"),
    path("refunds/<uuid:public_id>/retry/", refunds.refund_retry, name="refund-retry"),
    path("inquiries/", inquiries.inquiry_list, name="inquiry-list"),
    path("inquiries/<uuid:public_id>/", inquiries.inquiry_detail, name="inquiry-detail"),
    path("inquiries/<uuid:public_id>/answer/", inquiries.inquiry_answer, name="inquiry-answer"),
    path("inquiries/<uuid:public_id>/note/", inquiries.inquiry_note, name="inquiry-note"),
    path("inquiries/<uuid:public_id>/take/", inquiries.inquiry_take, name="inquiry-take"),
    path("inquiries/<uuid:public_id>/close/", inquiries.inquiry_close, name="inquiry-close"),
    path("inquiries/attachments/<uuid:public_id>/", inquiries.inquiry_attachment, name="inquiry-attachment"),
    path("signup-steps/", signup_steps.signup_step_list, name="signup-steps"),
    path("papers/", papers.paper_list, name="paper-list"),
    path("papers/<uuid:public_id>/", papers.paper_detail, name="paper-detail"),
    path("papers/<uuid:public_id>/pages/<int:number>/", papers.paper_page, name="paper-page"),
    path("papers/<uuid:public_id>/file/", papers.paper_file, name="paper-file"),
    path("papers/<uuid:public_id>/approve/", papers.paper_approve, name="paper-approve"),
    path("papers/<uuid:public_id>/ask-again/", papers.paper_ask_again, name="paper-ask-again"),
    path("papers/<uuid:public_id>/refuse/", papers.paper_refuse, name="paper-refuse"),
    path("refunds/<uuid:public_id>/send-by-bank/", transfers.transfer_ask, name="transfer-ask"),
    path("refunds/<uuid:public_id>/approve-transfer/", transfers.transfer_approve, name="transfer-approve"),
    path("refunds/<uuid:public_id>/start-transfer/", transfers.transfer_start, name="transfer-start"),
    path("refunds/<uuid:public_id>/finish-transfer/", transfers.transfer_finish, name="transfer-finish"),
    path("refunds/<uuid:public_id>/call-off-transfer/", transfers.transfer_call_off, name="transfer-call-off"),
    path("review/", review.review_list, name="review-list"),
    path("review/<uuid:public_id>/", review.review_detail, name="review-detail"),
    path("review/<uuid:public_id>/approve/", review.review_approve, name="review-approve"),
    path("review/<uuid:public_id>/reject/", review.review_reject, name="review-reject"),
    path("review/<uuid:public_id>/ask-changes/", review.review_ask_changes, name="review-ask-changes"),
    path("review/<uuid:public_id>/lock/", review.review_lock, name="review-lock"),
    path("review/<uuid:public_id>/images/<uuid:image>/", review.review_image, name="review-image"),
    path("review/<uuid:public_id>/claim/", review.review_claim, name="review-claim"),
    path("review/<uuid:public_id>/hold/", review.review_hold, name="review-hold"),
    path("review/<uuid:public_id>/go-on/", review.review_go_on, name="review-go-on"),
    path("review/<uuid:public_id>/flag/", review.review_flag, name="review-flag"),
    path("review/<uuid:public_id>/fine/", review.review_fine, name="review-fine"),
    path("review/<uuid:public_id>/expose/", review.review_expose, name="review-expose"),
    path("exposure/", review.exposure_order, name="exposure-order"),
    path("exposure/reorder/", review.exposure_reorder, name="exposure-reorder"),
    path("review/<uuid:public_id>/unlock/", review.review_unlock, name="review-unlock"),
    path("evidence/", evidence.evidence_list, name="evidence-list"),
    path("evidence/<uuid:evidence_id>/picture/", evidence.evidence_picture, name="evidence-picture"),
    path("evidence/<uuid:evidence_id>/approve/", evidence.evidence_approve, name="evidence-approve"),
    path("evidence/<uuid:evidence_id>/refuse/", evidence.evidence_refuse, name="evidence-refuse"),
    # The theme's menu links here by this name.
    path("password_change/", require_safe(RedirectView.as_view(pattern_name="account_change_password")), name="password_change"),
]

urlpatterns = [*rooms, *site.get_urls()]
mounted = (urlpatterns, "admin", site.name)
