"""Questions side by side, with one deadline for all: one that hangs is told, and never waited for.

Knows nothing of what is asked. The threads are daemons: what AWS has not answered must not keep us alive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from epochctl.errors import EpochctlError, Interrupted
from epochctl.preflight.check_result import CheckResult, warn

Question = Callable[[], Iterable[CheckResult]]


class ParallelChecks:
    """Answers come in the order of asking. say gets each as it comes, from the thread that asked."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._ends = seconds, time.monotonic() + seconds
        self._threads: list[tuple[str, threading.Thread]] = []
        self._answers: dict[str, tuple[CheckResult, ...]] = {}
        self._stopped: list[Interrupted] = []

    def ask(self, name: str, question: Question) -> None:
        """Begin to ask."""
        thread = threading.Thread(
            target=self._answer, args=(name, question), name=f"fact-{name}", daemon=True
        )
        self._threads.append((name, thread))
        thread.start()

    def ask_all(self, questions: Mapping[str, Question]) -> None:
        """Begin to ask each."""
        for name, question in questions.items():
            self.ask(name, question)

    def answer(self, name: str) -> tuple[CheckResult, ...]:
        """The facts of one question, waited for."""
        for known, thread in self._threads:
            if known == name:
                thread.join(max(0.0, self._ends - time.monotonic()))
        return self._answers.get(name, ())

    def answers(self) -> tuple[CheckResult, ...]:
        """Every fact there is by the deadline. Raises Interrupted where the run was stopped meanwhile."""
        facts: list[CheckResult] = []
        for name, _ in list(self._threads):
            silent = warn(name, f"no answer within {self._seconds:.0f} s", "try again; check the network")
            self.answer(name)
            facts += self._answers.get(name, (silent,))
        if self._stopped:
            raise self._stopped[0]
        return tuple(facts)

    def _answer(self, name: str, question: Question) -> None:
        try:
            self._answers[name] = tuple(question())
        except Interrupted as stopped:
            self._stopped.append(stopped)
        except EpochctlError as error:
            self._answers[name] = (_unanswered(name, error),)
        except Exception as error:  # a mistake of ours in one question must not hide the others' answers
            self._answers[name] = (warn(name, f"could not be told: {type(error).__name__}: {error}"),)


def _unanswered(name: str, error: EpochctlError) -> CheckResult:
    """Nobody can tell: no permission to look, or AWS is not well. That alone stops nothing."""
    words = error.why.partition("\n")[0] or error.what
    return warn(name, f"could not be told: {words}", error.fix)
