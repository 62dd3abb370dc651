"""A drill as lines and as data: the numbers, and what the client saw, a character a second."""

from __future__ import annotations

from epochctl.failover.drill_result import DrillResult

LOST = "x"
WIDTH = 60  # seconds a line
LETTERS = "ABCDEFGH"


def letters(drill: DrillResult) -> dict[str, str]:
    """A letter a region; the broken one is A."""
    seen = dict.fromkeys(one.region for one in drill.seconds if one.region)
    others = [region for region in seen if region != drill.region]
    return dict(zip((drill.region, *others), LETTERS, strict=False))


def strip(drill: DrillResult) -> tuple[str, ...]:
    """A line for each minute: who answered each second; x: nobody, | before what was done then."""
    known = letters(drill)
    marks = {int(at) for at in (drill.broken, drill.mended) if at is not None}
    lines: list[str] = []
    for start in range(0, len(drill.seconds), WIDTH):
        row = drill.seconds[start : start + WIDTH]
        shown = "".join(
            ("|" if int(one.at) in marks else "") + (known.get(one.region, "?") if one.good else LOST)
            for one in row
        )
        lines.append(f"{start:>4} s  {shown}")
    return tuple(lines)


def key(drill: DrillResult) -> str:
    """What the strip's characters mean."""
    known = ", ".join(f"{letter} {region}" for region, letter in letters(drill).items())
    return f"{known}, {LOST} no answer; | broken, | mended"


def measures(drill: DrillResult) -> tuple[tuple[str, str], ...]:
    """Name and value, in the order of happening."""

    def told(value: float | None) -> str:
        never = "not seen" if drill.stopped else "never"
        return never if value is None else f"{value:.0f} s"

    woken = (("standby woken in", told(drill.woken)),) if drill.woken is not None else ()
    return (
        ("detection (checkers see it fail)", told(drill.detection)),
        ("DNS change (servers answer without it)", told(drill.dns_change)),
        *woken,
        ("recovery (another region answers)", told(drill.recovery)),
        ("RTO (first failure to that answer)", told(drill.rto)),
        ("lost requests", f"{drill.lost} of {drill.asked}"),
        ("checkers content after the mending", told(drill.healed)),
        (
            "serves again after the mending",
            told(drill.returned) if drill.served else "did not serve here",
        ),
        ("lost requests while going back", f"{drill.lost_back} of {drill.asked_back}"),
    )


def lines(drill: DrillResult) -> tuple[str, ...]:
    """For a person."""
    return (
        "",
        f"Drill of {drill.region} ({drill.kind}, {drill.policy})",
        *(f"  {name:<40} {value:>12}" for name, value in measures(drill)),
        *(("  The region went on serving: nothing had to change.",) if drill.harmless else ()),
        *(("  Stopped before all of it was seen.",) if drill.stopped else ()),
        "",
        "What a client saw, second by second:",
        *(f"  {line}" for line in strip(drill)),
        f"  {key(drill)}",
    )


def fields(drill: DrillResult) -> dict[str, object]:
    """For a program."""
    return {
        "region": drill.region,
        "break": drill.kind,
        "policy": drill.policy,
        "detection": _rounded(drill.detection),
        "dns_change": _rounded(drill.dns_change),
        "woken": _rounded(drill.woken),
        "recovery": _rounded(drill.recovery),
        "rto": _rounded(drill.rto),
        "harmless": drill.harmless,
        "stopped": drill.stopped,
        "lost": drill.lost,
        "asked": drill.asked,
        "healthy_again": _rounded(drill.healed),
        "serves_again": _rounded(drill.returned),
        "lost_back": drill.lost_back,
        "asked_back": drill.asked_back,
        "broken_at": _rounded(drill.broken),
        "mended_at": _rounded(drill.mended),
        "measures": dict(measures(drill)),
        "strip": list(strip(drill)),
        "key": key(drill),
        "seconds": [
            {
                "at": one.at,
                "region": one.region,
                "status": one.status,
                "seconds": round(one.seconds, 3),
                "cause": one.cause,
            }
            for one in drill.seconds
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
