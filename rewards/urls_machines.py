"""Doors for machines that tell of what members own; they go with the advertisers' portal, like those of payment companies."""

from django.urls import path

from rewards.offerwalls import doors

app_name = "offerwalls"
urlpatterns = [path("postbacks/offerwalls/<slug:network>/", doors.callback, name="callback")]
