"""A folder of contracts: what becomes of one, and every problem that is told."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from open_data_contract_standard.model import SchemaProperty

from connectors.spi import Column, Table
from gateway.catalog import Dataset, Product
from gateway.contracts import Contracts, load
from gateway.contracts.typing import duckdb_type
from gateway.errors import ConfigInvalid

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: play.events
name: events
version: 1.2.0
status: active
domain: play
description: {purpose: What was played.}
team: {name: telemetry}
servers:
  - {server: stream, type: custom}
schema:
  - name: plays
    physicalName: raw.plays
    description: One row per play.
    customProperties:
      - {property: format, value: json}
      - {property: compacted, value: true}
    properties:
      - {name: day, physicalType: date, required: true, primaryKey: true, primaryKeyPosition: 2}
      - {name: play_id, physicalType: INT8, required: true, unique: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: Device, logicalType: string, physicalName: device kind, description: Kind of player.}
"""


def put(folder: Path, where: str = "play/events.yaml", text: str = CONTRACT, **changes: str) -> None:
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    for old, new in changes.items():
        lines = [line for line in text.splitlines() if line.startswith(f"{old}:")]
        text = text.replace(lines[0], f"{old}: {new}")
    path.write_text(text, "utf-8")


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as refused:
        load(folder, ["stream", "lake"])
    assert refused.value.sentence.splitlines()[1:] == [f"  - {problem}" for problem in refused.value.problems]
    return list(refused.value.problems)


def test_a_contract_becomes_a_product(tmp_path):
    put(tmp_path)
    columns = (
        Column("day", "DATE", nullable=False),
        Column("play_id", "BIGINT", nullable=False),
        Column("Device", "VARCHAR", source="device kind"),
    )
    assert load(tmp_path, ["stream"]).products == (
        Product(
            domain="play",
            name="events",
            version=1,
            owner="telemetry",
            description="What was played.",
            datasets=(
                Dataset(
                    name="plays",
                    store="stream",
                    table=Table("raw.plays", columns, options=(("compacted", "true"), ("format", "json"))),
                    description="One row per play.",
                    notes=(("Device", "Kind of player."),),
                    primary_key=("play_id", "day"),
                    required=("day", "play_id"),
                ),
            ),
        ),
    )


def test_the_name_may_stand_in_data_product(tmp_path):
    put(tmp_path, text=CONTRACT + "dataProduct: facts\n")
    assert load(tmp_path, ["stream"]).products[0].address == "play.facts"


def test_without_a_physical_name_the_dataset_is_the_table(tmp_path):
    put(tmp_path, text=CONTRACT.replace("    physicalName: raw.plays\n", ""))
    assert load(tmp_path, ["stream"]).products[0].datasets[0].table.name == "plays"


@pytest.mark.parametrize(
    ("versions", "current"),
    [
        ({1: "active"}, 1),
        ({1: "active", 2: "active"}, 2),
        ({1: "active", 2: "draft"}, 1),
        ({1: "active", 2: "proposed"}, 1),
        ({2: "deprecated", 9: "active", 10: "retired"}, 9),
        ({1: "retired", 2: "deprecated"}, 2),
    ],
)
def test_the_highest_version_that_answers_is_the_current_one(tmp_path, versions, current):
    for version, status in versions.items():
        put(tmp_path, f"play/v{version}.yaml", version=f"{version}.0.1", status=status)
    made = load(tmp_path, ["stream"]).products
    assert [product.version for product in made] == sorted(versions)
    assert {product.version: product.schema_name for product in made} == {
        version: "events" if version == current else f"events@{version}" for version in versions
    }


def test_the_catalogs_version_follows_the_content(tmp_path):
    put(tmp_path)
    first = load(tmp_path, ["stream"]).version
    assert load(tmp_path, ["stream"]).version == first
    put(tmp_path, version="1.2.1")
    second = load(tmp_path, ["stream"]).version
    put(tmp_path, "artists/other.yaml", domain="artists")
    assert len({first, second, load(tmp_path, ["stream"]).version}) == 3


