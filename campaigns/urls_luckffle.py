"""Addresses of missions in the members' portal."""

from django.urls import path

from campaigns.views import missions, participations

app_name = "campaigns"
urlpatterns = [
    path("luckffle/missions/", participations.mission_list, name="missions"),
    path("luckffle/missions/<uuid:public_id>/", missions.mission, name="mission"),
    path("luckffle/missions/seen/", missions.seen, name="seen"),
    path("luckffle/participations/", participations.participations, name="participations"),
    path("luckffle/participations/<uuid:public_id>/", participations.participation, name="participation"),
    path("luckffle/participations/<uuid:public_id>/claim/", participations.claim, name="claim"),
    path("luckffle/images/<uuid:public_id>/", missions.image, name="mission-image"),
    path("luckffle/banners/<uuid:public_id>/", missions.banner_image, name="banner-image"),
    path("luckffle/missions/<uuid:public_id>/apply/", missions.apply, name="mission-apply"),
    path("luckffle/missions/<uuid:public_id>/start/", missions.start, name="mission-start"),
    path("luckffle/missions/<uuid:public_id>/open/", missions.open_landing, name="mission-open"),
    path("luckffle/missions/<uuid:public_id>/beat/", missions.beat, name="mission-beat"),
    path("luckffle/missions/<uuid:public_id>/confirm/", missions.confirm, name="mission-confirm"),
    path("luckffle/missions/<uuid:public_id>/answer/", missions.answer, name="mission-answer"),
    path("luckffle/missions/<uuid:public_id>/step/", missions.step, name="mission-step"),
    path("luckffle/missions/<uuid:public_id>/picture/", missions.picture, name="mission-picture"),
]
