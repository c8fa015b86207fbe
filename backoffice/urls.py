"""Every address of the back office: our rooms first, then the model pages of the site. Mounted by config/urls/backoffice.py."""

from django.urls import path

from backoffice import views
from backoffice.site import site

rooms = [
    path("", views.dashboard, name="index"),
]

urlpatterns = [*rooms, *site.get_urls()]
mounted = (urlpatterns, "admin", site.name)
