"""Addresses of the members' portal that show what members own."""

from django.urls import path

from rewards import raffle_views, views

app_name = "rewards"
urlpatterns = [
    path("luckffle/", views.home, name="home"),
    path("luckffle/raffles/", raffle_views.raffle_list, name="raffles"),
    path("luckffle/raffles/verify_raffle.py", raffle_views.script, name="raffle-script"),
    path("luckffle/raffles/<uuid:public_id>/", raffle_views.raffle, name="raffle"),
    path("luckffle/raffles/<uuid:public_id>/enter/", raffle_views.enter, name="raffle-enter"),
    path("luckffle/raffles/<uuid:public_id>/claim/", raffle_views.claim, name="raffle-claim"),
    path("luckffle/raffles/<uuid:public_id>/tax/", raffle_views.raffle_tax, name="raffle-tax"),
    path("luckffle/raffles/<uuid:public_id>/verify/", raffle_views.verify, name="raffle-verify"),
    path("luckffle/raffles/<uuid:public_id>/record.json", raffle_views.raffle_record, name="raffle-record"),
]
