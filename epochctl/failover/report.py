"""The report of a drill as text and as data: its numbers, and a timeline of what the client saw."""

from __future__ import annotations

from epochctl.failover.drill_result import DrillResult

LOST = "x"
LINE_SECONDS = 60
LETTERS = "ABCDEFGH"


def region_letters(result: DrillResult) -> dict[str, str]:
    """Return a letter for each region; A is the broken one."""
    seen = dict.fromkeys(one.region for one in result.probes if one.region)
    others = [region for region in seen if region != result.region]
    return dict(zip((result.region, *others), LETTERS, strict=False))


def timeline(result: DrillResult) -> tuple[str, ...]:
    """Return a line for each minute, with the letter of the region that answered each second.

    x means no answer; | stands before the second of the break and of the repair.
    """
    letters = region_letters(result)
    marks = {int(at) for at in (result.broken_at, result.repaired_at) if at is not None}
    lines: list[str] = []
    for start in range(0, len(result.probes), LINE_SECONDS):
        row = result.probes[start : start + LINE_SECONDS]
        shown = "".join(
            ("|" if int(one.at) in marks else "") + (letters.get(one.region, "?") if one.is_ok else LOST)
            for one in row
        )
        lines.append(f"{start:>4} s  {shown}")
    return tuple(lines)


def legend(result: DrillResult) -> str:
    """Return what the timeline's characters mean."""
    letters = ", ".join(f"{letter} {region}" for region, letter in region_letters(result).items())
    return f"{letters}, {LOST} no answer; | broken, | mended"


def measurements(result: DrillResult) -> tuple[tuple[str, str], ...]:
    """Return (name, value) pairs in the order of the events."""

    def text(value: float | None) -> str:
        never = "not seen" if result.is_stopped else "never"
        return never if value is None else f"{value:.0f} s"

    scale_up = (
        (("standby woken in", text(result.scale_up_seconds)),) if result.scale_up_seconds is not None else ()
    )
    return (
        ("detection (checkers see it fail)", text(result.detection)),
        ("DNS change (servers answer without it)", text(result.dns_change)),
        *scale_up,
        ("recovery (another region answers)", text(result.recovery)),
        ("RTO (first failure to that answer)", text(result.rto)),
        ("lost requests", f"{result.lost} of {result.requests}"),
        ("checkers content after the mending", text(result.healthy_after)),
        (
            "serves again after the mending",
            text(result.serves_after) if result.served_before else "did not serve here",
        ),
        ("lost requests while going back", f"{result.lost_after_repair} of {result.requests_after_repair}"),
    )


def text_lines(result: DrillResult) -> tuple[str, ...]:
    """Return the report for a terminal."""
    return (
        "",
        f"Drill of {result.region} ({result.kind}, {result.policy})",
        *(f"  {name:<40} {value:>12}" for name, value in measurements(result)),
        *(("  The region went on serving: nothing had to change.",) if result.is_harmless else ()),
        *(("  Stopped before all of it was seen.",) if result.is_stopped else ()),
        "",
        "What a client saw, second by second:",
        *(f"  {line}" for line in timeline(result)),
        f"  {legend(result)}",
    )


def json_fields(result: DrillResult) -> dict[str, object]:
    """Return the report as data. Its keys are part of the CLI's interface."""
    return {
        "region": result.region,
        "break": result.kind,
        "policy": result.policy,
        "detection": _rounded(result.detection),
        "dns_change": _rounded(result.dns_change),
        "woken": _rounded(result.scale_up_seconds),
        "recovery": _rounded(result.recovery),
        "rto": _rounded(result.rto),
        "harmless": result.is_harmless,
        "stopped": result.is_stopped,
        "lost": result.lost,
        "asked": result.requests,
        "healthy_again": _rounded(result.healthy_after),
        "serves_again": _rounded(result.serves_after),
        "lost_back": result.lost_after_repair,
        "asked_back": result.requests_after_repair,
        "broken_at": _rounded(result.broken_at),
        "mended_at": _rounded(result.repaired_at),
        "measures": dict(measurements(result)),
        "strip": list(timeline(result)),
        "key": legend(result),
        "seconds": [
            {
                "at": one.at,
                "region": one.region,
                "status": one.status,
                "seconds": round(one.seconds, 3),
                "cause": one.cause,
            }
            for one in result.probes
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
