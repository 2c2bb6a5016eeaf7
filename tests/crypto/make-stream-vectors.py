#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
"""Prints stream-vectors.h: streams made from the published description of AES256_GCM_HKDF alone,
with the Python package `cryptography`, and without a line of Lethe.

    tests/crypto/make-stream-vectors.py > tests/crypto/stream-vectors.h
"""
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HEADER, TAG = 40, 16


def seal(ikm, aad, salt, prefix, segment, plain):
    key = HKDF(algorithm=SHA256(), length=32, salt=salt, info=aad).derive(ikm)
    pieces, at = [], segment - HEADER - TAG
    pieces.append(plain[:at])
    while at < len(plain):
        pieces.append(plain[at:at + segment - TAG])
        at += segment - TAG
    out = bytes([HEADER]) + salt + prefix
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        nonce = prefix + struct.pack(">IB", number, last)
        out += AESGCM(key).encrypt(nonce, piece, b"")
    return out


def pattern(length):
    return bytes((i * 7 + i // 251) % 256 for i in range(length))


def c_bytes(data):
    rows = [data[i:i + 24] for i in range(0, len(data), 24)]
    return "\n".join('     "' + "".join(f"\\x{b:02x}" for b in row) + '"' for row in rows)


IKM = bytes(range(32))
AAD = b"account 1/rec_01h455vb4pex5vsknk084sn02q/media/1"
SALT = hashlib.sha256(b"salt").digest()
PREFIX = hashlib.sha256(b"prefix").digest()[:7]
# segment, length: empty; within one; exactly one; one byte more; three segments; exactly three
SMALL = [(128, 0), (128, 1), (128, 72), (128, 73), (128, 250), (128, 72 + 2 * 112)]

print("""/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made by make-stream-vectors.py; byte i of a plaintext is (i * 7 + i / 251) mod 256.
 */
""")
print(f"static const char vector_aad[] = \"{AAD.decode()}\";\n")
print("static const struct { size_t segment, plain; size_t len; const char *sealed; } small_vectors[] = {")
for segment, length in SMALL:
    sealed = seal(IKM, AAD, SALT, PREFIX, segment, pattern(length))
    print(f"    {{{segment}, {length}, {len(sealed)},\n{c_bytes(sealed)}}},")
print("};")
