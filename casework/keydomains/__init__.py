"""Key domains (食品、药品、特种设备): professional grades, supervision tiers, and full coverage."""
