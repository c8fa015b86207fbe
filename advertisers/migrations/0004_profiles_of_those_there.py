from django.db import migrations

NO_NUMBER = "0000000000"


def give_profiles(apps, schema_editor):
    """Advertisers from before there were profiles get the one of their kind."""
    personal, business = apps.get_model("advertisers", "PersonalUser"), apps.get_model("advertisers", "BusinessUser")
    for row in apps.get_model("advertisers", "Advertiser").objects.all():
        if row.kind == "PERSONAL":
            personal.objects.create(advertiser=row, name=row.name[:60])
        else:
            business.objects.create(advertiser=row, registration_number=row.business_number or NO_NUMBER, company_name=row.name)


def take_numbers_back(apps, schema_editor):
    """The number goes back to the advertiser."""
    for profile in apps.get_model("advertisers", "BusinessUser").objects.select_related("advertiser"):
        profile.advertiser.business_number = profile.registration_number.replace(NO_NUMBER, "")
        profile.advertiser.save(update_fields=["business_number"])


class Migration(migrations.Migration):
    dependencies = [("advertisers", "0003_profiles")]

    operations = [migrations.RunPython(give_profiles, take_numbers_back)]
