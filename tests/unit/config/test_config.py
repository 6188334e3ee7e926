"""headgate.toml: what is read out of it, and every way in which it is refused."""

import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway.config import CatalogFolder, Config, Resources, Server, State, load
from gateway.config_reading import size_in_bytes
from gateway.errors import ConfigInvalid
from gateway.policy import Budget, Budgets

HASH = PasswordHasher(time_cost=1, memory_cost=64).hash("correct horse")
KEY = "ab" * 32


def write(folder: Path, text: str) -> Path:
    path = folder / "headgate.toml"
    path.write_text(text, "utf-8")
    return path


def problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigInvalid) as refused:
        load(write(folder, text))
    return refused.value.problems


def test_an_empty_file_has_the_defaults_and_paths_beside_it(tmp_path):
    path = write(tmp_path, "")
    assert load(path) == Config(path=path, catalog=CatalogFolder(tmp_path / "catalog"), state=State(tmp_path / "state"))
    assert load(path).server == Server(host="127.0.0.1", port=31337, anonymous=(), max_running=16, query_timeout=600.0)


def test_every_section_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("T_HASH", HASH)
    monkeypatch.setenv("T_PORT", "4242")
    monkeypatch.setenv("T_WATCH", "false")
    monkeypatch.setenv("T_KEY", KEY)
    for name in ("dsn", "cert", "key"):
        (tmp_path / name).write_text("postgresql://ann:pw@host/db\r\n")
    made = load(
        write(
            tmp_path,
            """
            [server]
            port = { env = "T_PORT" }
            tls_cert = "cert"
            tls_key = "key"
            anonymous = ["play.*"]
            sealing_keys = [{ env = "T_KEY" }]
            queue_seconds = 1
            [catalog]
            folder = "/contracts"
            watch = { env = "T_WATCH" }
            [limits]
            memory = "1.5GiB"
            fragment_buffer = "1MB"
            [users.ann]
            password_hash = { env = "T_HASH" }
            products = ["*"]
            [stores.ledger]
            kind = "postgres"
            dsn = { file = "dsn" }
            max_connections = 3
            """,
        )
    )
    assert (made.server.port, made.server.tls_cert, made.server.tls_key) == (4242, tmp_path / "cert", tmp_path / "key")
    assert (made.server.anonymous, made.server.sealing_keys) == (("play.*",), (KEY,))
    assert (made.server.queue_seconds, type(made.server.queue_seconds)) == (1.0, float)
    assert made.catalog == CatalogFolder(Path("/contracts"), watch=False)
    assert made.limits == Resources("1.5GiB", fragment_buffer="1MB")
    assert made.limits.fragment_buffer_bytes == 1_000_000
    assert (made.users["ann"].password_hash, made.users["ann"].products) == (HASH, ("*",))
    assert made.stores["ledger"].kind == "postgres"
    assert made.stores["ledger"].options == {"dsn": "postgresql://ann:pw@host/db", "max_connections": 3}


def test_a_hash_may_be_written_directly(tmp_path):
    made = load(write(tmp_path, f"[users.ann]\npassword_hash = '{HASH}'"))
    assert (made.users["ann"].password_hash, made.users["ann"].products) == (HASH, ())


def test_no_secret_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("T_SECRET", "s3cr3t-canary")
    monkeypatch.setenv("T_KEY", KEY)
    made = load(
        write(
            tmp_path,
            f"[server]\nsealing_keys = [{{env='T_KEY'}}]\n[users.ann]\npassword_hash = '{HASH}'\n"
            "[stores.s]\nkind = 'kafka'\npassword = {env='T_SECRET'}",
        )
    )
    for value in (made, made.server, made.users["ann"], made.stores["s"]):
        shown = f"{value!r} {value}"
        assert not [secret for secret in ("s3cr3t-canary", HASH, KEY) if secret in shown]


def test_all_problems_are_told_together(tmp_path):
    assert problems(
        tmp_path,
        """
        [sever]
        [server]
        prot = 1
        port = 70000
        max_running = 0
        query_timeout = 0.0
        [limits]
        memory = "lots"
        threads = true
        [pushdown]
        default = "maybe"
        verify_share = 1.5
        [stores.lake]
        kind = "parkuet"
        """,
    ) == (
        "[sever]: is not known (did you mean 'server'?)",
        "[server] prot: is not known (did you mean 'port'?)",
        "[limits] threads: must be a whole number from 0 to 1,000,000,000",
        "[stores.lake] kind: must be one of kafka, memory, parquet, postgres",
        "[server] port: must be between 0 and 65535",
        "[server] max_running: must be at least 1",
        "[server] query_timeout: must be more than 0 seconds",
        "[limits] memory: must be a size such as 512MB or 2GB",
        "[pushdown] default: must be on, off or verify",
        "[pushdown] verify_share: must be between 0 and 1",
    )


