"""What the sampling room announces."""

from dataclasses import dataclass

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class CampaignDue(Message):
    """An approved campaign of the plan has come to its day, and nobody needs to attend it."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class FreezeRequested(Message):
    """The pool of an approved campaign is to be frozen for the person who asked."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CommitmentPublished(Message):
    """Pool, roster and parameters of a campaign are fixed, and their commitment is public."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignDrawn(Message):
    """The draw of a campaign was made; it is final."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CasesDue(Message):
    """Cases of the drawn members with these positions (both included) are to be opened."""

    campaign_id: int
    first: int
    last: int
