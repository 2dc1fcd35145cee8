"""The feature: what is listened to, and the papers of its letters.

The guard is asked first, after distress; what answers our question comes after all commands.
"""

from handlers.family import clocks, guard, passing, today, turns, words
from handlers.family.routes import answers, router
from handlers.feature import Feature, Paper
from storage import tidings

__all__ = ["ANSWERS", "FEATURE", "clocks", "guard", "passing", "today", "turns"]

WAS_HEARD = "was_heard"
NOT_TOLD_YET = "not_told_yet"

FEATURE = Feature(
    router,
    {
        today.WELL_TODAY: Paper(
            words.well_today,
            form=lambda letter: "all_clear" if words.is_all_well(letter) else "",
            ask=words.well_today_ask,
        ),
        turns.TURN_SAID: Paper(words.turn_said, form="reminder", ask="家里轮班定了"),
        turns.TURNS_ENDED: Paper(words.turns_ended, form="reminder", ask="家里不轮班了"),
        tidings.TIDING: Paper(words.to_her),
        tidings.TELL_HER: Paper(
            words.tell_her, form="reminder", ask="有话要传，请回：要传的话", private=True
        ),
        passing.TO_FAMILY: Paper(
            words.to_family, form="reminder", ask=words.to_family_ask, private=True
        ),
        passing.WAS_TOLD: Paper(words.was_told),
        WAS_HEARD: Paper(words.was_heard),
        NOT_TOLD_YET: Paper(words.not_told_yet, form="reminder", ask="您的话还没传到"),
        guard.WANTS_MONEY: Paper(
            words.wants_her_money, form="emergency", ask="有人要骗钱，请快打电话"
        ),
        guard.WRITES_OF_MONEY: Paper(
            words.writes_of_money, form="reminder", ask="有人借传话提钱，请去问问", private=True
        ),
    },
)
ANSWERS = Feature(answers)
