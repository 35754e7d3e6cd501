"""The standing chain of three branches: the same at every start. No phone here can exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommutator.twins.yclients.people import Group, Partner, User
from kommutator.twins.yclients.permissions import PHONES, tree
from kommutator.twins.yclients.seed_salons import BRANCHES, build

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

OWNER_LOGIN, OWNER_PASSWORD = "owner@salon.example", "salon-owner"
ADMIN_LOGIN, ADMIN_PASSWORD = "admin@salon.example", "salon-admin"


def fill(world: World) -> None:
    """Put the standing partner, users and branches into an empty world."""
    world.add_partner(Partner(world.next_id("partner"), "Kommutator", world.standing.partner_token))
    number = world.next_id("group")
    crm_token = world.hash_of("crm", number)
    group = Group(number, "Студии красоты «Черновик»", crm_token)
    world.groups[number] = group
    for plan in BRANCHES:
        company = build(world, plan, group.id)
        group.company_ids.append(company.id)
    _people(world, group.company_ids)


def _people(world: World, branches: list[int]) -> None:
    """The application's system user (no branch is open to it yet), an owner, an administrator.

    The administrator works in the first branch only and sees no phones.
    """
    system = User(
        id=world.next_id("user"),
        name="Kommutator (системный)",
        login="system@kommutator.example",
        password=world.hash_of("password", 0),
        token=world.standing.user_token,
        is_system=True,
    )
    owner = User(
        id=world.next_id("user"),
        name="Вера Образцова",
        login=OWNER_LOGIN,
        password=OWNER_PASSWORD,
        token=world.hash_of("token", 1),
        phone="70000000201",
        email=OWNER_LOGIN,
        access={number: tree() for number in branches},
    )
    admin = User(
        id=world.next_id("user"),
        name="Инна Пробная",
        login=ADMIN_LOGIN,
        password=ADMIN_PASSWORD,
        token=world.hash_of("token", 2),
        phone="70000000202",
        email=ADMIN_LOGIN,
        access={
            branches[0]: tree(
                PHONES | {"settings": {"settings_access": False, "webhook_read_access": False}}
            )
        },
    )
    world.system_user_id = system.id
    for user in (system, owner, admin):
        world.add_user(user)
