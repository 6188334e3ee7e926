"""Addresses in every form, and names that must not be taken."""

import pytest

from gateway.catalog import Catalog, Dataset, Product
from gateway.errors import AddressUnknown
from gateway.planner.plan import Plan
from gateway.policy import Principal
from tests.mesh import ARTISTS, LABELS, RATES, Mesh


def product(name: str, version: int, *tables, current: bool = True) -> Product:
    return Product("shop", name, version, tuple(Dataset(made.name, "s", made) for made in tables), current)


CATALOG = Catalog(
    "v", (product("music", 1, ARTISTS, current=False), product("music", 2, ARTISTS, LABELS), product("money", 1, RATES))
)
EVERYONE = Principal("ann", ("shop.*",))


@pytest.mark.parametrize(
    ("parts", "address", "version"),
    [
        (["shop", "music", "artists"], "shop.music.artists", 2),
        (["Shop", "MUSIC", "Artists"], "shop.music.artists", 2),
        (["shop", "music@1", "artists"], "shop.music@1.artists", 1),
        (["shop", "music@1"], "shop.music@1.artists", 1),
        (["shop", "music@2", "labels"], "shop.music.labels", 2),
        (["shop", "money"], "shop.money.rates", 1),
    ],
)
def test_an_address_finds_its_dataset(parts: list[str], address: str, version: int) -> None:
    place = CATALOG.resolve(parts, EVERYONE)
    assert (place.address, place.product.version) == (address, version)


@pytest.mark.parametrize("parts", [["shop", "music"], ["shop", "music@3", "artists"], ["shop", "musik", "artists"]])
def test_an_unknown_address_tells_the_nearest(parts: list[str]) -> None:
    with pytest.raises(AddressUnknown, match="No dataset answers"):
        CATALOG.resolve(parts, EVERYONE)


@pytest.mark.parametrize(
    ("parts", "within", "address"),
    [
        (["labels"], ("shop", "music"), "shop.music.labels"),
        (["LABELS"], ("Shop", "Music"), "shop.music.labels"),
        (["artists"], ("shop", "music@1"), "shop.music@1.artists"),
        (["music", "labels"], ("shop", ""), "shop.music.labels"),
        (["music", "labels"], ("shop", "money"), "shop.music.labels"),
        (["money"], ("shop", ""), "shop.money.rates"),
        (["shop", "money"], ("nowhere", "nothing"), "shop.money.rates"),
    ],
)
def test_a_session_shortens_what_is_no_address(parts: list[str], within: tuple[str, str], address: str) -> None:
    assert CATALOG.resolve(parts, EVERYONE, within).address == address


def test_a_session_widens_nothing() -> None:
    bob = Principal("bob", ("shop.money",))
    for parts, within in ((["labels"], ("shop", "music")), (["labels"], ("", "music")), (["music"], ("shop", ""))):
        with pytest.raises(AddressUnknown) as raised:
            CATALOG.resolve(parts, bob, within)
        assert "shop.music" not in str(raised.value)


def test_the_nearest_names_are_only_granted_ones() -> None:
    with pytest.raises(AddressUnknown) as raised:
        CATALOG.resolve(["shop", "musik", "artists"], EVERYONE)
    assert "shop.music.artists" in raised.value.hint
    with pytest.raises(AddressUnknown) as raised:
        CATALOG.resolve(["shop", "musik", "artists"], Principal("bob", ("shop.money",)))
    assert "music" not in raised.value.hint


def test_not_granted_reads_like_not_there() -> None:
    texts = []
    for parts in (["shop", "music", "artists"], ["shop", "xxxxx", "artists"]):
        with pytest.raises(AddressUnknown) as raised:
            CATALOG.resolve(parts, Principal("bob"))
        texts.append(str(raised.value).replace("music", "xxxxx"))
    assert texts[0] == texts[1]


def plan_of(mesh: Mesh, text: str) -> Plan:
    return mesh.plan(text)


@pytest.mark.parametrize(
    "text",
    [
        "with t0 as (select 1 as id) select a.id from artists.catalog.artists a join t0 on t0.id = a.id",
        "with f0 as (select 1 as id) select a.id from artists.catalog.artists a join f0 on f0.id = a.id",
        "select f0.id from artists.catalog.artists as f0 where f0.id = 1",
        "select artists.id from artists.catalog.artists where artists.catalog.artists.id = 1",
        "select catalog.artists.id from artists.catalog.artists where id = 1",
    ],
)
def test_no_name_of_the_user_hides_one_of_ours(mesh: Mesh, text: str) -> None:
    assert mesh.ask(text).to_pylist() == mesh.ask(text, pushdown=False).to_pylist() == [{"id": 1}]
