from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "운영"
    default_auto_field = "django.db.models.BigAutoField"
