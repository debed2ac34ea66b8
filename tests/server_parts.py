"""Databases, queues and buckets at real servers, for tests alone (own_parts.py)."""

import json
import secrets
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import redis
from psycopg import sql
from psycopg.rows import dict_row

from tests.real_parts import S3_KEY, S3_REGION, S3_SECRET, make_bucket, storage_url

__all__ = ["make_bucket", "storage_url"]
COUNTER = "proofsheet-tests-taken"


# PostgreSQL ---------------------------------------------------------------------------------------------------------


def make_database(server: str, name: str, *, template: str = "") -> str:
    """The address of a new one: empty, or as the one at the address `template` is, to which nobody may be connected."""
    words = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        words += sql.SQL(" TEMPLATE {}").format(sql.Identifier(_name_in(template)))
    with psycopg.connect(server, autocommit=True) as maintenance:
        if template:
            _end_connections(maintenance, _name_in(template))
        maintenance.execute(words)
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def drop_database(server: str, address: str) -> None:
    words = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name_in(address)))
    with psycopg.connect(_maintenance(server), autocommit=True) as maintenance:
        maintenance.execute(words)


def ask(address: str, question: str, values: Sequence[object]) -> list[dict[str, Any]]:
    with psycopg.connect(address, row_factory=dict_row) as database:
        return list(database.execute(question, values or None).fetchall())


def change(address: str, words: str, values: Sequence[object]) -> None:
    with psycopg.connect(address) as database:
        database.execute(words, values or None)


def _end_connections(maintenance: "psycopg.Connection[Any]", name: str) -> None:
    """Of processes that have ended and of whom the server has not heard yet."""
    maintenance.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])


def _maintenance(address: str) -> str:
    return urlsplit(address)._replace(path="/postgres").geturl()


def _name_in(address: str) -> str:
    return urlsplit(address).path.strip("/")


# Redis, or PostgreSQL once more ---------------------------------------------------------------------------------------


def take_queue(server: str) -> str:
    """A database that nobody else has: of Redis the next of its numbered ones."""
    if is_postgres(server):
        return make_database(server, f"queue_{secrets.token_hex(6)}")
    with redis.Redis.from_url(server) as client:
        databases = int(client.config_get("databases")["databases"])
        number = 1 + int(client.incr(COUNTER)) % (databases - 1)
    return urlsplit(server)._replace(path=f"/{number}").geturl()


def empty_queue(address: str) -> None:
    if is_postgres(address):
        drop_database(address, address)
        return
    with redis.Redis.from_url(address) as client:
        client.flushdb()


def is_postgres(address: str) -> bool:
    return urlsplit(address).scheme.startswith("postgres")


# S3 -----------------------------------------------------------------------------------------------------------------


def names_in(server: str, bucket: str, beginning: str = "") -> list[str]:
    return [each.key for each in _bucket(server, bucket).objects.filter(Prefix=beginning)]


def read_object(server: str, bucket: str, name: str) -> bytes:
    content = _bucket(server, bucket).Object(name).get()["Body"]
    with content:
        return bytes(content.read())


def remove_object(server: str, bucket: str, name: str) -> None:
    _bucket(server, bucket).Object(name).delete()


def remove_bucket(server: str, bucket: str) -> None:
    found = _bucket(server, bucket)
    found.objects.all().delete()
    found.delete()


def guard(server: str) -> tuple[str, str]:
    """Key and secret of somebody who may do everything there: from now on nobody else may, and each signature is checked (moto
    cannot check those of signed addresses)."""
    session = boto3.Session(S3_KEY, S3_SECRET, region_name=S3_REGION)
    people = session.client("iam", endpoint_url=server)
    people.create_user(UserName="studio")
    made = people.create_access_key(UserName="studio")["AccessKey"]
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    people.put_user_policy(UserName="studio", PolicyName="everything", PolicyDocument=policy)
    asking = urllib.request.Request(f"{server}/moto-api/reset-auth", data=b"0", method="POST")
    asking.add_header("Content-Type", "text/plain")
    with urllib.request.urlopen(asking):
        pass
    return made["AccessKeyId"], made["SecretAccessKey"]


def _bucket(server: str, name: str) -> Any:
    if server not in _resources:
        session = boto3.Session(S3_KEY, S3_SECRET, region_name=S3_REGION)
        _resources[server] = session.resource("s3", endpoint_url=server)
    return _resources[server].Bucket(name)


_resources: dict[str, Any] = {}