def test_what_stays_the_same_is_not_worked_out_again(tmp_path):
    put(tmp_path)
    put(tmp_path, "play/other.yaml", name="other")
    contracts = Contracts(tmp_path, ["stream"])
    first = contracts.load()
    put(tmp_path, "play/other.yaml", name="other", version="2.0.0")
    second = contracts.load()
    assert [product.version for product in second.products] == [1, 2]
    assert second.products[0].datasets[0] is first.products[0].datasets[0]
    assert second.version != first.version
    assert second == load(tmp_path, ["stream"])
    (tmp_path / "play/other.yaml").unlink()
    assert [product.address for product in contracts.load().products] == ["play.events"]


def test_problems_of_what_stays_the_same_are_told_each_time(tmp_path):
    put(tmp_path)
    put(tmp_path, "play/wrong.yaml", name="Wrong")
    contracts, told = Contracts(tmp_path, ["stream"]), f"play/wrong.yaml: name: 'Wrong' {NAME}"
    for _ in range(2):
        with pytest.raises(ConfigInvalid) as refused:
            contracts.load()
        assert refused.value.problems == (told,)
    (tmp_path / "lake").mkdir()
    (tmp_path / "play/events.yaml").rename(tmp_path / "lake/events.yaml")
    with pytest.raises(ConfigInvalid) as refused:
        contracts.load()
    moved = "lake/events.yaml: domain: says 'play', and the file lies in the folder of 'lake'"
    assert refused.value.problems == (moved, told)


def test_hidden_and_other_files_are_left_alone(tmp_path):
    put(tmp_path)
    put(tmp_path, ".git/broken.yaml", "a: [")
    put(tmp_path, "play/.events.yaml.swp.yaml", "a: [")
    put(tmp_path, "play/README.md", "a: [")
    assert len(load(tmp_path, ["stream"]).products) == 1


def test_all_problems_of_all_files_are_told_together(tmp_path):
    put(tmp_path)
    put(tmp_path, "play/again.yml", version="1.9.0")
    put(tmp_path, "lake/broken.yaml", "a: [")
    put(tmp_path, "lake/wrong.yaml", domain="play", version="'one'", name="Wrong")
    put(tmp_path, "stray.yaml")
    put(tmp_path, "lake/deep/stray.yaml")
    assert problems(tmp_path) == [
        "lake/broken.yaml: line 2: did not find expected node content",
        "lake/deep/stray.yaml: lies in no domain's folder; contracts are <domain>/<any name>.yaml",
        "lake/wrong.yaml: domain: says 'play', and the file lies in the folder of 'lake'",
        "lake/wrong.yaml: name: 'Wrong' must be lower-case letters, digits and _, at most 63",
        "lake/wrong.yaml: version: must be a version such as 1.2.0",
        "stray.yaml: lies in no domain's folder; contracts are <domain>/<any name>.yaml",
        "play/events.yaml: the address play.events in version 1 is already taken by play/again.yml",
    ]


