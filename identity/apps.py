from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "identity"
    verbose_name = "본인과 로그인"
    default_auto_field = "django.db.models.BigAutoField"