NOT_HERE = 'credentials are not written here; use { env = "…" } or { file = "…" }'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server = 1", "[server]: must be a section"),
        ("users = 1", "[users]: write one section for each, [users.<name>]"),
        ("[stores]\nkind = 'kafka'", "[stores]: write one section for each, [stores.<name>]"),
        ("[server]\nport = '1'", "[server] port: must be a whole number from 0 to 1,000,000,000"),
        ("[server]\nport = 1.5", "[server] port: must be a whole number from 0 to 1,000,000,000"),
        ("[server]\nport = -1", "[server] port: must be a whole number from 0 to 1,000,000,000"),
        ("[server]\nidle_seconds = nan", "[server] idle_seconds: must be a number from 0 to 1,000,000,000"),
        ("[server]\nidle_seconds = inf", "[server] idle_seconds: must be a number from 0 to 1,000,000,000"),
        ("[server]\nhost = 1", "[server] host: must be a text"),
        ("[server]\nanonymous = '*'", "[server] anonymous: must be a list of texts"),
        ("[server]\nanonymous = [1]", "[server] anonymous: must be a list of texts"),
        ("[catalog]\nfolder = 1", "[catalog] folder: must be a path"),
        ("[catalog]\nwatch = 'yes'", "[catalog] watch: must be true or false"),
        ("[limits]\nspill_size = '5'", "[limits] spill_size: must be a size such as 512MB or 2GB"),
        ("[server]\nport = {env = 'T_WORD'}", "[server] port: must be a whole number from 0 to 1,000,000,000"),
        ("[server]\nhost = {env = 'T_NONE'}", "[server] host: the environment has no variable T_NONE"),
        ("[server]\nport = {env = 'T_NONE'}", "[server] port: the environment has no variable T_NONE"),
        ("[server]\nhost = {file = 'none'}", "[server] host: the file none cannot be read"),
        ("[server]\nhost = {envy = 'T'}", '[server] host: write { env = "NAME" } or { file = "path" }'),
        ("[server]\nuser_share = 0.0", "[server] user_share: must be more than 0 and at most 1"),
        ("[server]\nuser_share = 1.5", "[server] user_share: must be more than 0 and at most 1"),
        ("[server]\nmax_calls = 0", "[server] max_calls: must be at least 1"),
        ("[server]\nheartbeat_seconds = 0", "[server] heartbeat_seconds: must be more than 0 seconds"),
        ("[status]\nport = 65536", "[status] port: must be between 0 and 65535"),
        ("[status]\nport = 'off'", "[status] port: must be a whole number from 0 to 1,000,000,000"),
        ("[server]\nmtls_port = 1", "[server] tls_client_ca, mtls_port: give both or neither"),
        ("[server]\nmtls_port = 1\ntls_client_ca = 'here'", "[server] tls_client_ca: needs tls_cert and tls_key"),
        (
            "[server]\nmtls_port = 65536\ntls_client_ca = 'here'\ntls_cert = 'here'\ntls_key = 'here'",
            "[server] mtls_port: must be between 0 and 65535",
        ),
        (
            "[server]\nmtls_port = 0\ntls_client_ca = 'none'\ntls_cert = 'here'\ntls_key = 'here'",
            "[server] tls_client_ca: there is no such file",
        ),
        ("[server]\ntls_cert = 'here'", "[server] tls_cert, tls_key: give both or neither"),
        ("[server]\ntls_cert = 'here'\ntls_key = 'none'", "[server] tls_key: there is no such file"),
        (f"[server]\nsealing_keys = ['{KEY}']", f"[server] sealing_keys: {NOT_HERE}"),
        (
            "[server]\nsealing_keys = [{env = 'T_WORD'}]",
            "[server] sealing_keys, number 1: must be 64 hexadecimal digits",
        ),
        ("[users.ann]\nproducts = []", "[users.ann] password_hash: is missing"),
        (
            "[users.ann]\npassword_hash = 'hunter2'",
            "[users.ann] password_hash: is not an argon2 hash, which begins with $argon2id$",
        ),
        (
            "[users.ann]\npassword_hash = {env = 'T_WORD'}",
            "[users.ann] password_hash: is not an argon2 hash, which begins with $argon2id$",
        ),
        (
            f"[users.'a:b']\npassword_hash = '{HASH}'",
            "[users.a:b]: a name is not empty and has no colon, or nobody could log in by it",
        ),
        ("[stores.s]\npath = 'x'", "[stores.s] kind: must be one of kafka, memory, parquet, postgres"),
        (
            "[stores.'../s']\nkind = 'kafka'",
            "[stores.../s]: a store's name is letters, digits, - and _, at most 63",
        ),
        ("[stores.s]\nkind = 'kafka'\npassword = 'pw'", f"[stores.s] password: {NOT_HERE}"),
        ("[stores.s]\nkind = 'parquet'\nsecret_key = 'pw'", f"[stores.s] secret_key: {NOT_HERE}"),
        ("[stores.s]\nkind = 'postgres'\ndsn = 'postgresql://a:pw@h/d'", f"[stores.s] dsn: {NOT_HERE}"),
        ("[stores.s]\nkind = 'postgres'\ndsn = 'postgresql://h/d?password=pw'", f"[stores.s] dsn: {NOT_HERE}"),
        ("[stores.s]\nkind = 'postgres'\ndsn = 'host=h password = pw'", f"[stores.s] dsn: {NOT_HERE}"),
        ("[stores.s]\nkind = 'kafka'\nssl_ca = '-----BEGIN PRIVATE KEY-----'", f"[stores.s] ssl_ca: {NOT_HERE}"),
    ],
)
def test_what_is_refused_is_told_by_section_and_key(tmp_path, monkeypatch, text, told):
    monkeypatch.setenv("T_WORD", "word")
    monkeypatch.delenv("T_NONE", raising=False)
    (tmp_path / "here").write_text("")
    assert problems(tmp_path, text) == (told,)


