from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class IdentityConfig(AppConfig):
    name = "identity"
    verbose_name = "본인과 로그인"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every app declares what it tells people."""
        autodiscover_modules("events")
