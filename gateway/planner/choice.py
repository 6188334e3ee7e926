"""Whether pushing pays: the plan that pushes everything beside those that push less or more, by what stores expect."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from gateway.planner.cost import WORTH_CHOOSING, choose, price
from gateway.planner.greed import Greed
from gateway.planner.judge.claims import DEARER
from gateway.planner.plan import Plan, Weighed
from gateway.planner.refusal import Refused
from gateway.planner.shipping import SMALL, Expect
from gateway.planner.unpushed import is_plain


def cheapest(
    made: Plan, rows: Iterable[int | None], less: Callable[[Greed], Plan], expect: Expect, *, grouped: bool
) -> Plan:
    """``made``, which pushes everything, or a plan that pushes less or more where that looks much cheaper.

    ``rows`` are the sizes of the tables read, None where nobody knows. ``less`` makes the other plans; nothing is
    asked for small tables or for what has nothing to choose. ``grouped`` says that the query puts rows together.
    """
    if not any(size is None or size >= SMALL for size in rows):
        return made
    more = list(_more(made, grouped=grouped))
    if all(is_plain(remote.fragment) for remote in made.fragments) and not more:
        return made
    made = estimated(made, expect)
    first = price(made)
    if first is None or first < WORTH_CHOOSING:
        return made
    plans, weighed = [made], [Weighed(Greed.EVERYTHING.value, first)]
    for greed in (*more, Greed.JOINS, Greed.FILTERS):
        try:
            other = estimated(less(greed), expect)
        except Refused:
            continue
        cost = price(other)
        if cost is not None and _texts(other) not in map(_texts, plans):
            plans.append(other)
            weighed.append(Weighed(greed.value, cost))
    chosen = choose([one.milliseconds for one in weighed])
    return replace(plans[chosen], weighed=(weighed[chosen], *(one for one in weighed if one is not weighed[chosen])))


def _more(made: Plan, *, grouped: bool) -> Iterator[Greed]:
    """What else could be pushed, at a risk."""
    if grouped and len(made.fragments) + len(made.scans) > 1:
        yield Greed.EARLY_GROUPS
    if any(reason.why == DEARER for reason in made.reasons):
        yield Greed.CORRELATED


def estimated(plan: Plan, expect: Expect) -> Plan:
    """The plan with what its stores expect of each fragment."""
    return replace(
        plan,
        fragments=tuple(
            remote if remote.estimate else replace(remote, estimate=expect(remote.origin.store, remote.fragment))
            for remote in plan.fragments
        ),
    )


def _texts(plan: Plan) -> list[str]:
    return [remote.fragment.text for remote in plan.fragments]
