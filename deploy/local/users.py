"""The demonstration users whom the embedded token issuer knows."""

from collections.abc import Mapping

# Role by user, and the id that events name instead of the user.
USERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "officer": (("officer",), "8b1f6c0e-5a3d-4f52-9c39-7d0e1a64b2f8"),
    "approver": (("approver",), "c4e09a71-2f86-4b1d-8a57-31f0d95e6ab3"),
    "operator": (("operator",), "1d7a53e4-90bc-4e68-b2f1-f6a8c02d4975"),
    "reader": (("reader",), "e62b8d19-47fa-4c03-95d6-0b9c7e18f3a4"),
}

# What a user is called on pages, in Thai and in English: an office, never a person.
NAMES: Mapping[str, tuple[str, str]] = {
    "officer": ("เจ้าหน้าที่", "Officer"),
    "approver": ("ผู้อนุมัติ", "Approver"),
    "operator": ("ผู้ดูแลระบบ", "Operator"),
    "reader": ("ผู้อ่าน", "Reader"),
}
