"""A sentence that denies a delivery, however it is worded: a negation and a word of delivering, close together.

Asked only about mail that a mail system wrote or that has no sender, where the usual sentences (`signs`) are missing.
"""

import re
from collections.abc import Iterator

from rebond.core.read.signs import MAIL_WORDS

_LOOK = 4000
_AROUND = 70
_MOST = 4  # places of a word that are looked at
# By language or family: the words of delivering, and what denies them before or behind (lower case).
_DENIALS = (
    (("deliver", "reach", "arriv", "transmit"), r"\bnot\b|n't\b|\bnever\b|\bunable\b|cannot\b|\bfail|\bimpossible"),
    (
        ("zugestellt", "zustell", "ausgeliefert", "übermittelt", "angekommen"),
        r"\bnicht\b|\bkein|fehlgeschlagen|gescheitert",
    ),
    (
        ("remis", "remettre", "distribu", "livr", "délivr", "achemin", "transmi", "parven"),
        r"\bn'|\bne\b|\bpas\b|\bimpossible|échou|\béchec",
    ),
    (
        ("entreg", "recapit", "consegn", "llegar", "chegou", "raggiunt"),
        r"\bno\b|\bnon\b|\bsin\b|\bnão\b|\bnao\b|\bimpossi|\bfall|\bfalh|\bmancat",
    ),
    (("bezorg", "afgelever", "aflever", "besteld", "bereikt"), r"\bniet\b|\bgeen\b|mislukt"),
    (("lever", "framme", "frem"), r"\binte\b|\bikke\b|\bikkje\b|\bej\b|misslyck|mislyk"),
    (("dostarcz", "doręcz", "doruč", "doslat"), r"\bnie\b|\bne\w|\bnie\w"),
    (("toimit", "perille"), r"\bei\b|\beivät|epäonnistu"),
    (("kézbes",), r"\bnem\b|sikertelen"),
    (("livrat", "expedia", "trimis"), r"\bnu\b"),
    (("достав", "вруч", "отправлен", "надісла"), r"\bне\b|\bневозможн|\bнеудач|\bне\w"),
    (("παραδ", "παράδ", "αποστολ"), r"\bδεν\b|αδύνατ"),
    (("teslim", "iletil", "ulaş", "gönderil"), r"eme|ama|başarısız"),
    (
        ("投递", "发送", "送达", "递送", "寄送", "投遞", "傳送", "送達", "遞送", "傳遞", "寄達"),
        r"无法|未|不|没有|失败|無法|失敗",
    ),
    (("配信", "送信", "配送", "届け"), r"ません|なかった|失敗|不能|エラー"),
    (("전송", "배달", "전달", "발송", "배송", "보내"), r"실패|못|않|없|불가|거부"),
)
# What is done to a mail instead of delivering it; said of mail in the same sentence.
_SENT_BACK = (
    ("returned", "rejected", "refused", "blocked", "bounced", "turned back", "not be sent", "not sent"),
    ("refusé", "rejeté", "bloqué", "retourné", "renvoyé"),
    ("abgewiesen", "abgelehnt", "zurückgewiesen", "zurückgesandt", "zurückgeschickt", "blockiert", "zurück"),
    ("devuelt", "rechazad", "bloquead", "devolvid", "rejeitad", "recusad"),
    ("respint", "rifiutat", "bloccat", "restituit"),
    ("geweigerd", "teruggestuurd", "geblokkeerd"),
    ("odrzucon", "zwrócon", "zablokowan", "odmítnut", "vrácen"),
    ("отклонен", "отклонён", "возвращен", "возвращён", "заблокирован", "відхилен", "повернут"),
    ("avvisat", "afvist", "avvist", "returner", "blockerat", "blokeret"),
    ("拒否", "返送", "ブロック", "拒收", "拒绝", "拒絕", "退回", "거부", "반송"),
)
_MAIL = re.compile("|".join(map(re.escape, MAIL_WORDS)))
_NEGATIONS = tuple((words, re.compile(denying)) for words, denying in _DENIALS)
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|[。！？]|\n\s*\n")


def denials(lowered: str) -> Iterator[str]:
    """Give the words of a text, in lower case, by which it says of something that it was not delivered."""
    text = lowered[:_LOOK]
    for words, negation in _NEGATIONS:
        for word in words:
            if word in text:
                for before, behind in _around(text, word):
                    if negation.search(before) or negation.search(word + behind):
                        yield before + word + behind


def returns(lowered: str) -> Iterator[str]:
    """Give the words of a text, in lower case, by which it says of a mail that it was refused or came back."""
    text = lowered[:_LOOK]
    for words in _SENT_BACK:
        for word in words:
            if word in text:
                for before, behind in _around(text, word):
                    if _MAIL.search(before) or _MAIL.search(behind):
                        yield before + word + behind


def _around(text: str, word: str) -> Iterator[tuple[str, str]]:
    """Give what stands before and behind each place of a word, within its sentence and two lines."""
    end = 0
    for _ in range(_MOST):
        start = text.find(word, end)
        if start < 0:
            return
        end = start + len(word)
        before = _SENTENCE_END.split(text[max(0, start - _AROUND) : start])[-1]
        behind = _SENTENCE_END.split(text[end : end + _AROUND], maxsplit=1)[0]
        yield "\n".join(before.split("\n")[-2:]), "\n".join(behind.split("\n")[:2])
