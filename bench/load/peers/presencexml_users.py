# prints an import file of N users u0… with one password; all share one salt, so that the generator needs one PBKDF2 for each hash
import base64
import hashlib
import hmac
import sys

domain, count, password, rounds = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])
salt = bytes.fromhex("5f0c2b9e6c1d4f439d542f0f6a1b7c11")


def keys(name, algorithm):
    salted = hashlib.pbkdf2_hmac(algorithm, password, salt, rounds)
    stored = hashlib.new(algorithm, hmac.new(salted, b"Client Key", algorithm).digest()).digest()
    server = hmac.new(salted, b"Server Key", algorithm).digest()
    return ":".join([name, str(rounds)] + [base64.b64encode(part).decode() for part in (salt, stored, server)])


ready = ";".join(keys(*pair) for pair in (("SCRAM-SHA-1", "sha1"), ("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-512", "sha512")))
print("jid,password,keys")
for number in range(count):
    print(f"u{number}@{domain},,{ready}")
