"""Pages of campaigns: `advertiser` for those who run them, `missions` for members who take part."""