NAME = "must be lower-case letters, digits and _, at most 63"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: DataContract", "kind: DataProduct", "kind: must be DataContract"),
        ("apiVersion: v3.1.0", "apiVersion: v2.2.0", "apiVersion: must be a version 3 of ODCS, such as v3.1.0"),
        ("apiVersion: v3.1.0\n", "", "apiVersion: must be a version 3 of ODCS, such as v3.1.0"),
        ("version: 1.2.0", "version: 1.0", "version: must be text; put it in quotes"),
        ("version: 1.2.0", "version: latest", "version: must be a version such as 1.2.0"),
        ("version: 1.2.0", "versoin: 1.2.0", "versoin: is not known to ODCS"),
        ("name: events", "name: null", f"name: '' {NAME}"),
        ("name: events", "name: a.b", f"name: 'a.b' {NAME}"),
        ("name: events", "name: 'a\"b; DROP'", f"name: 'a\"b; DROP' {NAME}"),
        ("name: events", "name: éa", f"name: 'éa' {NAME}"),
        ("name: events", f"name: {'e' * 64}", f"name: '{'e' * 64}' {NAME}"),
        ("name: events", f"name: {'e' * 900}", f"name: '{'e' * 80}…' {NAME}"),
        ("name: plays", "name: Plays", f"schema name: 'Plays' {NAME}"),
        (
            "server: stream",
            "server: nowhere",
            "servers: there is no store 'nowhere' in the configuration (known: lake, stream)",
        ),
        (
            "server: stream",
            "description: x",
            "servers: there is no store '' in the configuration (known: lake, stream)",
        ),
        ("  - {server: stream, type: custom}", "  []", "servers: name exactly one store; here are 0"),
        ("servers:", "servers:\n  - {server: lake, type: custom}", "servers: name exactly one store; here are 2"),
        ("schema:", "slaProperties:", "schema: describes no dataset"),
        ("name: Device", "name: DAY", "schema plays: the property day stands twice"),
        ("name: Device", "name: a b", "schema plays: 'a b' is no name for a property"),
        ("name: Device", f"name: {'d' * 64}", f"schema plays: '{'d' * 64}' is no name for a property"),
        (
            "logicalType: string",
            "logicalType: object",
            "schema plays, property 'Device': the logicalType object cannot be carried; give a physicalType",
        ),
        ("logicalType: string, ", "", "schema plays, property 'Device': has no type; give a physicalType"),
        (
            "physicalType: INT8",
            "physicalType: MONEY",
            "schema plays, property 'play_id': the type MONEY cannot be carried",
        ),
        ("physicalType: INT8", "physicalType: 8", "schema.0.properties.1.physicalType: must be text; put it in quotes"),
        (
            "required: true, unique",
            "required: [], unique",
            "schema.0.properties.1.required: Input should be a valid boolean",
        ),
        (
            "property: compacted",
            "property: format",
            "schema plays: customProperties must be distinct properties with plain values",
        ),
        (
            "value: json",
            "value: {a: b}",
            "schema plays: customProperties must be distinct properties with plain values",
        ),
        ("team: {name: telemetry}", "team: {name: [1]}", "team.name: must be text; put it in quotes"),
    ],
)
def test_what_is_refused_is_told_by_field(tmp_path, old, new, told):
    assert old in CONTRACT
    put(tmp_path, text=CONTRACT.replace(old, new, 1))
    assert f"play/events.yaml: {told}" in problems(tmp_path)


def test_datasets_are_told_apart(tmp_path):
    schema = CONTRACT.split("schema:\n", 1)[1]
    put(tmp_path, text=CONTRACT + schema)
    assert problems(tmp_path) == ["play/events.yaml: schema: the dataset plays stands twice"]


def test_a_dataset_needs_columns(tmp_path):
    put(tmp_path, text=CONTRACT.split("    properties:\n", 1)[0])
    assert problems(tmp_path) == ["play/events.yaml: schema plays: has no properties"]


@pytest.mark.parametrize(
    "physical",
    [
        "../secrets", "a/../../b", "/etc/passwd", "file:///etc/passwd", "s3://other/bucket", "%2e%2e/x", "..%2Fx",
        "..\\x", "~/x", "a\\0b", "a\\nb", "%2Fetc",
    ],
)  # fmt: skip
def test_a_physical_name_cannot_lead_out_of_its_store(tmp_path, physical):
    quoted = f'"{physical}"' if "0b" in physical or "nb" in physical else f"'{physical}'"
    put(tmp_path, text=CONTRACT.replace("raw.plays", quoted))
    assert problems(tmp_path) == ["play/events.yaml: schema plays: physicalName must stay inside its store"]


@pytest.mark.parametrize("physical", ["public.plays", "daily/*/*.parquet", "Odd Name", "a..b", "day=1%2C2/x.parquet"])
def test_other_physical_names_are_taken_as_they_are(tmp_path, physical):
    put(tmp_path, text=CONTRACT.replace("raw.plays", f"'{physical}'"))
    assert load(tmp_path, ["stream"]).products[0].datasets[0].table.name == physical


def test_many_problems_of_one_file_are_cut(tmp_path):
    put(tmp_path, text=CONTRACT + "".join(f"own{at}: 1\n" for at in range(50)))
    told = problems(tmp_path)
    assert (len(told), told[-1]) == (21, "play/events.yaml: and 30 more like these")
    assert not [problem for problem in told if "pydantic" in problem or "http" in problem]


