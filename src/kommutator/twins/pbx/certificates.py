"""A certificate authority that lives as long as one test PBX."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID_FOR = timedelta(days=30)


def issue(host: str, folder: Path, now: datetime) -> Path:
    """Write `ami.pem` (certificate and key for `host`) into `folder`; returns the CA file."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test PBX authority", authority_key, None, now)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(host, key, (authority, authority_key), now)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    (folder / "ami.pem").write_bytes(certificate.public_bytes(pem) + private)
    authority_file = folder / "authority.pem"
    authority_file.write_bytes(authority.public_bytes(pem))
    return authority_file


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    parent, parent_key = issuer or (None, key)
    parent_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(parent_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=parent is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(parent_key_id, critical=False)
    )
    if parent:
        host = x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))])
        builder = builder.add_extension(host, critical=False)
    else:
        builder = builder.add_extension(_signs_certificates(), critical=True)
    return builder.sign(parent_key, hashes.SHA256())


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
