"""Addresses of credits, all below the advertiser portal."""

from django.urls import path

from credits import views

app_name = "credits"
urlpatterns = [
    path("my-page/credit/", views.history, name="history"),
    path("my-page/credit/files/<slug:form>/", views.history_file, name="history-file"),
    path("my-page/credit/set-warning/", views.set_warning, name="set-warning"),
    path("my-page/statements/", views.statement_list, name="statement-list"),
    path("my-page/statements/<slug:period>/", views.statement_detail, name="statement-detail"),
    path("my-page/statements/<slug:period>/<slug:form>/", views.statement_file, name="statement-file"),
]
