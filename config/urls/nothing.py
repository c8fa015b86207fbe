"""For portals this process does not serve: nothing is here."""

urlpatterns: list[object] = []
