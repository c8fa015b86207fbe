"""For portals this process does not serve: nothing is here."""

from config.urls.everywhere import handler400 as handler400
from config.urls.everywhere import handler403 as handler403
from config.urls.everywhere import handler404 as handler404
from config.urls.everywhere import handler500 as handler500

urlpatterns: list[object] = []
