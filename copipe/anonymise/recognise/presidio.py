"""Presidio's recognisers of identifiers, set up to use nothing beyond this machine. Imported where text is analysed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from copipe.anonymise.recognise.hits import Hit
from copipe.anonymise.recognise.postcodes import AREAS

# Presidio imports every engine of names that happens to be installed, which takes seconds, and fails where one of them
# is
# broken; none is used here. While it is imported they are hidden, unless something has imported them before.
_HIDDEN = [name for name in ("transformers", "stanza", "gliner") if name not in sys.modules]
sys.modules.update(dict.fromkeys(_HIDDEN))  # type: ignore[arg-type]  # None is Python's own sign for "not to be had"
try:
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        NhsRecognizer,
        PhoneRecognizer,
        UkDrivingLicenceRecognizer,
        UkNinoRecognizer,
        UkPassportRecognizer,
        UkPostcodeRecognizer,
        UkVehicleRegistrationRecognizer,
        UrlRecognizer,
    )
finally:
    for _name in _HIDDEN:
        del sys.modules[_name]


KINDS = {
    "UK_NHS": "nhs-number",
    "UK_NINO": "ni-number",
    "UK_POSTCODE": "postcode",
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "URL": "url",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip-address",
    "UK_PASSPORT": "passport",
    "UK_VEHICLE_REGISTRATION": "vehicle-registration",
    "UK_DRIVING_LICENCE": "driving-licence",
}
# Where people have telephone numbers that are said here: GB first, and the countries that staff and families come from.
REGIONS = ("GB", "IE", "US")
# The snapshot in the package: Presidio's own call would fetch the list of public suffixes and keep it on disk.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
# Something that any of the recognisers could see: all of them want a digit, an "@" or a dot inside a word.
WORTH_IT = re.compile(r"\d|@|[^\W_]\.[^\W_]")
_ENDINGS = frozenset(
    "com org net uk nhs gov edu info biz eu ie io co de fr nl es it pl be ch ca us tv me au nz in br pt jp".split()
)


class _Email(EmailRecognizer):
    def validate_result(self, pattern_text: str) -> bool:
        """True where the domain is of a public suffix."""
        return bool(_SUFFIXES(pattern_text).fqdn)


class _Nothing(SpacyNlpEngine):
    """spaCy's English without a model: what recognisers of identifiers need is words alone."""

    def __init__(self) -> None:
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])

    def load(self) -> None:
        """Load nothing; Presidio would fetch a model."""
        self.nlp: Any = {"en": spacy.blank("en")}


@cache
def engine() -> AnalyzerEngine:
    """The analyser with the recognisers of identifiers that can be found in British speech."""
    registry = RecognizerRegistry(
        recognizers=[
            NhsRecognizer(),
            UkNinoRecognizer(),
            UkPostcodeRecognizer(),
            UkPassportRecognizer(),
            UkVehicleRegistrationRecognizer(),
            UkDrivingLicenceRecognizer(),
            PhoneRecognizer(supported_regions=REGIONS, leniency=0),
            _Email(),
            UrlRecognizer(),
            CreditCardRecognizer(),
            IbanRecognizer(),
            IpRecognizer(),
        ],
        supported_languages=["en"],
    )
    return AnalyzerEngine(registry=registry, nlp_engine=_Nothing(), supported_languages=["en"])


def identifiers(text: str) -> Iterator[Hit]:
    """What Presidio finds in `text`, by our kinds; weak forms only where the words around them or the form say more."""
    if not WORTH_IT.search(text):
        return
    analyser = engine()
    nlp: Any = analyser.nlp_engine
    doc = nlp.nlp["en"].make_doc(text)
    words = [token.lower_ for token in doc]  # the words themselves will do where base forms are asked for
    artifacts = NlpArtifacts([], doc, [token.idx for token in doc], words, nlp, "en")
    for result in analyser.analyze(text, "en", nlp_artifacts=artifacts):
        kind = KINDS[result.entity_type]
        said = text[result.start : result.end]
        if _holds(kind, said, result.score) and not (kind == "url" and text[result.end : result.end + 1].isalnum()):
            start, end = result.end - len(said.lstrip()), result.start + len(said.rstrip(" .,;:"))
            yield Hit(start, end, kind, min(1.0, max(0.5, result.score)), "presidio", True)


def _holds(kind: str, said: str, score: float) -> bool:
    if kind == "postcode":
        area = re.match(r"[A-Za-z]+", said)
        ordinal = re.search(r"(?:1st|2nd|3rd|[4-90]th)$", said)
        return area is not None and area[0].upper() in AREAS and not ordinal
    if kind == "url":
        host = re.sub(r"^\w+://", "", said.casefold()).partition("/")[0]
        return "://" in said or host.startswith("www") or (host.rpartition(".")[2] in _ENDINGS and _is_web(said, host))
    if kind == "vehicle-registration":
        return bool(re.fullmatch(r"[A-Z]{2}\d{2} ?[A-Z]{3}", said)) or (
            score >= 0.5 and bool(re.fullmatch(r"\w+", said))
        )
    if kind == "phone":
        groups = re.findall(r"\d+", said)
        return len("".join(groups)) > 8 and max(map(len, groups)) > 2
    if kind == "passport":
        return score >= 0.4 or said[:2].isupper()
    if kind == "ip-address":
        return said.count(".") == 3 or said.count(":") >= 4
    return True


def _is_web(said: str, host: str) -> bool:
    """False for two sentences with no space between them ("at home.It was", "done.me")."""
    last = host.rpartition(".")[2]
    real_word = last in ("it", "in", "me", "us", "be", "co", "de", "es", "info", "io", "ie")
    return not real_word or host.count(".") > 1 or "/" in said
