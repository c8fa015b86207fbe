from django.apps import AppConfig


class CreditsConfig(AppConfig):
    name = "credits"
    verbose_name = "크레딧"
    default_auto_field = "django.db.models.BigAutoField"
