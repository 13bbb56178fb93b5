"""Identifiers with correct check digits, made from a serial number: the same serial, the same identifier."""

CONTAINER_OWNERS = ("CSQ", "MSC", "TCN", "HLX", "MAE", "OOL", "CMA", "EGH", "TGH", "SEG", "FCI", "GES")
_ISO6346 = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))
_OWNER_SUM = {o: sum(_ISO6346[c] << i for i, c in enumerate(o + "U")) for o in CONTAINER_OWNERS}
_VIN = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN |= {str(d): d for d in range(10)}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


def container(serial: int) -> str:
    """ISO 6346 number; distinct for serials below twelve million."""
    owner = CONTAINER_OWNERS[serial // 1_000_000 % len(CONTAINER_OWNERS)]
    digits = f"{serial * 7919 % 1_000_000:06d}"
    total = _OWNER_SUM[owner] + sum(int(d) << i for i, d in enumerate(digits, 4))
    return f"{owner}U{digits}{total % 11 % 10}"


def air_waybill(prefix: str, serial: int) -> str:
    """Three-digit prefix, seven digits, their remainder by seven."""
    number = serial % 10_000_000
    return f"{prefix}-{number:07d}{number % 7}"


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` plus itself pass the Luhn test."""
    total = sum(d if i % 2 else (d * 2 if d < 5 else d * 2 - 9) for i, d in enumerate(int(c) for c in reversed(digits)))
    return str(-total % 10)


def business_number(serial: int, *, account: int = 1, wrong: bool = False) -> str:
    """BN15 of the RM program; `wrong` gives it a check digit off by one."""
    body = f"{10_000_000 + serial * 613 % 80_000_000:08d}"
    check = luhn_digit(body)
    if wrong:
        check = str((int(check) + 1) % 10)
    return f"{body}{check}RM{account:04d}"


def imo(serial: int) -> str:
    """IMO ship number: six digits weighted 7 to 2, then the last digit of the sum."""
    body = f"{900_000 + serial * 37 % 99_999:06d}"
    return body + str(sum(int(d) * w for d, w in zip(body, range(7, 1, -1), strict=True)) % 10)


def gtin(serial: int) -> str:
    """GTIN-13."""
    body = f"629{serial % 1_000_000_000:09d}"
    return body + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)


def vin(serial: int) -> str:
    """A 17-character vehicle number whose ninth character is the check digit."""
    text = f"1HGCM826{'0'}{'3A'}{serial % 1_000_000:06d}"
    check = sum(_VIN[c] * w for c, w in zip(text, _VIN_WEIGHTS, strict=True)) % 11
    return text[:8] + ("X" if check == 10 else str(check)) + text[9:]


def travel_document(serial: int) -> str:
    """Nine characters: two letters, six digits, the check digit of ICAO 9303; distinct below 484 million."""
    block, number = divmod(serial, 1_000_000)
    first, second = _LETTERS[block // 22 % 22], _LETTERS[block % 22]
    digits = f"{number * 7919 % 1_000_000:06d}"
    values = (ord(first) - 55, ord(second) - 55, *map(int, digits))
    return f"{first}{second}{digits}{sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(values)) % 10}"
