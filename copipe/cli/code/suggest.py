"""`copipe suggest`: what the decisions so far suggest for the codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.records import Codebook
    from copipe.review.suggestions import Suggestions, Why


def suggest(
    codes: Annotated[list[str] | None, typer.Argument(help="Codes. Without any: all.", show_default=False)] = None,
    why: Annotated[
        str, typer.Option("--why", metavar="CODE", help="Show what was learnt of a code.", show_default=False)
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="Seeds for a code, words for --why.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Suggest seeds and codes from the passages you accepted.

    It also shows codes that may be one. The codebook is not changed.

    A suggested seed is a word or two more frequent in accepted passages than elsewhere. Beside it are the decided
    sentences with it (accepted, rejected) and how many more it would propose. --why shows the words that
    weigh most in what copipe learnt of a code, and the open passages that it ranks highest.

    Examples:

      copipe suggest

      copipe suggest partnership --most 20

      copipe suggest --why partnership
    """
    from copipe.pipeline.context import Context
    from copipe.review import suggestions

    context = Context(open_study())
    if why:
        learnt = suggestions.why(context, why, most)
        _json(learnt) if as_json else _why(learnt)
        return
    found = suggestions.suggestions(context, codes or (), most)
    _json(found) if as_json else _print(found, context.codebook)


def _json(found: Suggestions | Why) -> None:
    from dataclasses import asdict

    from copipe.review.suggestions import Suggestions

    told = asdict(found)
    if isinstance(found, Suggestions):
        told["seeds"] = {
            key: [{**asdict(s), "precision": round(s.precision, 3)} for s in made] for key, made in found.seeds.items()
        }
        told["pairs"] = [{**asdict(p), "jaccard": round(p.jaccard, 3)} for p in found.pairs]
    tell_json(told)


def _print(found: Suggestions, codebook: Codebook) -> None:
    from copipe.cli.terminal.display import say

    labels = {code.key: code.label for code in codebook.codes}
    for key, seeds in found.seeds.items():
        say(f"{labels[key]} ({key})", style="bold")
        width = max(len(s.text) for s in seeds)
        for s in seeds:
            decided = f"{s.accepted} of {s.accepted + s.rejected} decided sentences with it are accepted"
            say(f"  {s.text:<{width}}  {decided}; {s.adds} more to look at")
    if not found.seeds:
        say("No seeds to suggest: too little is accepted, or it has no words of its own.")
    for pair in found.pairs:
        what = "accepted sentences" if pair.what == "accepted" else "sentences, accepted or proposed,"
        say(
            f"{labels.get(pair.one, pair.one)} and {labels.get(pair.other, pair.other)} may be one: of {pair.ones} and "
            f"{pair.others} {what} {pair.both} are the same (`copipe codebook merge`)."
        )
    for code, reason in found.missing:
        say(f"{code} was left out: {reason}.")


def _why(learnt: Why) -> None:
    from copipe.cli.terminal.display import say

    said = f"{learnt.accepted} accepted and {learnt.rejected} rejected sentences in {', '.join(learnt.meetings)}"
    say(f"{learnt.code}: learnt from {said}.")
    for name, sign in (("For it", 1), ("Against it", -1)):
        words = [f"{text} ({weight:+.1f})" for text, weight in learnt.words if weight * sign > 0]
        say(f"{name}: {', '.join(words) or 'no word'}.")
    say("It also uses the meaning of the sentence, of its neighbours, and its place.")
    for citation, score in learnt.likeliest:
        say(f"  {score:.2f}  {citation}")
