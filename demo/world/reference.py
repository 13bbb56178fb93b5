"""Code lists of the demo's world: places, offices, carriers, countries, goods, names."""

from typing import NamedTuple


class Port(NamedTuple):
    """A port as the agencies number it: customs' cargo port numbers, the offices there, the ports of entry there."""

    locode: str
    name: str
    cargo_numbers: tuple[str, ...]
    offices: tuple[str, ...]
    entries: tuple[str, ...]
    weight: int
    modes: str


PORTS = (
    Port("CAVAN", "Vancouver", ("0809", "0821"), ("809", "821", "813"), ("813", "821"), 42, "114"),
    Port("CAMTR", "Montréal", ("0395",), ("395",), ("395",), 18, "142"),
    Port("CATOR", "Toronto", ("0497",), ("497",), ("497",), 15, "42"),
    Port("CAHAL", "Halifax", ("0009",), ("9",), ("9",), 10, "1"),
    Port("CAWND", "Windsor", ("0453",), ("453",), ("453",), 8, "3"),
    Port("CAPRR", "Prince Rupert", ("0824",), ("824",), ("824",), 4, "12"),
    Port("CACAL", "Calgary", ("0701",), ("701",), ("701",), 3, "45"),
)
PORT_BY_LOCODE = {port.locode: port for port in PORTS}

FOREIGN_PORTS = {
    "1": (
        ("5700", "CNSHA"),
        ("5710", "KRPUS"),
        ("5720", "HKHKG"),
        ("5730", "DEHAM"),
        ("5740", "NLRTM"),
        ("5750", "SGSIN"),
    ),
    "2": (("6100", "USCHI"), ("6110", "USDET")),
    "3": (("6110", "USDET"), ("6120", "USBUF")),
    "4": (("5800", "DEFRA"), ("5810", "GBLHR"), ("5820", "INDEL"), ("5830", "USLAX"), ("5840", "FRCDG")),
    "5": (("5830", "USLAX"), ("5810", "GBLHR")),
}

OFFICES = (
    ("809", "Vancouver Marine and Rail", "Vancouver – maritime et ferroviaire", "CAVAN"),
    ("821", "Vancouver International Airport", "Aéroport international de Vancouver", "CAVAN"),
    ("813", "Pacific Highway", "Pacific Highway", "CAVAN"),
    ("395", "Montréal", "Montréal", "CAMTR"),
    ("497", "Toronto Pearson Airport", "Aéroport Pearson de Toronto", "CATOR"),
    ("9", "Halifax", "Halifax", "CAHAL"),
    ("453", "Windsor Ambassador Bridge", "Windsor – pont Ambassador", "CAWND"),
    ("824", "Prince Rupert", "Prince Rupert", "CAPRR"),
    ("701", "Calgary", "Calgary", "CACAL"),
)

CARRIERS = {
    "1": (
        ("9042", "Pacific Container Line"),
        ("9067", "Atlantic Star Shipping"),
        ("9081", "Boréal Maritime"),
        ("9095", "Han Sea Line"),
    ),
    "2": (("6105", "Continental Rail"), ("6200", "Prairie & Lakes Railway")),
    "3": (("77QX", "Great Lakes Trucking"), ("78AB", "Transport Laurentides"), ("79KD", "Windsor Cartage")),
    "4": (("014A", "Maple Air Cargo"), ("020B", "Rhein Cargo"), ("125C", "Albion Air Freight")),
    "5": (("CPC5", "Postal Exchange"),),
}
AWB_PREFIX = {"014A": "014", "020B": "020", "125C": "125"}
VESSELS = (
    "Ocean Lark",
    "Strait of Georgia",
    "Northern Crown",
    "Fraser Spirit",
    "Étoile du Nord",
    "Baltic Heron",
    "Han Jiang",
    "Golden Plover",
)
FLAGS = ("PA", "LR", "MH", "SG", "CA", "MT", "GR", "HK")

# Many to a line: a list of codes, not of statements.
ALPHA3 = {
    "CA": "CAN", "US": "USA", "CN": "CHN", "DE": "DEU", "FR": "FRA", "GB": "GBR", "IN": "IND", "IT": "ITA",
    "JP": "JPN", "KR": "KOR",
    "MX": "MEX", "NL": "NLD", "NZ": "NZL", "BR": "BRA", "VN": "VNM", "CL": "CHL", "AU": "AUS", "ES": "ESP",
    "SE": "SWE", "PH": "PHL",
}  # fmt: skip
ORIGINS = ("US", "CN", "MX", "DE", "JP", "KR", "IN", "IT", "FR", "VN", "BR", "GB", "NL", "NZ", "AU", "CL", "ES")
UNKNOWN_ALPHA3 = "ROM"


class Commodity(NamedTuple):
    """Goods of one HS subheading; `code` is the food agency's own, `unit` the Recommendation 20 unit

    `cents` is the value of one unit.
    """

    code: str
    hs: str
    text: str
    unit: str
    agency: str
    cents: int


