"""Relationships of contracts: which notations are read, and what is wrong with the others."""

import pytest

from gateway.catalog import Reference
from gateway.contracts import load
from gateway.demo.mesh import CATALOG
from gateway.errors import ConfigInvalid
from gateway.policy import LOCAL

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: play-events
name: events
version: 2.1.0
status: active
domain: play
servers: [{server: stream, type: custom}]
schema:
  - name: plays
    properties:
      - {name: song_id, physicalType: BIGINT, RELATED}
      - {name: device, physicalType: VARCHAR}
    OWN
  - name: devices
    properties:
      - {name: kind, physicalType: VARCHAR, primaryKey: true}
      - {name: song, physicalType: BIGINT}
"""


def loaded(folder, related, own):
    (folder / "play").mkdir()
    text = CONTRACT.replace("RELATED", related or "description: x").replace("OWN", own or "description: x")
    (folder / "play" / "events.yaml").write_text(text)
    return load(folder, ["stream"]).products[0].datasets[0].references


HERE = ("play", "events@2", "devices")


@pytest.mark.parametrize(
    ("related", "own", "expected"),
    [
        ("relationships: [{to: devices.song}]", "", [Reference(("song_id",), HERE, ("song",))]),
        ("relationships: [{type: foreignKey, to: devices.song}]", "", [Reference(("song_id",), HERE, ("song",))]),
        (
            "relationships: [{to: artists.catalog.songs.id}, {to: artists.catalog@1.songs.id}]",
            "",
            [
                Reference(("song_id",), ("artists", "catalog", "songs"), ("id",)),
                Reference(("song_id",), ("artists", "catalog@1", "songs"), ("id",)),
            ],
        ),
        (
            "",
            "relationships: [{from: [plays.song_id, device], to: [devices.song, devices.kind]}]",
            [Reference(("song_id", "device"), HERE, ("song", "kind"))],
        ),
        ("", "relationships: [{from: device, to: devices.kind}]", [Reference(("device",), HERE, ("kind",))]),
        # other notations and kinds are for people
        ("relationships: [{to: schema/devices_id/properties/song_id}]", "", []),
        ("relationships: [{to: 'https://example.com/c.yaml#/schema/a/properties/b'}]", "", []),
        ("relationships: [{to: devices.kind.part}]", "", []),
        ("relationships: [{type: similarTo, to: nothing.there}]", "", []),
        ("", "", []),
    ],
)
def test_references(tmp_path, related, own, expected):
    assert list(loaded(tmp_path, related, own)) == expected


@pytest.mark.parametrize(
    ("related", "own", "told"),
    [
        ("relationships: [{to: devices.colour}]", "", "leads to 'devices.colour', which is not in the contract"),
        ("relationships: [{to: device.kind}]", "", "leads to 'device.kind', which is not in the contract"),
        ("relationships: [{to: play.events@2.devices.colour}]", "", "leads to 'devices.colour'"),
        ("relationships: [{}]", "", "must pair each property with one other"),
        ("relationships: [{to: [devices.kind, devices.song]}]", "", "must pair each property with one other"),
        ("", "relationships: [{from: [device], to: []}]", "must pair each property with one other"),
        ("", "relationships: [{to: devices.kind}]", "must pair each property with one other"),
        ("", "relationships: [{from: colour, to: devices.kind}]", "begins at 'colour', which is no property"),
        ("", "relationships: [{from: devices.kind, to: devices.kind}]", "begins at 'devices.kind'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, related, own, told):
    with pytest.raises(ConfigInvalid) as caught:
        loaded(tmp_path, related, own)
    assert f"schema plays: a relationship {told}" in str(caught.value)


def test_the_references_of_the_demo_mesh_lead_somewhere():
    catalog = load(CATALOG, ["artists_db", "payments_db", "lake", "play_stream"])
    found = [reference for product in catalog.products for one in product.datasets for reference in one.references]
    assert len(found) == 10
    for reference in found:
        place = catalog.find(reference.to, LOCAL)
        assert place is not None
        assert place.dataset.primary_key == reference.to_columns
