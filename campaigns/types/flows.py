"""The ways a member can take part. A flow with a panel works from the mission page to the ticket; types of others are not offered."""

from enum import StrEnum


class Flow(StrEnum):
    """STAY: open a page, stay, come back.   WATCH: the same with a video of ours to look at.   ANSWER: fill in and be judged at once.
    UPLOAD: a picture that a person looks at.   POSTBACK: the advertiser's server says that it happened.   STEPS: several things, each
    proved in its own way and earned by itself."""

    STAY = "STAY"
    WATCH = "WATCH"
    ANSWER = "ANSWER"
    UPLOAD = "UPLOAD"
    POSTBACK = "POSTBACK"
    STEPS = "STEPS"


STAYS = frozenset({Flow.STAY, Flow.WATCH})  # open, stay, confirm

PANELS = {
    Flow.STAY: "campaigns/mission/_stay.html",
    Flow.WATCH: "campaigns/mission/_watch.html",
    Flow.ANSWER: "campaigns/mission/_answer.html",
    Flow.UPLOAD: "campaigns/mission/_upload.html",
    Flow.POSTBACK: "campaigns/mission/_postback.html",
    Flow.STEPS: "campaigns/mission/_steps.html",
}
