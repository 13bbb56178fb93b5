"""policy/roles.toml is read strictly: what is wrong is said, with its key, and all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLObjectType, GraphQLSchema

from gateway.errors import ConfigurationError
from gateway.policy import Policy
from gateway.policy.coordinates import FOLLOWERS, is_follower, object_types
from gateway.policy.roles import classes_of, load_roles

START = '[roles.r]\nquery = ["shipment"]\n[roles.r.types.Shipment]\nfields = ["ccn"]\n'


def faults(tmp_path: Path, master: GraphQLSchema, text: str) -> list[str]:
    path = tmp_path / "roles.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_roles(path, master)
    assert all(fault.file == str(path) for fault in caught.value.faults)
    return [f"{fault.key}: {fault.problem}" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (START + 'mask = { ccn = "PARTAL" }\n', "Shipment.mask.ccn: is PARTIAL or PRESENCE; did you mean PARTIAL?"),
        (START + 'mask = { ccn = "WITHHOLD" }\n', "Shipment.mask.ccn: is PARTIAL or PRESENCE"),
        (START + 'mask = { eta = "PARTIAL" }\n', "mask.eta: Shipment.eta is DateTime, which cannot be masked PARTIAL"),
        (START + 'mask = { status = "PRESENCE" }\n', "which cannot be masked PRESENCE: show, withhold or hide it"),
        (START + 'mask = { containers = "PRESENCE" }\n', "which cannot be masked PRESENCE"),
        (START + 'mask = { grossMass = "PARTIAL" }\n', "which cannot be masked PARTIAL"),
        (START + 'mask = { jointStatus.state = "PRESENCE" }\n', "JointStatus.state is made by the gateway"),
        (START + 'withhold = ["id"]\n', "withhold.0: Shipment.id is made by the gateway: it is shown or hidden"),
        (START + 'withhold = ["risk.rules"]\n', "withhold.0: the role does not grant RiskAssessment"),
        (START + 'withhold = ["risk.ruls"]\n', "RiskAssessment has no field ruls; did you mean rules?"),
        (START + 'withhold = ["rsk.rules"]\n', "Shipment has no object rsk; did you mean risk?"),
        (START + 'mask = { ccn = "PARTIAL" }\nwithhold = ["ccn"]\n', "Shipment.ccn has another action already"),
        (START + 'mask = { importer.name = "PARTIAL" }\n', "no granted field leads to Party.name"),
        (
            START.replace('"ccn"', '"containers"')
            + '[roles.r.types.TransportEquipment]\nfields = ["number"]\nrows = { number = { eq = "x" } }\n',
            "TransportEquipment comes with the row that holds it: put the rule on that type",
        ),
        (START + 'felds = ["ccn"]\n', "roles.r.types.Shipment.felds: unknown key; did you mean fields?"),
        (START.replace("query", "qery"), "roles.r.qery: unknown key; did you mean query?"),
        (START.replace('"ccn"', '"cnn"'), "fields.0: Shipment has no field cnn; did you mean ccn?"),
        (START.replace('"shipment"', '"shipmnt"'), "query.0: Query has no field shipmnt; did you mean shipment?"),
        (START.replace('"shipment"', '"node"'), "query.0: node is everyone's: leave it out"),
        (START.replace('"shipment"', '"permit"'), "query.0: permit yields a type that the role does not grant"),
        (START + '[roles.r.types.Shipmnt]\nfields = ["a"]\n', "types.Shipmnt: the schema has no such object type"),
        (START + '[roles.r.types.Lookout]\nfields = ["refer"]\n', "types.Lookout: no granted field leads to this type"),
        (START + 'classes = ["REVENUE"]\n', "classes.0: Shipment has no field of class REVENUE"),
        (START.replace('fields = ["ccn"]', ""), "types.Shipment: grants nothing"),
        (START.replace("[roles.r]\n", '[roles.r]\nclaims = ["prots"]\n'), "claims.0: tokens have no claim prots"),
        (
            START.replace("[roles.r]\n", '[roles.r]\nexplain = "yes"\n'),
            "roles.r.explain: input should be a valid boolean",
        ),
        (START + 'rows = { portOfArival = { in = "claims.ports" } }\n', "rows.portOfArival: Shipment has no value at"),
        (START + 'rows = { portOfArrival = { inn = "claims.ports" } }\n', "inn: unknown operator; did you mean in?"),
        (
            START + 'rows = { portOfArrival = { in = "claims.prots" } }\n',
            "in: tokens have no claim prots; did you mean",
        ),
        (
            START + 'rows = { portOfArrival = { eq = "claims.ports" } }\n',
            "eq: claims.ports holds several values: use in",
        ),
        (START + 'rows = { portOfArrival = { in = "CAVAN" } }\n', "in: is a list of values"),
        (START + 'rows = { portOfArrival = { gt = "CAVAN" } }\n', "gt: Locode has no order"),
        (START + 'rows = { eta = { gte = "now - 5 years" } }\n', "gte: is now, or now less years"),
        (START + 'rows = { eta = { null = "no" } }\n', "null: is true or false"),
        (START + "rows = { or = [] }\n", "rows.or: is a list of rules"),
        (START + "rows = { importer = { eq = 1 } }\n", "rows.importer: Shipment has no value at importer"),
        (START + "rows = {}\n", "rows: is a table"),
        ("[role.r]\n", "role: unknown key; did you mean roles?"),
        ("[roles.r\n", ": is not TOML"),
    ],
)
def test_faults_name_the_key(tmp_path: Path, master: GraphQLSchema, text: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(tmp_path, master, text)), faults(tmp_path, master, text)


def test_all_faults_come_at_once(tmp_path: Path, master: GraphQLSchema) -> None:
    text = START.replace('"ccn"', '"a", "b"') + '[roles.s]\nquery = ["c"]\n'
    assert len(faults(tmp_path, master, text)) >= 3


def test_a_missing_file_is_a_fault(tmp_path: Path, master: GraphQLSchema) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        Policy.load(tmp_path, master)


def test_the_demo_policy_has_every_role_of_the_domain(policy: Policy) -> None:
    assert set(policy.roles) == {
        "border-officer",
        "traveller-officer",
        "revenue-officer",
        "food-inspector",
        "permit-officer",
        "immigration-officer",
        "intelligence-analyst",
        "police-liaison",
        "partner-customs",
        "partner-immigration",
        "trader",
        "carrier",
        "traveller",
        "privacy-officer",
        "developer",
    }


def test_every_field_is_classified(master: GraphQLSchema) -> None:
    """A field without a class would be granted by no class, and by nobody's intention."""
    unclassified = [
        f"{name}.{field}"
        for name, named in object_types(master).items()
        for field, definition in named.fields.items()
        if not classes_of(definition)
    ]
    assert unclassified == []


def test_every_type_is_granted_by_name_or_follows(master: GraphQLSchema, policy: Policy) -> None:
    """The developer's role names every entity: a new type shows up here before it shows up nowhere."""
    granted = policy.roles["developer"].coordinates
    entities = {name for name in object_types(master) if not is_follower(name)}
    assert entities - granted.keys() == set()
    assert {name for name in FOLLOWERS if not isinstance(master.type_map.get(name), GraphQLObjectType)} == set()
