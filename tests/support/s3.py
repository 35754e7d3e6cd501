# ruff: noqa: PLC0415 - the plugin is loaded by every test run: the server only when it is asked for
"""An S3 that speaks real HTTP, with one bucket named `calls`; tests/conftest.py makes it known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

ACCESS_KEY = "tests"
SECRET_KEY = "not-a-real-secret-key"
BUCKET = "calls"


@dataclass(frozen=True, slots=True)
class S3:
    url: str

    def keys(self) -> list[str]:
        """Of all objects in the bucket."""
        client = _client(self.url)
        found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        client.close()
        return sorted(entry["Key"] for entry in found)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str) -> S3:
    """The bucket, empty: what the server holds is shared by the whole process."""
    from moto.core.base_backend import BackendDict

    BackendDict.reset()
    client = _client(s3_server)
    client.create_bucket(Bucket=BUCKET)
    client.close()
    return S3(s3_server)


def _client(url: str) -> Any:
    import boto3

    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
