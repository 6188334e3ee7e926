"""The command line against the demo's mesh, in process and over the wire."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from gateway.demo.mesh import PASSWORD, USER
from tests.integration.demo_house import House, headgate
from tests.integration.demo_house import house as house


def doors(house: House) -> dict[str, tuple[str, ...]]:
    return {
        "remote": ("--url", house.uri, "--user", USER, "--password", PASSWORD),
        "local": ("--config", str(house.mesh.config)),
    }


@pytest.mark.parametrize("door", ["remote", "local"])
def test_a_question_is_answered_in_every_format_at_both_doors(house: House, door: str) -> None:
    where = doors(house)[door]
    sql = "SELECT label_id, name, founded FROM artists.catalog.labels WHERE country = ? ORDER BY label_id;"
    as_csv = headgate("query", sql, "-p", "US", "-f", "csv", *where)
    assert (as_csv.returncode, as_csv.stderr) == (0, b"")
    assert as_csv.stdout.decode() == "label_id,name,founded\n2,Kite & Anchor,1991\n11,Half Moon,1962\n"
    as_json = headgate("query", sql, "-p", "US", "-f", "json", *where)
    assert [json.loads(line)["founded"] for line in as_json.stdout.splitlines()] == [1991, 1962]
    as_arrow = headgate("query", sql, "-p", "US", "-f", "arrow", *where)
    table = pa.ipc.open_stream(as_arrow.stdout).read_all()
    assert table["name"].to_pylist() == ["Kite & Anchor", "Half Moon"]
    assert table.schema.types == [pa.int32(), pa.utf8(), pa.int16()]
    as_table = headgate("query", sql, "-p", "US", *where)
    assert "Half Moon" in as_table.stdout.decode()
    assert as_table.stderr.decode().strip() == "2 rows"


@pytest.mark.parametrize("door", ["remote", "local"])
def test_explain_tells_what_runs_where_and_off_pushes_nothing(house: House, door: str) -> None:
    sql = "SELECT name FROM artists.catalog.labels WHERE founded < 1970"
    pushed = headgate("explain", "--json", "--analyze", sql, *doors(house)[door])
    assert pushed.returncode == 0, pushed.stderr
    (fragment,) = json.loads(pushed.stdout)["fragments"]
    assert (fragment["store"], fragment["rows"]) == ("artists_db", 2)
    plain = headgate("explain", "--json", "--analyze", "--pushdown", "off", sql, *doors(house)[door])
    (fragment,) = json.loads(plain.stdout)["fragments"]
    assert fragment["rows"] == 12
    assert b"artists_db" in headgate("explain", sql, *doors(house)[door]).stdout


@pytest.mark.parametrize("door", ["remote", "local"])
def test_verify_answers_both_ways_and_says_what_it_compares(house: House, door: str) -> None:
    sql = "SELECT name FROM artists.catalog.labels WHERE founded < 1970 ORDER BY name"
    verified, plain = (headgate("query", "--pushdown", how, sql, *doors(house)[door]) for how in ("verify", "off"))
    assert (verified.returncode, verified.stdout) == (0, plain.stdout)
    told = headgate("explain", "--pushdown", "verify", sql, *doors(house)[door]).stdout.decode()
    assert "verified: rows and their order are compared" in told
    assert "verified:" not in headgate("explain", sql, *doors(house)[door]).stdout.decode()


@pytest.mark.parametrize("door", ["remote", "local"])
def test_the_catalog_is_listed_and_shown(house: House, door: str) -> None:
    listed = headgate("catalog", "list", *doors(house)[door], COLUMNS="200").stdout.decode()
    addresses = re.findall(r"^ *(\w+\.\w+\.\w+) ", listed, re.MULTILINE)
    assert len(addresses) == 9
    assert addresses == sorted(addresses)
    shown = headgate("catalog", "show", "payments.royalties", *doors(house)[door], COLUMNS="200").stdout.decode()
    assert re.search(r"per_play +│ DECIMAL\(12,6\) +│ no ", shown)
    assert "payments.royalties.statements" in shown
    unknown = headgate("catalog", "show", "payments.nothing", *doors(house)[door])
    assert unknown.returncode == 1
    assert unknown.stderr.startswith(b"ADDRESS_UNKNOWN: ")


def test_check_is_content_with_the_mesh_and_names_what_is_wrong(house: House, tmp_path: Path) -> None:
    content = headgate("catalog", "check", "--config", str(house.mesh.config), COLUMNS="200")
    assert content.returncode == 0, content.stderr
    assert content.stdout.decode().startswith("5 products, 9 datasets")
    broken = tmp_path / "headgate.toml"
    broken.write_text('[sever]\n[stores.lake]\nkind = "parket"\n')
    wrong = headgate("catalog", "check", "--config", str(broken))
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(b"CONFIG_INVALID: ")
    assert b"sever" in wrong.stderr
    assert b"lake" in wrong.stderr


@pytest.mark.parametrize("door", ["remote", "local"])
@pytest.mark.parametrize(
    ("sql", "code", "hint"),
    [
        ("SELECT * FROM artists.catalog.lables", b"ADDRESS_UNKNOWN: ", b"artists.catalog.labels"),
        ("DROP TABLE artists.catalog.labels", b"SQL_NOT_ALLOWED: ", b"SELECT"),
        ("SELECT nme FROM artists.catalog.labels", b"SQL_INVALID: ", b""),
    ],
)
def test_an_error_is_one_line_and_one_hint_with_code_1(
    house: House, door: str, sql: str, code: bytes, hint: bytes
) -> None:
    failed = headgate("query", sql, *doors(house)[door])
    assert failed.returncode == 1
    assert failed.stdout == b""
    assert failed.stderr.startswith(code)
    assert hint in failed.stderr
    assert b"Traceback" not in failed.stderr


def test_wrong_credentials_leave_with_1(house: House) -> None:
    failed = headgate("query", "SELECT 1", "--url", house.uri, "--user", USER, "--password", "guess")
    assert failed.returncode == 1
    assert failed.stderr.startswith(b"UNAUTHENTICATED: ")


def test_a_store_that_is_down_leaves_with_3(house: House, tmp_path: Path) -> None:
    text = house.mesh.config.read_text("utf-8").replace(house.mesh.bootstrap, "127.0.0.1:1")
    text = text.replace('"secrets/', f'"{house.mesh.config.parent}/secrets/').replace('"state"', f'"{tmp_path}/state"')
    config = tmp_path / "headgate.toml"
    config.write_text(text)
    failed = headgate("query", "SELECT count(*) FROM play.events.plays", "--config", str(config))
    assert failed.returncode == 3, failed.stderr
    assert b"play_stream" in failed.stderr
    answered = headgate(
        "query", "SELECT count(*) AS n FROM artists.catalog.labels", "--config", str(config), "-f", "csv"
    )
    assert answered.stdout == b"n\n12\n"


def test_a_port_that_is_taken_is_said_to_be(house: House, tmp_path: Path) -> None:
    port = house.uri.rpartition(":")[2]
    text = house.mesh.config.read_text("utf-8").replace("port = 0", f"port = {port}")
    text = text.replace('"secrets/', f'"{house.mesh.config.parent}/secrets/').replace('"state"', f'"{tmp_path}/state"')
    config = tmp_path / "headgate.toml"
    config.write_text(text)
    failed = headgate("serve", "--config", str(config))
    assert failed.returncode == 1
    assert f"CONFIG_INVALID: Nothing can listen at 127.0.0.1:{port}." in failed.stderr.decode()
    assert b"Traceback" not in failed.stderr