def test_a_dsn_without_a_password_may_be_written(tmp_path):
    dsn = "postgresql://ann@host:5432/db?sslmode=require"
    assert load(write(tmp_path, f"[stores.s]\nkind = 'postgres'\ndsn = '{dsn}'")).stores["s"].options == {"dsn": dsn}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[server\n", "The file headgate.toml is not TOML: "),
        (b"[server]\nport = 1\nport = 2\n", "The file headgate.toml is not TOML: "),
        (b"\xff", "The file headgate.toml is not TOML: "),
    ],
)
def test_a_file_that_is_not_toml(tmp_path, text, told):
    path = tmp_path / "headgate.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigInvalid) as refused:
        load(path)
    assert refused.value.sentence.startswith(told)
    assert str(tmp_path) not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigInvalid, match=r"^CONFIG_INVALID: The file none.toml cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_secret_that_cannot_be_read_is_told_without_where_it_is(tmp_path):
    (tmp_path / "dsn").mkdir()
    text = "[stores.s]\nkind = 'postgres'\ndsn = {file = 'dsn'}"
    assert stat.S_ISDIR((tmp_path / "dsn").stat().st_mode)
    assert problems(tmp_path, text) == ("[stores.s] dsn: the file dsn cannot be read",)


@pytest.mark.parametrize(("text", "size"), [("1KB", 1000), ("64MB", 64_000_000), ("1.5GiB", 1_610_612_736)])
def test_sizes(text, size):
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "5", "MB", "-1MB", "1 QB", "1e3MB", "1MB "])
def test_what_is_no_size(text):
    with pytest.raises(ValueError):
        size_in_bytes(text)


def test_budgets_are_of_queries_users_and_products(tmp_path):
    text = f"""
        [limits]
        max_rows_moved = 10
        [users.ann]
        password_hash = "{HASH}"
        max_bytes_moved = "1KB"
        [users.bob]
        password_hash = "{HASH}"
        [products."play.events"]
        max_rows_moved = 3
        max_bytes_moved = "2MB"
        """
    made = load(write(tmp_path, text)).budgets
    assert made == Budgets(
        Budget(rows=10), {"ann": Budget(bytes=1000), "bob": Budget()}, {"play.events": Budget(3, 2_000_000)}
    )


def test_sizes_that_may_be_moved_are_sizes(tmp_path):
    text = f"""
        [limits]
        max_bytes_moved = "much"
        [users.ann]
        password_hash = "{HASH}"
        max_bytes_moved = "1"
        [products."play.events"]
        max_bytes_moved = "-1GB"
        """
    assert problems(tmp_path, text) == tuple(
        f"{where} max_bytes_moved: must be a size such as 512MB or 2GB"
        for where in ("[limits]", "[users.ann]", '[products."play.events"]')
    )