def test_files_that_cannot_be_read_are_told_and_pipes_are_not_waited_for(tmp_path):
    put(tmp_path, "play/large.yaml", "#" * 1_000_001)
    (tmp_path / "play/gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "play/folder.yaml").mkdir()
    os.mkfifo(tmp_path / "play/pipe.yaml")
    assert problems(tmp_path) == [
        "play/folder.yaml: cannot be read",
        "play/gone.yaml: cannot be read",
        "play/large.yaml: it is larger than 1,000,000 bytes",
        "play/pipe.yaml: cannot be read",
    ]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ConfigInvalid, match="The catalog folder 'none' does not exist"):
        load(tmp_path / "none", [])


@pytest.mark.parametrize(
    ("told", "made"),
    [
        ({"physicalType": "bigint"}, "BIGINT"),
        ({"physicalType": "int4"}, "INTEGER"),
        ({"physicalType": "CHAR(12)"}, "VARCHAR"),
        ({"physicalType": "character varying (20)"}, "VARCHAR"),
        ({"physicalType": "text"}, "VARCHAR"),
        ({"physicalType": "NUMERIC(12, 2)"}, "DECIMAL(12,2)"),
        ({"physicalType": "decimal(38)"}, "DECIMAL(38,0)"),
        ({"physicalType": "double  precision"}, "DOUBLE"),
        ({"physicalType": "float8"}, "DOUBLE"),
        ({"physicalType": "timestamptz"}, "TIMESTAMP WITH TIME ZONE"),
        ({"physicalType": "timestamp without time zone"}, "TIMESTAMP"),
        ({"physicalType": "jsonb"}, "JSON"),
        ({"physicalType": "int[]"}, "INTEGER[]"),
        ({"physicalType": "NUMERIC(9,3)[][]"}, "DECIMAL(9,3)[][]"),
        ({"logicalType": "integer"}, "BIGINT"),
        ({"logicalType": "number"}, "DOUBLE"),
        ({"logicalType": "timestamp"}, "TIMESTAMP"),
        ({"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}, "TIMESTAMP WITH TIME ZONE"),
        ({"logicalType": "array", "items": {"logicalType": "date"}}, "DATE[]"),
        ({"logicalType": "integer", "physicalType": "SMALLINT"}, "SMALLINT"),
    ],
)
def test_types(told: dict[str, Any], made: str):
    assert duckdb_type(SchemaProperty.model_validate(told)) == made


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "has no type; give a physicalType"),
        ({"logicalType": "array"}, "the logicalType array cannot be carried; give a physicalType"),
        ({"physicalType": "numeric"}, "the type numeric needs its digits, such as numeric(12,2)"),
        (
            {"physicalType": "NUMERIC(39,2)"},
            "the type NUMERIC(39,2) has more digits than can be carried, which are 1 to 38",
        ),
        ({"physicalType": "DECIMAL(0)"}, "the type DECIMAL(0) has more digits than can be carried, which are 1 to 38"),
        ({"physicalType": "DECIMAL(2,5)"}, "the type DECIMAL(2,5) has more digits behind the point than digits"),
        ({"physicalType": "CHAR(1,2)"}, "the type CHAR(1,2) cannot be carried"),
        ({"physicalType": "STRUCT(a INTEGER)"}, "the type STRUCT(a INTEGER) cannot be carried"),
        ({"physicalType": "INT[]" * 900}, "the physicalType is too long to be one"),
    ],
)
def test_types_that_are_refused(told: dict[str, Any], why: str):
    with pytest.raises(ValueError) as refused:
        duckdb_type(SchemaProperty.model_validate(told))
    assert str(refused.value) == why


def test_many_contracts_are_read_in_no_time(tmp_path):
    columns = "".join(f"      - {{name: c{at}, physicalType: BIGINT, description: A number.}}\n" for at in range(20))
    for at in range(200):
        put(tmp_path, f"play/p{at}.yaml", CONTRACT + columns, name=f"p{at}")
    began = time.process_time()
    assert len(load(tmp_path, ["stream"]).products) == 200
    assert time.process_time() - began < 1.2  # measured: 0.2 s
