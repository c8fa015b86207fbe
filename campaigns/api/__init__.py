"""JSON doors to campaigns: `luckffle` for the reward app, `advertiser` for the team."""
