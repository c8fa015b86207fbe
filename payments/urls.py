"""Addresses of payments, all below the advertiser portal."""

from django.urls import path

from payments import auto_views, doors, payer_views, views

app_name = "payments"
urlpatterns = [
    path("payments/top-up/", views.top_up, name="top-up"),
    path("payments/orders/<slug:order_id>/", views.order, name="order"),
    path("payments/orders/<slug:order_id>/open/", views.order_open, name="order-open"),
    path("payments/orders/<slug:order_id>/identity/", payer_views.order_identity, name="order-identity"),
    path("payments/approvals/", payer_views.approval_list, name="approvals"),
    path("payments/approvals/<uuid:public_id>/approve/", payer_views.approval_approve, name="approval-approve"),
    path("payments/approvals/<uuid:public_id>/refuse/", payer_views.approval_refuse, name="approval-refuse"),
    path("payments/orders/<slug:order_id>/switch/", views.order_switch, name="order-switch"),
    path("payments/orders/<slug:order_id>/complete/", views.order_complete, name="order-complete"),
    path("payments/orders/<slug:order_id>/receipt/", views.order_receipt, name="order-receipt"),
    path("payments/orders/<slug:order_id>/receipt/pdf/", views.order_receipt_pdf, name="order-receipt-pdf"),
    path("payments/orders/<slug:order_id>/refund/", views.order_refund, name="order-refund"),
    path("payments/refunds/<uuid:public_id>/withdraw/", views.refund_withdraw, name="refund-withdraw"),
    path("payments/webhooks/<slug:gateway>/", doors.webhook, name="webhook"),
    path("my-page/auto-top-up/", auto_views.auto_top_up, name="auto-top-up"),
    path("my-page/auto-top-up/stop/", auto_views.auto_top_up_stop, name="auto-top-up-stop"),
    path("my-page/cards/add/", auto_views.card_add, name="card-add"),
    path("my-page/cards/<uuid:public_id>/", auto_views.card, name="card"),
    path("my-page/cards/<uuid:public_id>/register/", auto_views.card_register, name="card-register"),
    path("my-page/cards/<uuid:public_id>/remove/", auto_views.card_remove, name="card-remove"),
    path("my-page/payment/files/<slug:form>/", views.payment_file, name="payment-file"),
    path("my-page/payment/", views.payment_history, name="payment-history"),
    path("my-page/refunds/", views.refunds, name="refunds"),
    path("my-page/refund-account/", views.refund_account, name="refund-account"),
]
