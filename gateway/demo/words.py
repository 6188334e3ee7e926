"""The words that names of songs, people and companies are put together from."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES = ("US", "GB", "DE", "SE", "FR", "BR", "JP", "NG", "IN", "MX", "KR", "ZA")
GENRES = ("jazz", "afrobeat", "techno", "folk", "soul", "metal", "bossa nova", "ambient", "hip hop", "pop")
DEVICES = ("phone", "desktop", "speaker", "car")
SUBSCRIPTIONS = ("free", "premium", "family")

LABELS = (
    ("Northern Line", "GB", 1978),
    ("Kite & Anchor", "US", 1991),
    ("Polarljus", "SE", 2004),
    ("Eko Sound", "NG", 1999),
    ("Casa Verde", "BR", 1969),
    ("Sakura Tapes", "JP", 1985),
    ("Blauhaus", "DE", 1993),
    ("Rue Obscure", "FR", 2011),
    ("Monsoon House", "IN", 2007),
    ("Ndlela", "ZA", 2001),
    ("Half Moon", "US", 1962),
    ("Hangang Records", "KR", 2014),
)

ADJECTIVES = _words(
    "Blue Silent Golden Broken Electric Distant Paper Velvet Northern Hollow "
    "Crimson Gentle Restless Burning Hidden Salt Winter Second Lucky Endless"
)
NOUNS = _words(
    "River Signal Garden Harbour Engine Lantern Orchard Mirror Station Feather "
    "Compass Tide Avenue Satellite Meadow Anthem Window Falcon Thunder Letter"
)
ENDINGS = ("", " at Night", ", Part II", " (Live)", " Again", " in June", " Forever", " (Demo)", " Street", " Blues")

FIRST_NAMES = _words(
    "Ada Bola Chen Dara Elif Femi Greta Hana Ines Jonas Kofi Lena "
    "Mateo Nadia Oskar Priya Quinn Rosa Sven Thabo Uma Vera Wim Yuki"
)
LAST_NAMES = _words(
    "Abiola Berg Costa Dlamini Eriksen Fischer Garcia Hayashi Iyer Jensen "
    "Kim Laurent Moreau Nguyen Okafor Park Quist Rossi Silva Tanaka"
)
