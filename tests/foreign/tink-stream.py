#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
"""Google's Tink opens what Lethe seals, and Lethe what Tink seals. Not part of `make test`: it needs PyPI.

    tests/foreign/tink.sh

builds the helper (stream.c), fetches the package `tink` into build/foreign and runs this with the helper's path.
"""
import io
import subprocess
import sys

import tink
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

AAD = b"lethe/foreign"
KEY = bytes(range(32))


def primitive(segment):
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, key_value=KEY)
    key.params.ciphertext_segment_size = segment
    key.params.derived_key_size = 32
    key.params.hkdf_hash_type = common_pb2.SHA256
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = key.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = cleartext_keyset_handle.from_keyset(keyset)
    return handle.primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """Tink closes what it writes to."""

    def close(self):
        self.kept = self.getvalue()
        super().close()


def tink_seal(segment, plain):
    out = Kept()
    with primitive(segment).new_encrypting_stream(out, AAD) as stream:
        stream.write(plain)
    return out.kept


def tink_open(segment, sealed, aad=AAD):
    with primitive(segment).new_decrypting_stream(io.BytesIO(sealed), aad) as stream:
        return stream.read()


def lethe(helper, what, segment, data):
    return subprocess.run([helper, what, str(segment)], input=data, capture_output=True, check=True).stdout


def refused(segment, sealed, aad):
    try:
        tink_open(segment, sealed, aad)
    except (tink.TinkError, OSError):
        return True
    return False


def main(helper):
    streaming_aead.register()
    cases = 0
    for segment in (128, 4096, 65536, 1048576):
        first, rest = segment - 56, segment - 16
        for size in (0, 1, first - 1, first, first + 1, first + rest, first + rest + 1, first + 3 * rest - 1):
            plain = bytes((i * 7 + i // 251) % 256 for i in range(size))
            sealed = lethe(helper, "seal", segment, plain)
            assert tink_open(segment, sealed) == plain, (segment, size)
            assert refused(segment, sealed, b"another"), (segment, size)
            assert lethe(helper, "open", segment, tink_seal(segment, plain)) == plain, (segment, size)
            cases += 1
    print(f"{cases} streams, each way: Tink and Lethe agree")


main(sys.argv[1])
