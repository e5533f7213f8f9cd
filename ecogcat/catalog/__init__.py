"""Catalogs: sessions of recordings as Intake catalogs; what of ecogcat knows Intake is in here."""
