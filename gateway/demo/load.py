"""``python -m gateway.demo.load``: fill servers that run elsewhere. Where they are stands in the environment."""

import os
import sys

import pyarrow.fs as fs

from gateway.demo.data import make_data
from gateway.demo.kafka import load_plays
from gateway.demo.lake import load_lake
from gateway.demo.postgres import ARTISTS, PAYMENTS, load_database

BUCKET = "lake"


def main() -> None:
    """Make the data for ``DEMO_SCALE`` million plays, and fill two databases, a bucket and a topic."""
    data = make_data(float(os.environ.get("DEMO_SCALE", "0.1")))
    load_database(os.environ["HEADGATE_ARTISTS_DSN"], ARTISTS, data)
    load_database(os.environ["HEADGATE_PAYMENTS_DSN"], PAYMENTS, data)
    load_lake(_bucket(), BUCKET, data)
    load_plays(os.environ["HEADGATE_KAFKA"], data.plays)
    sys.stdout.write(f"{data.plays.num_rows:,} plays and everything around them are loaded.\n")


def _bucket() -> fs.FileSystem:
    files = fs.S3FileSystem(
        endpoint_override=os.environ["HEADGATE_S3_ENDPOINT"],
        access_key=os.environ["HEADGATE_S3_ACCESS_KEY"],
        secret_key=os.environ["HEADGATE_S3_SECRET_KEY"],
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
    )
    files.create_dir(BUCKET)
    return files


if __name__ == "__main__":
    main()
