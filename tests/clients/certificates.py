"""Certificates for 127.0.0.1 and for users, made on the spot."""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def issue(
    name: str, by: Issued | None = None, also: Sequence[x509.GeneralName] = (HERE,), *, expired: bool = False
) -> Issued:
    """A certificate with this common name and these alternative names, issued ``by`` another or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * hour)
        .not_valid_after(now - hour if expired else now + hour)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if also:
        made = made.add_extension(x509.SubjectAlternativeName(list(also)), critical=False)
    return Issued(made.sign(by.key if by else key, hashes.SHA256()), key)
