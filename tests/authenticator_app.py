"""An authenticator app, as a telephone has one (RFC 6238)."""

import base64
import hashlib
import hmac
import struct
import time


def code_of(secret: str, *, steps_from_now: int = 0) -> str:
    counter = int(time.time()) // 30 + steps_from_now
    digest = hmac.new(base64.b32decode(secret.replace(" ", "")), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"
