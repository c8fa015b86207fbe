"""Pages of the advertiser portal that belong to no other app."""
