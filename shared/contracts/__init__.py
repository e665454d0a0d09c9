"""The published language: every event is declared here once; schemas and documentation are made from it."""

from shared.contracts import activity, committee, common, evaluation, reporting
from shared.contracts.aggregate import Aggregate, Claim, Command, Context, On, Read
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.event import REGISTRY, ContractError, Event, EventSpec, Registry
from shared.contracts.known import KNOWN_PROGRAMME, KnownProgramme
from shared.contracts.recorded import Learned, Recorded
from shared.contracts.rejection import Rejected, require

__all__ = [
    "KNOWN_PROGRAMME",
    "REGISTRY",
    "Aggregate",
    "Claim",
    "Command",
    "Context",
    "ContractError",
    "Event",
    "EventSpec",
    "KnownProgramme",
    "Learned",
    "On",
    "ProgrammeDefinition",
    "Read",
    "Recorded",
    "Registry",
    "Rejected",
    "activity",
    "committee",
    "common",
    "evaluation",
    "reporting",
    "require",
]
