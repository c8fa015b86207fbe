"""Addresses of the members' portal that show what members own."""

from django.urls import path

from rewards import account_views, offerwall_views, raffle_views, shop_views, views

app_name = "rewards"
urlpatterns = [
    path("luckffle/", views.home, name="home"),
    path("luckffle/signup/", account_views.signup, name="signup"),
    path("luckffle/signup/finish/", account_views.signup_finish, name="signup-finish"),
    path("luckffle/me/", views.me, name="me"),
    path("luckffle/offerwalls/", offerwall_views.offerwalls, name="offerwalls"),
    path("luckffle/me/phone/", account_views.phone, name="phone"),
    path("luckffle/me/rename/", account_views.rename, name="rename"),
    path("luckffle/me/identity/", account_views.identity, name="identity"),
    path("luckffle/me/data/", account_views.data, name="data"),
    path("luckffle/me/data/file/", account_views.data_file, name="data-file"),
    path("luckffle/me/leave/", account_views.leave, name="leave"),
    path("luckffle/attendance/", views.attend, name="attendance"),
    path("luckffle/me/inbox/", views.inbox, name="inbox"),
    path("luckffle/me/invite/", views.invite, name="invite"),
    path("luckffle/wallet/", views.wallet, name="wallet"),
    path("luckffle/raffles/", raffle_views.raffle_list, name="raffles"),
    path("luckffle/raffles/verify_raffle.py", raffle_views.script, name="raffle-script"),
    path("luckffle/raffles/<uuid:public_id>/", raffle_views.raffle, name="raffle"),
    path("luckffle/raffles/<uuid:public_id>/enter/", raffle_views.enter, name="raffle-enter"),
    path("luckffle/raffles/<uuid:public_id>/claim/", raffle_views.claim, name="raffle-claim"),
    path("luckffle/raffles/<uuid:public_id>/tax/", raffle_views.raffle_tax, name="raffle-tax"),
    path("luckffle/raffles/<uuid:public_id>/verify/", raffle_views.verify, name="raffle-verify"),
    path("luckffle/raffles/<uuid:public_id>/record.json", raffle_views.raffle_record, name="raffle-record"),
    path("luckffle/shop/", shop_views.shop, name="shop"),
    path("luckffle/shop/box/", shop_views.box, name="box"),
    path("luckffle/shop/box/<uuid:public_id>/", shop_views.coupon, name="coupon"),
    path("luckffle/shop/box/<uuid:public_id>/barcode.png", shop_views.barcode, name="coupon-barcode"),
    path("luckffle/shop/box/<uuid:public_id>/resend/", shop_views.resend, name="coupon-resend"),
    path("luckffle/shop/<uuid:public_id>/", shop_views.gifticon, name="gifticon"),
    path("luckffle/shop/<uuid:public_id>/exchange/", shop_views.exchange, name="gifticon-exchange"),
]
