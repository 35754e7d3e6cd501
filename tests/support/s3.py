"""An S3 that speaks real HTTP, with one bucket named `calls`."""

from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from moto.server import ThreadedMotoServer

ACCESS_KEY = "tests"
SECRET_KEY = "not-a-real-secret-key"
BUCKET = "calls"


@dataclass(frozen=True)
class S3:
    url: str

    def keys(self) -> list[str]:
        """Of all objects in the bucket."""
        client = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
        )  # fmt: skip
        found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        client.close()
        return sorted(entry["Key"] for entry in found)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    client.create_bucket(Bucket=BUCKET)
    client.close()
    yield S3(url)
    server.stop()