FOOD_GOODS = (
    Commodity("D010", "040110", "Milk, fat not over 1 %", "KGM", "FOOD", 110),
    Commodity("D020", "040690", "Cheese, hard", "KGM", "FOOD", 1150),
    Commodity("M010", "020130", "Beef, boneless, chilled", "KGM", "FOOD", 1480),
    Commodity("M020", "020714", "Poultry cuts, frozen", "KGM", "FOOD", 520),
    Commodity("F010", "030214", "Atlantic salmon, fresh", "KGM", "FOOD", 1320),
    Commodity("F020", "030617", "Shrimp, frozen", "KGM", "FOOD", 1190),
    Commodity("P010", "060210", "Unrooted cuttings", "KGM", "FOOD", 2600),
    Commodity("P020", "070190", "Potatoes, fresh", "TNE", "FOOD", 48000),
    Commodity("P030", "080810", "Apples, fresh", "TNE", "FOOD", 96000),
    Commodity("P040", "100199", "Wheat", "TNE", "FOOD", 33000),
    Commodity("A010", "010229", "Live cattle", "HEA", "FOOD", 145000),
    Commodity("A020", "010310", "Pigs for breeding", "HEA", "FOOD", 61000),
)
TRADE_GOODS = (
    Commodity("", "160250", "Beef preparations", "KGM", "TRADE_CONTROLS", 940),
    Commodity("", "040510", "Butter", "KGM", "TRADE_CONTROLS", 780),
    Commodity("", "610910", "T-shirts of cotton", "C62", "TRADE_CONTROLS", 420),
    Commodity("", "520811", "Woven cotton, unbleached", "MTK", "TRADE_CONTROLS", 260),
    Commodity("", "720851", "Flat-rolled steel over 10 mm", "TNE", "TRADE_CONTROLS", 118000),
    Commodity("", "730630", "Welded steel tubes", "TNE", "TRADE_CONTROLS", 141000),
)
FREE_GOODS = (
    Commodity("", "847130", "Portable computers", "C62", "", 62000),
    Commodity("", "851713", "Smartphones", "C62", "", 54000),
    Commodity("", "870323", "Passenger vehicles 1500–3000 cc", "C62", "", 2350000),
    Commodity("", "940360", "Wooden furniture", "C62", "", 14500),
    Commodity("", "392690", "Articles of plastics", "KGM", "", 640),
    Commodity("", "850760", "Lithium-ion batteries", "C62", "", 8900),
    Commodity("", "330499", "Beauty preparations", "KGM", "", 2750),
    Commodity("", "640399", "Footwear with leather uppers", "NPR", "", 4100),
    Commodity("", "950300", "Toys", "C62", "", 1350),
    Commodity("", "760720", "Aluminium foil, backed", "KGM", "", 710),
)
FOOD_UNITS = {"KGM": "KG", "TNE": "T", "HEA": "HD"}
USES = ("human consumption", "resale", "breeding", "manufacture", "exhibition")

# Many to a line.
FAMILY_NAMES = (
    "Tremblay", "Roy", "Gagnon", "Bouchard", "Côté", "Singh", "Kaur", "Sharma", "Patel", "Li", "Wang", "Chen",
    "Zhang", "Kim", "Park", "Lee",
    "Smith", "Brown", "Johnson", "Williams", "Miller", "Davis", "O'Brien", "MacDonald", "García", "Hernández",
    "Martínez", "López", "Reyes",
    "Santos", "Cruz", "Müller", "Schmidt", "Weiß", "Dubois", "Lefèvre", "Moreau", "Taylor", "Evans", "Walker",
    "Hughes", "Nowak", "Silva",
    "Nguyen", "Tran", "Haddad", "Okafor", "Mensah", "Ivanova", "Petrov", "Larsen", "Lindqvist", "Rossi", "Bianchi",
    "van den Berg", "de Vries",
)  # fmt: skip
GIVEN_F = (
    "Anna",
    "Marie",
    "Sofía",
    "Priya",
    "Wei",
    "Ji-woo",
    "Emily",
    "Chloé",
    "Fatima",
    "Olivia",
    "Maria",
    "Ingrid",
    "Amara",
    "Lucía",
)
GIVEN_M = (
    "Jean",
    "Luc",
    "Arjun",
    "Hao",
    "Min-jun",
    "James",
    "Étienne",
    "Omar",
    "Noah",
    "José",
    "Lars",
    "Kwame",
    "Peter",
    "Mateo",
)
# ICAO 9303 code, ISO alpha-2, weight, needs a visa; several to a line.
ISSUERS = (
    ("CAN", "CA", 35, False), ("USA", "US", 24, False), ("GBR", "GB", 6, False), ("D", "DE", 5, False), ("FRA",
    "FR", 5, False),
    ("IND", "IN", 8, True), ("CHN", "CN", 7, True), ("MEX", "MX", 4, True), ("PHL", "PH", 3, True), ("KOR", "KR",
    3, False),
)  # fmt: skip
FIRM_WORDS = (
    "Northern",
    "Pacific",
    "Laurentian",
    "Prairie",
    "Maple",
    "Harbour",
    "Aurora",
    "Granite",
    "Cedar",
    "Fundy",
    "Okanagan",
    "Saguenay",
)
FIRM_TRADES = (
    "Foods",
    "Imports",
    "Trading",
    "Steel",
    "Textiles",
    "Produce",
    "Distribution",
    "Équipement",
    "Seafood",
    "Motors",
    "Electronics",
)
FIRM_ENDS = ("Ltd", "Inc.", "Ltée", "Corp.")
SHIPPERS = (
    "Shenzhen Sunrise Co",
    "Hamburg Handels GmbH",
    "Midwest Growers LLC",
    "Busan Steel Works",
    "Mumbai Weaves Pvt",
    "Jalisco Frutas SA",
    "Kiwi Dairy Ltd",
)
