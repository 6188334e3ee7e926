"""Holding plans to budgets before anything of them runs, by what the stores expect to send."""

from gateway.errors import BudgetExceeded
from gateway.planner.cost import moves
from gateway.planner.plan import Plan
from gateway.policy import Budget, Budgets


def budgets_of(plan: Plan, budgets: Budgets, user: str) -> tuple[tuple[str, Budget], ...]:
    """The budgets that concern a plan, each with the product it is about, empty where it is about all that is moved."""
    named = {product for remote in plan.fragments for product in remote.origin.products}
    concerned = [("", budgets.every), ("", budgets.users.get(user, Budget()))]
    concerned += [(product, budgets.products[product]) for product in sorted(named & budgets.products.keys())]
    return tuple((product, budget) for product, budget in concerned if budget != Budget())


def check(plan: Plan) -> None:
    """Raise :class:`BudgetExceeded`, with the estimate, when a plan is expected to move more than it may.

    What no store can estimate is not counted. In-place scans are not moved.
    """
    for product, budget in plan.budgets:
        counted = [remote for remote in plan.fragments if not product or product in remote.origin.products]
        moved = [moves(plan, remote) for remote in counted]
        for most, found, unit in (
            (budget.rows, sum(rows for rows, _ in moved), "rows"),
            (budget.bytes, sum(size for _, size in moved), "bytes"),
        ):
            if most and found > most:
                raise BudgetExceeded(
                    f"The query would move about {found:,} {unit}, and may move {most:,}.",
                    hint="Filter or group further, so that less has to be moved; EXPLAIN shows the estimates.",
                    product=product
                    or ", ".join(dict.fromkeys(name for one in counted for name in one.origin.products)),
                )
