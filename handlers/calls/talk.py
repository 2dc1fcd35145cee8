"""The feature: what is listened to, and the papers of its letters.

Numbered commands come before all others, for 好 1234 means a call and 好 12 an incident; what
she asks for in her own words comes after everything that may be graver.
"""

from handlers.calls import arranging, asking, going, looking, papers, thanking, words
from handlers.calls.routes import asking as asking_router
from handlers.calls.routes import router
from handlers.feature import Feature, Paper
from storage import call_letters as letters
from storage.offers import OFFER
from storage.papers_ending import PAPERS_END

__all__ = ["ASKING", "FEATURE", "arranging", "asking", "going", "looking", "papers", "thanking"]

FEATURE = Feature(
    router,
    {
        OFFER: Paper(words.offer, form="offer", ask=words.offer_ask),
        letters.WON: Paper(words.won, form="offer", ask=words.won_ask),
        letters.LOST: Paper(words.lost),
        letters.COMING: Paper(words.coming, form="confirmation", ask=words.coming_ask),
        letters.GONE: Paper(words.gone, form="offer", ask="原来的人来不了，在另找"),
        letters.REVIEW: Paper(words.review, form="offer", ask=words.review_ask),
        letters.VOUCH: Paper(words.vouch, form="offer", ask=words.review_ask),
        letters.REFUSED: Paper(words.refused, form="confirmation", ask="这次没办成"),
        letters.UNCLEAR: Paper(words.unclear, form="offer", ask="请问问她什么时候要"),
        letters.UNTAKEN: Paper(words.untaken, form="offer", ask=words.untaken_ask),
        letters.SORRY: Paper(words.sorry, form="offer", ask="还没找到人，请想办法"),
        letters.OFF: Paper(words.off, form="confirmation", ask="不用去了，谢谢您"),
        letters.ABSENT: Paper(words.absent),
        letters.ALONE: Paper(words.alone, form="offer", ask="只到了一位，请去看看"),
        letters.LEFT: Paper(words.left),
        letters.HOW: Paper(words.how, form="confirmation", ask=words.how_ask),
        letters.SEE: Paper(words.see, form="confirmation", ask=words.how_ask),
        looking.SHOWN: Paper(words.picture_shown, shows_picture=True),
        letters.LACKING: Paper(words.still_lacking),
        PAPERS_END: Paper(words.papers_end, form="confirmation", ask="有证件快到期，请看看"),
        letters.THANKS: Paper(words.thanks),
        letters.WITH_HER: Paper(words.with_her, form="missed", ask="您在她家，请看看她好吗"),
        letters.POOR: Paper(words.poor),
        letters.TELL: Paper(words.tell, form="confirmation", ask=words.tell_ask),
        letters.JUDGE: Paper(words.judge, form="confirmation", ask=words.judge_ask),
        letters.VERDICT: Paper(words.verdict, form="confirmation", ask="有结果了，请看看"),
    },
)

ASKING = Feature(asking_router)
