from django.apps import AppConfig


class AdvertisersConfig(AppConfig):
    name = "advertisers"
    verbose_name = "광고주"
    default_auto_field = "django.db.models.BigAutoField"
