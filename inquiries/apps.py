from django.apps import AppConfig


class InquiriesConfig(AppConfig):
    name = "inquiries"
    verbose_name = "문의와 안내"
    default_auto_field = "django.db.models.BigAutoField"
